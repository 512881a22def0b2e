"""The figures that every classifier is judged by."""

import numpy
import scipy.optimize


def softmax(z):
    z = z - z.max(1, keepdims=True)
    e = numpy.exp(z)
    return e / e.sum(1, keepdims=True)


def calibration_error(confidence, right, bins=15):
    """Expected calibration error over bins of equal width, as `steward triage eval` counts it."""
    place = numpy.minimum(bins - 1, (confidence * bins).astype(int))
    return float(sum(abs((confidence[place == at] - right[place == at]).sum()) for at in range(bins)) / len(confidence))


def macro_f1(guess, truth, classes):
    """The mean over the classes that occur in the truth or the guesses."""
    values = []
    for c in range(classes):
        hit, said, is_ = ((guess == c) & (truth == c)).sum(), (guess == c).sum(), (truth == c).sum()
        if said + is_ > 0:
            values.append(2.0 * hit / (said + is_))
    return float(numpy.mean(values))


def band(confidence, right, at):
    """Coverage and precision of what is at least that sure."""
    inside = confidence >= at
    return float(inside.mean()), float(right[inside].mean()) if inside.any() else None


def threshold(confidence, right, precision, least=30, margin=1.0):
    """The smallest confidence from which the precision holds, with a margin of so many binomial standard deviations
    so that it also holds on rows that were not seen; None where none does."""
    order = numpy.argsort(-confidence, kind="stable")
    hits = numpy.cumsum(right[order])
    count = numpy.arange(1, len(order) + 1)
    share = hits / count
    low = share - margin * numpy.sqrt(precision * (1 - precision) / count)
    # Rows of one confidence, as steps make them, are on one side.
    last = numpy.append(numpy.diff(confidence[order]) < -1e-6, True)
    good = numpy.nonzero((low >= precision) & (count >= least) & last)[0]
    return float(confidence[order[good[-1]]]) if len(good) else None


def summary(p, truth):
    confidence, guess = p.max(1), p.argmax(1)
    right = guess == truth
    top3 = (numpy.argsort(-p, 1)[:, :3] == truth[:, None]).any(1)
    found = {"rows": len(truth), "accuracy": float(right.mean()), "macroF1": macro_f1(guess, truth, p.shape[1]),
             "top3": float(top3.mean()), "ece": calibration_error(confidence, right)}
    for name, at in (("95", 0.95), ("70", 0.70)):
        found["coverage" + name], found["precision" + name] = band(confidence, right, at)
    return {k: (round(v, 4) if isinstance(v, float) else v) for k, v in found.items()}


def reliability(confidence, right):
    """How often answers of a confidence are right, as a function: beta calibration (Kull et al. 2017), whose three numbers a
    few hundred rows can carry. It never falls."""
    def feature(c):
        c = numpy.clip(c, 1e-4, 1 - 1e-4)
        return numpy.log(c), -numpy.log1p(-c)
    low, high = feature(confidence)

    def loss(x):
        t = numpy.exp(x[0]) * low + numpy.exp(x[1]) * high + x[2]
        return numpy.logaddexp(0, numpy.where(right, -t, t)).mean()
    best = scipy.optimize.minimize(loss, [0.0, 0.0, 0.0], method="Nelder-Mead", options={"maxiter": 2000}).x

    def share(c):
        a, b = feature(numpy.asarray(c, dtype=float))
        return 1 / (1 + numpy.exp(-(numpy.exp(best[0]) * a + numpy.exp(best[1]) * b + best[2])))
    return share


GRID = [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.875, 0.9, 0.92, 0.94,
        0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995, 0.999, 1]
# A little over 0.95, so that no rounding puts what is sure under it.
SURE, FARTHEST = 0.951, 0.04
# With fewer rows above a threshold their share of right ones says too little by itself.
MANY = 100


def curve(confidence, right, precision):
    """The points of the line from the largest probability to the confidence. Where the wanted precision is reached a little
    below 0.95, that is where 0.95 begins: nobody is asked about what is known to be sure enough."""
    share, at = reliability(confidence, right), threshold(confidence, right, precision)
    points = {g: float(share(g)) for g in GRID}
    if at is not None and (confidence >= at).sum() >= MANY and 0 < SURE - points_at(points, at) <= FARTHEST:
        before = max(0.0, at - 0.005)
        points = {g: v if g < before else max(v, SURE) for g, v in points.items() if g < before or g >= at}
        points[before], points[at] = float(share(before)), SURE
    found = sorted(points.items())
    return {"from": [round(g, 5) for g, _ in found], "to": [round(min(v, 0.9995), 5) for _, v in found]}


# Points for probabilities of which many are small.
FINE = [0, 0.0005, 0.001, 0.002, 0.004, 0.007, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06, 0.08, 0.12, 0.16, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9, 0.97, 1]


def straight(p, right, weight):
    """The points of a line from a probability to how often it was right, with two numbers (Platt 1999), for few rows."""
    x = logit(p)

    def loss(v):
        t = numpy.exp(v[0]) * x + v[1]
        return float((weight * numpy.logaddexp(0, numpy.where(right, -t, t))).sum() / weight.sum()) + 0.01 * v[0] ** 2
    v = scipy.optimize.minimize(loss, [0.0, 0.0], method="Nelder-Mead").x
    to = 1 / (1 + numpy.exp(-(numpy.exp(v[0]) * logit(numpy.array(FINE)) + v[1])))
    return {"from": list(FINE), "to": [round(float(h), 5) for h in to]}


def logit(p):
    p = numpy.clip(p, 1e-4, 1 - 1e-4)
    return numpy.log(p) - numpy.log1p(-p)


# How sharp a step is, and by how much the precision has to be better than wanted where the highest one begins: with that, rows
# that had no part in it were right as often as wanted (cross-validated on it-assignment: 0.958 where 0.95 is wanted).
STEP, SPARE = 1e-5, 0.02


def steps(confidence, right, precision):
    """A line of few steps, each as high as the share of right answers there (histogram binning, Zadrozny and Elkan 2001), for
    sets on which a finer line could never be checked. The steps lie where the bands begin, and what is below is cut in halves."""
    share, sure = reliability(confidence, right), threshold(confidence, right, precision + SPARE, margin=0.0)
    if sure is not None and (confidence >= sure).sum() < MANY:
        sure = None
    review = float(numpy.interp(0.70, share(numpy.array(GRID)), GRID))
    low = confidence[confidence < review]
    cuts = sorted({0.0, review, float(numpy.median(low)) if len(low) else 0.0} | ({sure} if sure is not None else set()))
    found, before = {}, 0.0
    for at, cut in enumerate(cuts):
        inside = (confidence >= cut) & (confidence < (cuts[at + 1] if at + 1 < len(cuts) else 2))
        height = max(before, float((right[inside].sum() + 0.5) / (inside.sum() + 1)))
        height = max(height, SURE) if cut == sure else min(height, SURE - 0.002)
        if cut > 0:
            found[cut - STEP] = before
        found[cut], before = height, height
    found[1.0] = before
    points = sorted(found.items())
    return {"from": [round(g, 6) for g, _ in points], "to": [round(v, 5) for _, v in points]}


def points_at(points, at):
    found = sorted(points.items())
    return float(numpy.interp(at, [g for g, _ in found], [v for _, v in found]))


def reach(z, confidence):
    """Probabilities with, for each row, the temperature with which the largest is as wanted: the order stays."""
    low, high = numpy.full(len(z), numpy.log(1e-3)), numpy.full(len(z), numpy.log(1e3))
    for _ in range(40):
        middle = (low + high) / 2
        above = softmax(z / numpy.exp(middle)[:, None]).max(1) > confidence
        low, high = numpy.where(above, middle, low), numpy.where(above, high, middle)
    return softmax(z / numpy.exp((low + high) / 2)[:, None])


def probabilities(z, calibration):
    """What the engine makes of the weighted scores divided by the temperature."""
    p, line = softmax(z), calibration.get("confidence")
    return p if line is None else reach(z, numpy.interp(p.max(1), line["from"], line["to"]))
