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
FALSE_REFUSALS = 0.03


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


def scores(name, labels, weights, rows, parts):
    """Both parts' scores on dev and test by the files of the model folder, with what may be fitted on `rows`."""
    session, cut = runtime.Session(write_encoder(name, weights, len(labels))), pretrain.tokenizer()
    limit = finetune.RECIPES[name]["limit"]
    model = fit_linear(rows, labels, PENALTY[name], os.path.join(package.folder_of(name), "linear.bin"))
    texts = {p: [t for t, _ in parts[p]] for p in ("dev", "test")}
    e = {p: export.run_rows(session, "logits", [cut.encode(t, limit) for t in found]) for p, found in texts.items()}
    return e, {p: model.score_texts(found) for p, found in texts.items()}


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


def judge(name, e, s, y, other):
    """Fits the calibration on dev and judges it on both parts: (calibration, figures of dev, figures of test)."""
    a, b = combine(e["dev"], s["dev"], y["dev"])
    calibration = {"temperature": round(1 / a, 5), "encoderWeight": 1.0, "linearWeight": round(b / a, 5)}
    z = {k: a * e[k] + b * s[k] for k in e}
    found = {k: figures.summary(figures.softmax(z[k]), y[k]) for k in z}
    if other is not None:
        calibration.update(refusal(z["dev"], y["dev"], other))
        rule = calibration["outOfScope"]
        return calibration, *(refusal_figures(z[k], y[k], other, rule["softness"], rule["minimum"]) for k in ("dev", "test"))
    confidence = {k: figures.softmax(z[k]) for k in z}
    wanted = PRECISION.get(name, 0.95)
    at = figures.threshold(confidence["dev"].max(1), confidence["dev"].argmax(1) == y["dev"], wanted)
    calibration["thresholds"] = {"autoRoute": None if at is None else round(at, 4), "review": 0.70, "precision": wanted}
    if at is not None:
        for k in found:
            cover, precision = figures.band(confidence[k].max(1), confidence[k].argmax(1) == y[k], at)
            found[k]["autoRoute"] = {"threshold": round(at, 4), "coverage": round(cover, 4),
                                     "precision": None if precision is None else round(precision, 4)}
    return calibration, found["dev"], found["test"]


def main(name, parts=None):
    setup.seed_all()
    parts = parts or corpora.load(name)
    weights, kept = finetune.paths(name)
    if not os.path.exists(weights):
        finetune.train(name, parts)
    labels = [str(l) for l in numpy.load(kept)["labels"]]
    number = {label: at for at, label in enumerate(labels)}
    y = {p: numpy.array([number[l] for _, l in parts[p]]) for p in ("dev", "test")}
    cache = kept.replace(".npz", ".scores.npz")
    if os.path.exists(cache) and os.path.getmtime(cache) > os.path.getmtime(weights):
        with numpy.load(cache) as was:
            e, s = ({k: was[which + k] for k in ("dev", "test")} for which in ("e", "s"))
    else:
        e, s = scores(name, labels, weights, parts["train"], parts)
    for part in ("dev", "test"):
        print(name, part, "encoder alone", round(float((e[part].argmax(1) == y[part]).mean()), 4),
              "linear alone", round(float((s[part].argmax(1) == y[part]).mean()), 4), flush=True)
    numpy.savez(cache, **{"e" + k: v for k, v in e.items()},
                **{"s" + k: v for k, v in s.items()}, **{"y" + k: v for k, v in y.items()})
    _, dev, test = judge(name, e, s, y, number.get("oos"))
    print(name, "dev", dev, "test", test, flush=True)
    # With everything measured, the test rows are worth more as training rows; dev stays out and calibrates again.
    if "refit" in finetune.RECIPES[name]:
        final = weights.replace(".pt", ".final.pt")
        if not os.path.exists(final):
            finetune.refit(name, parts)
        weights = final
    e, s = scores(name, labels, weights, parts["train"] + parts["test"], parts)
    calibration, shipped, _ = judge(name, e, s, y, number.get("oos"))
    package.write(name, "classification", finetune.RECIPES[name]["limit"], labels, calibration,
                  {"test": test, "devOfTheShippedWeights": shipped},
                  [name] if name in package.PROVENANCE else ["clinc150", "banking77", "it-topic"])


def refusal(z, y, other):
    """The threshold lets so many of dev's rows in scope be refused; the softness is the one with which that finds the
    most of dev's rows out of scope."""
    inside = y != other
    choices = []
    for softness in (1.0, 2.0, 3.0, 5.0):
        margin = known_margin(z, other, softness)
        minimum = float(numpy.quantile(margin[inside], FALSE_REFUSALS))
        choices.append(((margin[~inside] < minimum).mean(), softness, minimum))
    _, softness, minimum = max(choices, key=lambda c: (c[0], -c[1]))
    return {"thresholds": {"autoRoute": 0.95, "review": 0.70},
            "outOfScope": {"label": "oos", "softness": softness, "minimum": round(minimum, 5)}}


def refusal_figures(z, truth, other, softness, minimum):
    guess, confidence = answers(z, other, softness, minimum)
    inside, before = truth != other, z.copy()
    before[:, other] = -1e9
    return {"rows": len(truth), "inScopeAccuracy": round(float((before.argmax(1) == truth)[inside].mean()), 4),
            "inScopeAccuracyWithRefusals": round(float((guess == truth)[inside].mean()), 4),
            "falseRefusals": round(float((guess == other)[inside].mean()), 4),
            "outOfScopeRecall": round(float((guess == other)[~inside].mean()), 4),
            "ece": round(figures.calibration_error(confidence, guess == truth), 4)}


if __name__ == "__main__":
    import sys
    main(sys.argv[1])
