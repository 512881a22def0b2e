"""A classifier: the fine-tuned encoder and the linear part, weighted, calibrated and written as a model folder."""

import os

from . import setup
import numpy
import onnx
import scipy.optimize

from . import alone, corpora, export, figures, finetune, linear, package, pretrain, restore, runtime

# The regularisation of the linear part, chosen on dev once.
PENALTY = {"it-topic": 0.4, "it-assignment": 0.1, "request-complexity": 1.0}
# Sets whose linear part is a logistic regression instead, with the price of its squared weights: as accurate, but its scores say better how likely
# the other answers are.
PULL_OF_WEIGHTS = {"banking77": 3e-6, "clinc150": 1e-6}
PRECISION = {"it-topic": 0.98}
FALSE_REFUSALS = 0.03
VERSIONS = {"it-topic": "1.2.0", "it-assignment": "1.2.0", "banking77": "1.1.0", "clinc150": "1.2.0", "request-complexity": "1.1.0"}


def blocks_of(name):
    """The linear part's blocks. In it-assignment all that tells something is in the title (corpora.Redrawn), whose end is
    not marked: the beginning is read at two lengths, chosen by three-fold cross-validation over train and dev."""
    if name == "it-topic":
        # More buckets, so that fewer n-grams of its many words meet in one.
        return [linear.Block(linear.WORDS, 19, 1, 2), linear.Block(linear.CHARACTERS, 18, 2, 5)]
    if name != "it-assignment":
        return linear.default_blocks()
    return [linear.Block(kind, 16, low, high, words=words)
            for words in (4, 9) for kind, low, high in ((linear.WORDS, 1, 2), (linear.CHARACTERS, 2, 5))]


def fit_linear(name, rows, labels, path):
    number = {label: at for at, label in enumerate(labels)}
    features = linear.Features(blocks_of(name))
    counts = features.counts([t for t, _ in rows])
    values = features.fit(counts).rows(counts)
    model = linear.Linear(features, labels)
    truth = numpy.array([number[l] for _, l in rows])
    if name in PULL_OF_WEIGHTS:
        model.fit_softmax(values, truth, PULL_OF_WEIGHTS[name], prune=12)
    else:
        model.fit(values, truth, PENALTY[name], prune=4)
    model.write(path)
    return linear.read(path, labels)


def write_encoder(name, weights, classes):
    model = finetune.module(name, weights, classes)
    file = os.path.join(package.folder_of(name), "model.onnx")
    onnx.save(export.quantise(export.to_onnx(model, "logits")), file)
    return file


def linear_scores(name, labels, rows, parts, e, y):
    """The linear part's scores on dev and test, fitted on `rows`; leaves the part in the model folder."""
    path = os.path.join(package.folder_of(name), "linear.bin")
    model = fit_linear(name, rows, labels, path)
    factor, shift = per_class(e, model.score_texts([t for t, _ in parts["dev"]]), y)
    model.adjust(factor, shift)
    model.write(path)
    return {p: model.score_texts([t for t, _ in parts[p]]) for p in ("dev", "test")}


def encoder_scores(file, limit, parts):
    """The encoder's scores on dev and test by the file that is shipped."""
    session, cut = runtime.Session(file), pretrain.tokenizer()
    return {p: export.run_rows(session, "logits", [cut.encode(t, limit) for t, _ in parts[p]]) for p in ("dev", "test")}


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


def answers(z, other, calibration):
    """The answers with refusals: (class, confidence)."""
    rule = calibration["outOfScope"]
    known = figures.probabilities(z, calibration)
    outside, line = known[:, other].copy(), rule.get("confidence")
    known[:, other] = -1
    top, refused = known.max(1), known_margin(z, other, rule["softness"]) < rule["minimum"]
    sure = 1 - top if line is None else numpy.interp(outside, line["from"], line["to"])
    return numpy.where(refused, other, known.argmax(1)), numpy.where(refused, sure, top)


# With so many rows of dev a class, the linear part's scores get a weight and a shift for each class.
ROWS_A_CLASS = 200
PULL = 1e-3


def per_class(e, s, y):
    """For each class a factor and a shift of the linear part's scores by the likelihood of dev, pulled towards one and zero.
    They go into the linear part itself, so that the engine knows nothing of them."""
    classes, rows = e.shape[1], numpy.arange(len(y))
    if len(y) < ROWS_A_CLASS * classes:
        return numpy.ones(classes), numpy.zeros(classes)
    hot = numpy.eye(classes)[y]

    def loss(v):
        a, w, b = numpy.exp(v[0]), numpy.exp(v[1] + v[2:2 + classes]), v[2 + classes:]
        p = figures.softmax(a * e + w * s + b)
        g = (p - hot) / len(y)
        slope = numpy.concatenate([[a * (g * e).sum(), (g * w * s).sum()], (g * w * s).sum(0), g.sum(0)])
        slope[2:] += 2 * PULL * v[2:]
        return -numpy.log(p[rows, y] + 1e-12).mean() + PULL * (v[2:] ** 2).sum(), slope
    v = scipy.optimize.fmin_l_bfgs_b(loss, numpy.zeros(2 + 2 * classes))[0]
    return numpy.exp(v[2:2 + classes]), v[2 + classes:] / numpy.exp(v[1])


def calibrate(name, e, s, y, other):
    """The calibration that these scores and answers suggest."""
    a, b = combine(e, s, y)
    z = a * e + b * s
    p, wanted = figures.softmax(z), PRECISION.get(name, 0.95)
    calibration = {"temperature": round(1 / a, 5), "encoderWeight": 1.0, "linearWeight": round(b / a, 5),
                   **({"linearAloneWeight": alone.weight(s, y)} if name in alone.MODELS else {}),
                  "confidence": (figures.steps if finetune.RECIPES[name].get("folds") else figures.curve)(p.max(1), p.argmax(1) == y, wanted)}
    if other is not None:
        return with_refusals({**calibration, **refusal(z, y, other)}, z, y, other)
    p = figures.probabilities(z, calibration)
    at = figures.threshold(p.max(1), p.argmax(1) == y, wanted)
    if at is not None and (p.max(1) >= at).sum() < figures.MANY:
        at = max(at, wanted)
    calibration["thresholds"] = {"autoRoute": None if at is None else int(at * 1000) / 1000, "review": 0.70, "precision": wanted}
    return calibration


def linear_out_of_fold(name, labels, parts):
    """The scores of every row of train by a linear part that has not read it."""
    fold, found = finetune.fold_of(name, parts), numpy.zeros((len(parts["train"]), len(labels)))
    for at in range(finetune.RECIPES[name]["folds"]):
        rows = [row for row, own in zip(parts["train"], fold) if own != at]
        path = os.path.join(setup.work_root(), f"{name}.fold.bin")
        model = fit_linear(name, rows, labels, path)
        found[fold == at] = model.score_texts([row[0] for row, own in zip(parts["train"], fold) if own == at])
    return found


def pooled(e, s, y, name):
    """Figures of all rows together, each by weights that have not read it, in five parts of which each is judged with the calibration that the others suggest."""
    part = numpy.random.RandomState(setup.SEED).randint(0, 5, len(y))
    p = numpy.zeros_like(e, dtype=float)
    for at in range(5):
        a, b = part != at, part == at
        calibration = calibrate(name, e[a], s[a], y[a], None)
        p[b] = figures.probabilities(weighted(e[b], s[b], calibration), calibration)
    return figures.summary(p, y)


def weighted(e, s, calibration):
    return (calibration["encoderWeight"] * e + calibration["linearWeight"] * s) / calibration["temperature"]


def judge(calibration, e, s, y, other):
    """The figures of these rows with a calibration."""
    z = weighted(e, s, calibration)
    if other is not None:
        return refusal_figures(z, y, other, calibration)
    p = figures.probabilities(z, calibration)
    found, at = figures.summary(p, y), calibration["thresholds"]["autoRoute"]
    if at is not None:
        cover, precision = figures.band(p.max(1), p.argmax(1) == y, at)
        found["autoRoute"] = {"threshold": at, "coverage": round(cover, 4),
                              "precision": None if precision is None else round(precision, 4)}
    return found


def cross_judge(name, e, s, y, other):
    """Figures of dev where each half is judged with the calibration of the other: what a model has that was fitted on test."""
    half = numpy.random.RandomState(setup.SEED).randint(0, 2, len(y))
    found = []
    for k in (0, 1):
        a, b = half != k, half == k
        found.append((int(b.sum()), judge(calibrate(name, e[a], s[a], y[a], other), e[b], s[b], y[b], other)))
    total = sum(n for n, _ in found)
    common = [k for k in found[0][1] if all(isinstance(f.get(k), (int, float)) for _, f in found) and k != "rows"]
    return {"rows": total, **{k: round(sum(n * f[k] for n, f in found) / total, 4) for k in common}}


def main(name, parts=None, keep=os.environ.get("STEWARD_KEEP_ENCODER") == "1", more=()):
    """With `keep` the encoder stays the one of the model folder: the linear part and the calibration are made anew. `more` is read by the linear part alone."""
    setup.seed_all()
    parts, recipe = parts or corpora.load(name), finetune.RECIPES[name]
    weights, kept = finetune.paths(name)
    if keep:
        labels = restore.labels(name)
    else:
        if not all(os.path.exists(path) for path in weights + [kept]):
            finetune.train(name, parts)
        labels = [str(l) for l in numpy.load(kept)["labels"]]
    number = {label: at for at, label in enumerate(labels)}
    folds = bool(recipe.get("folds")) and not keep
    y = {p: numpy.array([number[l] for _, l in parts[p]]) for p in parts}
    other, file = number.get("oos"), os.path.join(package.folder_of(name), "model.onnx")
    e = encoder_scores(file if keep else write_encoder(name, weights, len(labels)), recipe["limit"], parts)
    more = list(more)
    s = linear_scores(name, labels, parts["train"] + more, parts, e["dev"], y["dev"])
    seen = keep and bool(recipe.get("refit"))
    for part in ("dev",) if seen else ("dev", "test"):
        print(name, part, "encoder alone", round(float((e[part].argmax(1) == y[part]).mean()), 4),
              "linear alone", round(float((s[part].argmax(1) == y[part]).mean()), 4), flush=True)
    to_calibrate = (e["dev"], s["dev"], y["dev"])
    if folds:
        # So few rows of dev say little about rare answers: train's rows count too, each scored by parts that have not read it.
        unread = (finetune.out_of_fold(name, parts), linear_out_of_fold(name, labels, parts), y["train"])
        to_calibrate = tuple(numpy.concatenate(pair) for pair in zip(unread, to_calibrate))
    calibration = calibrate(name, *to_calibrate, other)
    metrics = {"devByHalves": cross_judge(name, e["dev"], s["dev"], y["dev"], other)}
    if seen:
        # The kept encoder has read the test rows in its last fit: only the linear part can still be measured on them.
        metrics["testOfTheLinearPartAlone"] = {"rows": len(y["test"]), "accuracy": round(float((s["test"].argmax(1) == y["test"]).mean()), 4)}
    else:
        metrics["test"] = judge(calibration, e["test"], s["test"], y["test"], other)
    if folds:
        metrics["allRowsEachUnread"] = pooled(*(numpy.concatenate(pair) for pair in zip(to_calibrate, (e["test"], s["test"], y["test"]))), name)
    print(name, metrics, flush=True)
    # With everything measured, the test rows are worth more as training rows; dev stays out and calibrates again.
    if recipe.get("refit") and not keep:
        finetune.refit(name, parts)
        e = encoder_scores(write_encoder(name, [finetune.final(path) for path in weights], len(labels)), recipe["limit"], parts)
    s = linear_scores(name, labels, parts["train"] + parts["test"] + more, parts, e["dev"], y["dev"])
    if not folds:
        calibration = calibrate(name, e["dev"], s["dev"], y["dev"], other)
    metrics["devOfTheShippedWeights"] = judge(calibration, e["dev"], s["dev"], y["dev"], other)
    package.write(name, "classification", recipe["limit"], labels, calibration, metrics,
                  [name] if name in package.PROVENANCE else ["clinc150", "banking77", "it-topic"], version=VERSIONS[name])


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


# How much of what is asked is out of scope, as a refusal's confidence assumes: nobody knows it, dev has 3 %.
OUTSIDE = 0.08


def with_refusals(calibration, z, y, other):
    """The line from a refusal's probability of `oos` to its confidence, by dev's refused rows, of which those out of scope
    count as if `OUTSIDE` of all rows were so."""
    refused, outside = answers(z, other, calibration)[0] == other, y == other
    share = outside.mean()
    weight = numpy.where(outside, OUTSIDE / share, (1 - OUTSIDE) / (1 - share))[refused]
    p = figures.probabilities(z[refused], calibration)[:, other]
    calibration["outOfScope"]["confidence"] = figures.straight(p, outside[refused], weight)
    return calibration


def refusal_figures(z, truth, other, calibration):
    guess, confidence = answers(z, other, calibration)
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
