"""A classifier: the fine-tuned encoder and the linear part, weighted, calibrated and written as a model folder."""

import os

from . import setup
import numpy
import onnx
import scipy.optimize
import torch

from . import corpora, export, figures, finetune, linear, package, pretrain, runtime
from .encoder import Classifier, Encoder

# The regularisation of the linear part, chosen on dev once.
PENALTY = {"it-topic": 0.2, "it-assignment": 0.2, "banking77": 1.0, "clinc150": 0.5, "request-complexity": 0.3}
PRECISION = {"it-topic": 0.98}
FALSE_REFUSALS = 0.04


def fit_linear(rows, labels, penalty, path):
    number = {label: at for at, label in enumerate(labels)}
    features = linear.Features(linear.default_blocks())
    counts = features.counts([t for t, _ in rows])
    values = features.fit(counts).rows(counts)
    model = linear.Linear(features, labels)
    model.fit(values, numpy.array([number[l] for _, l in rows]), penalty)
    model.write(path)
    return linear.read(path, labels)


def write_encoder(name, weights, classes):
    model = Classifier(Encoder(len(pretrain.tokenizer().vocabulary)), classes)
    model.load_state_dict(torch.load(weights))
    file = os.path.join(package.folder_of(name), "model.onnx")
    onnx.save(export.quantise(export.to_onnx(model, "logits")), file)
    return file


def encoder_logits(name, parts, limit):
    """Exports the fine-tuned encoder and runs the exported file on dev and test."""
    weights, kept = finetune.paths(name)
    labels = [str(l) for l in numpy.load(kept)["labels"]]
    session, cut = runtime.Session(write_encoder(name, weights, len(labels))), pretrain.tokenizer()
    return labels, {p: export.run_rows(session, "logits", [cut.encode(t, limit) for t, _ in parts[p]])
                    for p in ("dev", "test")}


def fit_for_shipping(name, parts, labels):
    """With everything measured, the held-out rows are worth more as training rows."""
    folder, rows = package.folder_of(name), sum(parts.values(), [])
    fit_linear(rows, labels, PENALTY[name], os.path.join(folder, "linear.bin"))
    if "refit" in finetune.RECIPES[name]:
        weights = finetune.paths(name)[0].replace(".pt", ".all.pt")
        if not os.path.exists(weights):
            finetune.refit(name, parts)
        write_encoder(name, weights, len(labels))


def combine(e, s, truth):
    """Weights of both parts by the likelihood of dev: (encoderWeight / temperature, linearWeight / temperature)."""
    def loss(x):
        p = figures.softmax(numpy.exp(x[0]) * e + numpy.exp(x[1]) * s)
        return -numpy.log(p[numpy.arange(len(truth)), truth] + 1e-12).mean()
    starts = [numpy.log([a, b]) for a in (0.3, 1.0) for b in (1.0, 4.0)]
    best = min((scipy.optimize.minimize(loss, x, method="Nelder-Mead") for x in starts), key=lambda r: r.fun)
    return numpy.exp(best.x)


def known_margin(z, other, softness):
    """How much likelier the best class in scope is than the out-of-scope class, on softened probabilities: sharp ones
    are all near one or zero and order the doubtful texts badly."""
    q = figures.softmax(z / softness)
    known = q.copy()
    known[:, other] = -1
    return known.max(1) - q[:, other]


def answers(z, other, softness, minimum):
    """The answers with refusals: (class, confidence)."""
    known = figures.softmax(z)
    known[:, other] = -1
    top, refused = known.max(1), known_margin(z, other, softness) < minimum
    return numpy.where(refused, other, known.argmax(1)), numpy.where(refused, 1 - top, top)


def main(name, base=None):
    setup.seed_all()
    parts = base or corpora.load(name)
    limit = finetune.RECIPES[name]["limit"]
    if not os.path.exists(finetune.paths(name)[0]):
        finetune.train(name, parts)
    labels, e = encoder_logits(name, parts, limit)
    model = fit_linear(parts["train"], labels, PENALTY[name], os.path.join(package.folder_of(name), "linear.bin"))
    s = {p: model.score_texts([t for t, _ in parts[p]]) for p in ("dev", "test")}
    number = {label: at for at, label in enumerate(labels)}
    y = {p: numpy.array([number[l] for _, l in parts[p]]) for p in ("dev", "test")}
    a, b = combine(e["dev"], s["dev"], y["dev"])
    z = {k: a * e[k] + b * s[k] for k in e}
    p = {k: figures.softmax(z[k]) for k in z}
    for part in ("dev", "test"):
        print(name, part, "encoder alone", round(float((e[part].argmax(1) == y[part]).mean()), 4),
              "linear alone", round(float((s[part].argmax(1) == y[part]).mean()), 4), "both", figures.summary(p[part], y[part]),
              flush=True)
    calibration = {"temperature": round(1 / a, 5), "encoderWeight": 1.0, "linearWeight": round(b / a, 5)}
    metrics, other = {}, number.get("oos")
    if other is not None:
        metrics = out_of_scope(z, y, other, calibration)
    else:
        metrics = figures.summary(p["test"], y["test"])
        wanted = PRECISION.get(name, 0.95)
        at = figures.threshold(p["dev"].max(1), p["dev"].argmax(1) == y["dev"], wanted)
        calibration["thresholds"] = {"autoRoute": None if at is None else round(at, 4), "review": 0.70, "precision": wanted}
        if at is not None:
            cover, precision = figures.band(p["test"].max(1), p["test"].argmax(1) == y["test"], at)
            metrics["autoRoute"] = {"threshold": round(at, 4), "coverage": round(cover, 4),
                                    "precision": None if precision is None else round(precision, 4)}
    fit_for_shipping(name, parts, labels)
    package.write(name, "classification", limit, labels, calibration, {"part": "test, before the last fit over all parts", **metrics},
                  [d for d in (name,) if d in package.PROVENANCE] or ["clinc150", "banking77", "it-topic"])


def out_of_scope(z, y, other, calibration):
    """The refusal threshold lets so many of dev's rows in scope be refused; the softness is the one with which that
    finds the most of dev's rows out of scope."""
    inside = y["dev"] != other
    choices = []
    for softness in (1.0, 2.0, 3.0, 5.0):
        margin = known_margin(z["dev"], other, softness)
        minimum = float(numpy.quantile(margin[inside], FALSE_REFUSALS))
        choices.append(((margin[~inside] < minimum).mean(), softness, minimum))
    _, softness, minimum = max(choices, key=lambda c: (c[0], -c[1]))
    calibration["thresholds"] = {"autoRoute": 0.95, "review": 0.70}
    calibration["outOfScope"] = {"label": "oos", "softness": softness, "minimum": round(minimum, 5)}
    guess, confidence = answers(z["test"], other, softness, minimum)
    inside, truth = y["test"] != other, y["test"]
    before = z["test"].copy()
    before[:, other] = -1e9
    return {"rows": len(truth), "inScopeAccuracy": round(float((before.argmax(1) == truth)[inside].mean()), 4),
            "inScopeAccuracyWithRefusals": round(float((guess == truth)[inside].mean()), 4),
            "falseRefusals": round(float((guess == other)[inside].mean()), 4),
            "outOfScopeRecall": round(float((guess == other)[~inside].mean()), 4),
            "ece": round(figures.calibration_error(confidence, guess == truth), 4)}


if __name__ == "__main__":
    import sys
    main(sys.argv[1])
