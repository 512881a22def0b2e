"""The linear part: hashed TF-IDF over word and character n-grams, one weight vector a class, eight bits a weight.

The format and every rule that a second implementation has to follow is in ../README.md.
"""

import struct

from . import setup  # noqa: F401  The BLAS kernel has to be chosen before numpy is loaded.
import numpy
import scipy.optimize
import scipy.sparse
from sklearn.svm import LinearSVC
from sklearn.utils import murmurhash3_32

from . import wordpiece

WORDS, CHARACTERS = 0, 1
IDF_STEP = 1.0 / 16
MAX_WORDS = 400
SEED_WORD, SEED_PAIR, SEED_CHARACTERS = 1, 2, 3


def bucket(text, seed, bits):
    return murmurhash3_32(text.encode("utf-8"), seed=seed, positive=True) & ((1 << bits) - 1)


class Block:
    """One kind of n-gram with its own buckets; `low` and `high` are the shortest and longest n, `words` how many words
    from the text's beginning are read."""

    def __init__(self, kind, bits, low, high, weight=1.0, words=MAX_WORDS):
        self.kind, self.bits, self.low, self.high, self.weight = kind, bits, low, high, float(numpy.float32(weight))
        self.words, self.cache = words, {}

    def buckets(self, words):
        words = words[:self.words]
        if self.kind == WORDS:
            found = [bucket(w, SEED_WORD, self.bits) for w in words]
            for n in range(2, self.high + 1):
                for at in range(len(words) - n + 1):
                    found.append(bucket(" ".join(words[at:at + n]), SEED_PAIR, self.bits))
            return found
        found = []
        for word in words:
            known = self.cache.get(word)
            if known is None:
                padded = " " + word + " "
                known = [bucket(padded[at:at + n], SEED_CHARACTERS, self.bits)
                         for n in range(self.low, self.high + 1) for at in range(len(padded) - n + 1)]
                self.cache[word] = known
            found += known
        return found


def default_blocks(bits=17):
    return [Block(WORDS, bits, 1, 2), Block(CHARACTERS, bits, 2, 5)]


class Features:
    """Texts to sparse rows. `idf` holds sixteenths; a bucket at zero is ignored."""

    def __init__(self, blocks, least=2):
        self.blocks, self.least, self.idf = blocks, least, None
        self.offsets = numpy.cumsum([0] + [1 << b.bits for b in blocks])

    def counts(self, texts):
        """One matrix a block with how often each bucket occurs in each text."""
        found = []
        split = [wordpiece.words(t)[:MAX_WORDS] for t in texts]
        for block in self.blocks:
            rows = [block.buckets(w) for w in split]
            pointer = numpy.cumsum([0] + [len(r) for r in rows])
            index = numpy.fromiter((i for r in rows for i in r), dtype=numpy.int32, count=pointer[-1])
            matrix = scipy.sparse.csr_matrix((numpy.ones(len(index)), index, pointer),
                                             shape=(len(texts), 1 << block.bits))
            matrix.sum_duplicates()
            found.append(matrix)
        return found

    def fit(self, counts):
        parts = []
        for matrix in counts:
            seen = numpy.bincount(matrix.indices, minlength=matrix.shape[1])
            idf = numpy.log((1 + matrix.shape[0]) / (1 + seen)) + 1
            level = numpy.clip(numpy.round(idf / IDF_STEP), 1, 255)
            parts.append(numpy.where(seen >= self.least, level, 0).astype(numpy.uint8))
        self.idf = numpy.concatenate(parts)
        return self

    def rows(self, counts):
        parts = []
        for at, matrix in enumerate(counts):
            idf = self.idf[self.offsets[at]:self.offsets[at + 1]] * IDF_STEP
            x = matrix.copy()
            x.data = (1 + numpy.log(x.data)) * idf[x.indices]
            norm = numpy.sqrt(numpy.asarray(x.multiply(x).sum(1)).ravel())
            x = scipy.sparse.diags(self.blocks[at].weight / numpy.where(norm > 0, norm, 1)) @ x
            x = x.tocsr()
            x.eliminate_zeros()
            parts.append(x)
        return scipy.sparse.hstack(parts).tocsr()


class Linear:
    """Quantised weights over the features; `scores` is what the engine has to reproduce."""

    def __init__(self, features, labels, version=2):
        self.features, self.labels, self.version = features, labels, version

    def fit(self, x, y, c=1.0, prune=0, class_weight=None):
        used = numpy.unique(x.indices)
        model = LinearSVC(C=c, dual=True, random_state=setup.SEED, class_weight=class_weight, max_iter=2000)
        model.fit(x[:, used], y)
        weights = numpy.zeros((len(self.labels), x.shape[1]), dtype=numpy.float64)
        bias = numpy.full(len(self.labels), -1.0)
        coefficients, intercepts = model.coef_, model.intercept_
        if len(model.classes_) == 2:
            coefficients, intercepts = numpy.vstack([-coefficients, coefficients]), numpy.append(-intercepts, intercepts)
        for at, label in enumerate(model.classes_):
            weights[label, used] = coefficients[at]
            bias[label] = intercepts[at]
        return self.quantise(weights, bias, prune)

    def fit_softmax(self, x, y, pull, prune=0, steps=60):
        """Multinomial logistic regression, each squared weight costing `pull`: scores that are already logarithms of probabilities."""
        used = numpy.unique(x.indices)
        x = x[:, used].astype(numpy.float32)
        turned, shape = x.T.tocsr(), (len(used) + 1, len(self.labels))

        def loss(v):
            w = v.reshape(shape)
            z = x @ w[:-1].astype(numpy.float32) + w[-1].astype(numpy.float32)
            z -= z.max(1, keepdims=True)
            p = numpy.exp(z)
            total = p.sum(1, keepdims=True)
            value = float((numpy.log(total[:, 0]) - z[numpy.arange(len(y)), y]).mean()) + pull * float((w[:-1] ** 2).sum())
            p /= total
            p[numpy.arange(len(y)), y] -= 1
            p /= len(y)
            slope = numpy.vstack([turned @ p, p.sum(0)[None]]).astype(numpy.float64)
            slope[:-1] += 2 * pull * w[:-1]
            return value, slope.ravel()
        found = scipy.optimize.fmin_l_bfgs_b(loss, numpy.zeros(shape[0] * shape[1]), maxiter=steps)[0].reshape(shape)
        weights = numpy.zeros((shape[1], int(self.features.offsets[-1])))
        weights[:, used] = found[:-1].T
        return self.quantise(weights, found[-1], prune)

    def quantise(self, weights, bias, prune):
        # The largest weights are few and matter most, the many others are small: levels stand for squares, so that both are exact enough.
        self.scale = numpy.maximum(numpy.abs(weights).max(1) / 127, 1e-9).astype(numpy.float32)
        self.bias = bias.astype(numpy.float32)
        levels = numpy.clip(numpy.round(numpy.sign(weights) * numpy.sqrt(127 * numpy.abs(weights / self.scale[:, None]))), -127, 127)
        levels[numpy.abs(levels) <= prune] = 0
        self.levels = scipy.sparse.csr_matrix(levels.T.astype(numpy.int8))
        return self

    def adjust(self, factor, shift):
        """Multiplies the scores of each class and adds to them."""
        self.scale = (self.scale * factor).astype(numpy.float32)
        self.bias = (self.bias * factor + shift).astype(numpy.float32)

    def heights(self):
        """What the levels stand for: in version 1 themselves, since then their squares with the sign kept."""
        found = self.levels.astype(numpy.float64)
        if self.version > 1:
            found.data = found.data * numpy.abs(found.data) / 127
        return found

    def scores(self, x):
        sums = x @ self.heights()
        return numpy.asarray(sums.todense()) * self.scale + self.bias

    def score_texts(self, texts):
        return self.scores(self.features.rows(self.features.counts(texts)))

    def write(self, path):
        blocks = self.features.blocks
        with open(path, "wb") as file:
            file.write(b"SLIN" + struct.pack("<IIII", self.version, len(self.labels), len(blocks), MAX_WORDS))
            for b in blocks:
                file.write(struct.pack("<IIIIf", b.kind, b.bits, b.low, b.high, b.weight))
                if self.version > 1:
                    file.write(struct.pack("<I", b.words))
            file.write(self.features.idf.tobytes())
            file.write(self.scale.tobytes() + self.bias.tobytes())
            file.write(numpy.diff(self.levels.indptr).astype(numpy.uint8).tobytes())
            file.write(self.levels.indices.astype(numpy.uint8).tobytes())
            file.write(self.levels.data.astype(numpy.int8).tobytes())


def read(path, labels):
    """A written linear part, as the engine would load it."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:4] != b"SLIN":
        raise ValueError("not a linear part")
    version, classes, count, _ = struct.unpack_from("<IIII", data, 4)
    block, at, blocks = "<IIIIf" if version == 1 else "<IIIIfI", 20, []
    for _ in range(count):
        blocks.append(Block(*struct.unpack_from(block, data, at)))
        at += struct.calcsize(block)
    features = Features(blocks)
    total = int(features.offsets[-1])

    def take(kind, n):
        nonlocal at
        found = numpy.frombuffer(data, dtype=kind, count=n, offset=at)
        at += found.nbytes
        return found
    features.idf = take(numpy.uint8, total)
    model = Linear(features, labels, version)
    model.scale, model.bias = take(numpy.float32, classes), take(numpy.float32, classes)
    pointer = numpy.concatenate([[0], numpy.cumsum(take(numpy.uint8, total).astype(numpy.int64))])
    indices, values = take(numpy.uint8, int(pointer[-1])), take(numpy.int8, int(pointer[-1]))
    model.levels = scipy.sparse.csr_matrix((values, indices.astype(numpy.int32), pointer), shape=(total, classes))
    return model
