"""What the linear part is worth where it answers alone: its weight for that, and what the encoder adds where it is asked only about the rest.

`main` gives a shipped folder the weight that dev suggests, and prints figures of dev and of test, the latter with a linear part that has
read train only (the encoders of both models have, too). The bounds are those of ModelRoutingOptions; they were chosen on dev.
"""

import hashlib
import itertools
import json
import os
import sys

from . import setup
import numpy
import scipy.optimize

from . import corpora, export, figures, linear, madeup, package, pretrain, runtime

# A request is several things from `SEVERAL` on; a first look is enough where it is at least `MARGIN` away from that.
SEVERAL, MARGIN = 0.8, 0.05
# A topic is named from `INTENT` on, and by a first look from `INTENT_SURE` on; from `CAP` on by a first look a cap of topics holds.
INTENT_SURE, INTENT, CAP = 0.9, 0.7, 0.5
MODELS = ("request-complexity", "it-topic")


def weight(s, y):
    """The factor with which the softmax of the linear part's scores is likeliest."""
    def loss(x):
        return -numpy.log(figures.softmax(numpy.exp(x) * s)[numpy.arange(len(y)), y] + 1e-12).mean()
    return round(float(numpy.exp(scipy.optimize.minimize_scalar(loss, bounds=(-3, 5), method="bounded").x)), 5)


def complexity_figures(alone, both, y, labels):
    """How often "several things in one" is right: by both parts for all, by both only where the linear part is not sure, and by the linear part alone."""
    label = labels.index("complex")
    p, yes, truth, simple = alone[:, label], both[:, label] >= SEVERAL, y == label, y == labels.index("simple")
    closer = numpy.abs(p - SEVERAL) < MARGIN
    found = numpy.where(closer, yes, p >= SEVERAL)
    return {"rows": len(y), "closer": closer.mean(), "closerOfSimple": closer[simple].mean(),
            **{k: ((v == truth).mean(), truth[v].mean(), v[truth].mean()) for k, v in (("both", yes), ("now", found), ("firstLookOnly", p >= SEVERAL))}}


def topic_figures(alone, both, y, labels):
    """How often it is right that the cap of a topic, or of two, holds: by both parts' name, and by the odds of the linear part."""
    named = numpy.where(both.max(1) >= INTENT, both.argmax(1), -1)
    capped = [c for n in (1, 2) for c in itertools.combinations(range(len(labels)), n)]
    held = numpy.concatenate([numpy.isin(named, c) for c in capped])
    odds = numpy.concatenate([alone[:, list(c)].sum(1) for c in capped]) >= CAP
    truth = numpy.concatenate([numpy.isin(y, c) for c in capped])
    sure = numpy.where(alone.max(1) >= INTENT_SURE, alone.argmax(1), -1)
    return {"rows": len(y), **{k: ((v == truth).mean(), truth[v].mean(), v[truth].mean()) for k, v in (("capByBoth", held), ("capByFirstLook", odds))},
            **{k: ((v >= 0).mean(), (v == y)[v >= 0].mean()) for k, v in (("namedByBoth", named), ("namedByFirstLook", sure))}}


def report(name, part, alone, e, y, calibration, labels):
    from . import stack
    both = figures.probabilities(stack.weighted(*e, calibration), calibration)
    found = (complexity_figures if name == "request-complexity" else topic_figures)(alone, both, y, labels)
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
    more = complexity.many() if name == "request-complexity" else []
    model = stack.fit_linear(name, parts["train"] + more, labels, path)
    model.adjust(*stack.per_class(e["dev"], model.score_texts([t for t, _ in parts["dev"]]), y["dev"]))
    s = {p: model.score_texts([t for t, _ in parts[p]]) for p in y}
    trained = stack.calibrate(name, e["dev"], s["dev"], y["dev"], None)
    for p in ("dev", "test"):
        report(name, p, figures.softmax(trained["linearAloneWeight"] * s[p]), (e[p], s[p]), y[p], trained, labels)
    for kind in madeup.KINDS if more else ():
        rows = complexity.named(parts["test"], "test", kind)
        scores = model.score_texts([t for t, _ in rows])
        encoded = export.run_rows(session, "logits", [cut.encode(t, read["model"]["maxTokens"]) for t, _ in rows])
        report(name, "test with a " + kind, figures.softmax(trained["linearAloneWeight"] * scores), (encoded, scores), y["test"], trained, labels)

    calibration["linearAloneWeight"] = factor
    package.write_json(os.path.join(folder, "calibration.json"), calibration)
    with open(os.path.join(folder, "calibration.json"), "rb") as stream:
        read["model"]["sha256"]["calibration.json"] = hashlib.sha256(stream.read()).hexdigest()
    package.write_json(os.path.join(folder, "model.json"), read["model"])


if __name__ == "__main__":
    for wanted in sys.argv[1:] or MODELS:
        main(wanted)
