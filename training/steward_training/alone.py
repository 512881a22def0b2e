"""What the linear part is worth where it answers alone: its weight for that, and what the encoder adds where it is asked only about the rest.

`main` gives a shipped folder the weight that dev suggests, and prints figures of dev and of test, the latter with a linear part that has
read train only (the encoders of both models have, too). The bounds are those of ModelRoutingOptions; they were chosen on dev.
"""

import hashlib
import json
import os
import sys

from . import setup
import numpy
import scipy.optimize

from . import corpora, export, figures, linear, package, pretrain, runtime

# A first look is enough up to the first and from the second; a request is several things from `SEVERAL` on.
SINGLE, SEVERAL_SURE, SEVERAL = 0.3, 0.95, 0.8
NO_INTENT, INTENT_SURE, INTENT = 0.35, 0.9, 0.7
MODELS = ("request-complexity", "it-topic")


def weight(s, y):
    """The factor with which the softmax of the linear part's scores is likeliest."""
    def loss(x):
        return -numpy.log(figures.softmax(numpy.exp(x) * s)[numpy.arange(len(y)), y] + 1e-12).mean()
    return round(float(numpy.exp(scipy.optimize.minimize_scalar(loss, bounds=(-3, 5), method="bounded").x)), 5)


def complexity_figures(alone, both, y, label):
    """How often "several things in one" is right: by both parts for all, and by both only where the linear part is not sure."""
    p, yes, truth = alone[:, label], both[:, label] >= SEVERAL, y == label
    closer = (p > SINGLE) & (p < SEVERAL_SURE)
    found = numpy.where(closer, yes, p >= SEVERAL_SURE)
    return {"rows": len(y), "closer": closer.mean(), "before": (yes == truth).mean(), "now": (found == truth).mean(),
            "precision": (truth[yes].mean(), truth[found].mean()), "recall": (yes[truth].mean(), found[truth].mean()),
            "differs": (found != yes).mean()}


def topic_figures(alone, both, y):
    """How many texts get a topic and how often it is right: by both parts for all, by both where the linear part is not sure, by it alone."""
    p = alone.max(1)
    before = numpy.where(both.max(1) >= INTENT, both.argmax(1), -1)
    closer = (p > NO_INTENT) & (p < INTENT_SURE)
    sure = numpy.where(p >= INTENT_SURE, alone.argmax(1), -1)
    found = numpy.where(closer, before, sure)
    return {"rows": len(y), "closer": closer.mean(),
            **{k: ((v >= 0).mean(), (v == y)[v >= 0].mean()) for k, v in (("before", before), ("now", found), ("firstLookOnly", sure))}}


def report(name, part, alone, e, y, calibration, labels):
    from . import stack
    both = figures.probabilities(stack.weighted(*e, calibration), calibration)
    found = complexity_figures(alone, both, y, labels.index("complex")) if name == "request-complexity" else topic_figures(alone, both, y)
    print(name, part, {k: numpy.round(v, 4).tolist() for k, v in found.items()},
          "accuracy of both parts", round(float((both.argmax(1) == y).mean()), 4), "of the linear part", round(float((alone.argmax(1) == y).mean()), 4), flush=True)


def main(name):
    from . import complexity, stack
    folder = package.folder_of(name)
    read = {f: json.load(open(os.path.join(folder, f + ".json"), encoding="utf-8")) for f in ("model", "labels", "calibration")}
    labels, calibration = read["labels"], read["calibration"]
    number, parts = {l: i for i, l in enumerate(labels)}, complexity.load() if name == "request-complexity" else corpora.load(name)
    y = {p: numpy.array([number[l] for _, l in parts[p]]) for p in ("dev", "test")}
    session, cut = runtime.Session(os.path.join(folder, "model.onnx")), pretrain.tokenizer()
    e = {p: export.run_rows(session, "logits", [cut.encode(t, read["model"]["maxTokens"]) for t, _ in parts[p]]) for p in y}

    shipped = linear.read(os.path.join(folder, "linear.bin"), labels).score_texts([t for t, _ in parts["dev"]])
    factor = weight(shipped, y["dev"])
    report(name, "dev of the shipped weights", figures.softmax(factor * shipped), (e["dev"], shipped), y["dev"], calibration, labels)

    path = os.path.join(setup.work_root(), name + ".alone.bin")
    model = stack.fit_linear(name, parts["train"], labels, path)
    model.adjust(*stack.per_class(e["dev"], model.score_texts([t for t, _ in parts["dev"]]), y["dev"]))
    s = {p: model.score_texts([t for t, _ in parts[p]]) for p in y}
    trained = stack.calibrate(name, e["dev"], s["dev"], y["dev"], None)
    for p in ("dev", "test"):
        report(name, p, figures.softmax(trained["linearAloneWeight"] * s[p]), (e[p], s[p]), y[p], trained, labels)

    calibration["linearAloneWeight"] = factor
    package.write_json(os.path.join(folder, "calibration.json"), calibration)
    with open(os.path.join(folder, "calibration.json"), "rb") as stream:
        read["model"]["sha256"]["calibration.json"] = hashlib.sha256(stream.read()).hexdigest()
    package.write_json(os.path.join(folder, "model.json"), read["model"])


if __name__ == "__main__":
    for wanted in sys.argv[1:] or MODELS:
        main(wanted)
