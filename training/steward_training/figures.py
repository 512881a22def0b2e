"""The figures that every classifier is judged by."""

import numpy


def softmax(z):
    z = z - z.max(1, keepdims=True)
    e = numpy.exp(z)
    return e / e.sum(1, keepdims=True)


def calibration_error(confidence, right, bins=15):
    """Expected calibration error over equally filled bins."""
    order = numpy.argsort(confidence, kind="stable")
    return float(sum(len(part) * abs(confidence[part].mean() - right[part].mean())
                     for part in numpy.array_split(order, bins) if len(part)) / len(confidence))


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


def threshold(confidence, right, precision, least=30):
    """The smallest confidence from which the precision holds, with a margin of one binomial standard deviation
    so that it also holds on rows that were not seen; None where none does."""
    order = numpy.argsort(-confidence, kind="stable")
    hits = numpy.cumsum(right[order])
    count = numpy.arange(1, len(order) + 1)
    share = hits / count
    low = share - numpy.sqrt(precision * (1 - precision) / count)
    good = numpy.nonzero((low >= precision) & (count >= least))[0]
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
