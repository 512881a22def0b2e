"""BM25, ranking figures, and training pairs that need no judgement: a title and its text, two questions of one intent."""

import collections
import math
import random

from . import setup  # noqa: F401
import numpy
import scipy.sparse

from . import corpora, wordpiece

STOP = set("a an and are as at be by for from has have i in is it its of on or that the this to was were what which with".split())


def terms(text):
    return [w for w in wordpiece.words(text) if w not in STOP and (len(w) > 1 or w.isdigit())]


class Bm25:
    """Okapi BM25 with k1 = 1.2 and b = 0.75 over plain words."""

    def __init__(self, texts, k1=1.2, b=0.75):
        counted = [collections.Counter(terms(t)) for t in texts]
        self.index = {w: at for at, w in enumerate(sorted({w for c in counted for w in c}))}
        lengths = numpy.array([sum(c.values()) for c in counted], dtype=float)
        seen = collections.Counter(w for c in counted for w in c)
        rows, columns, values = [], [], []
        for at, count in enumerate(counted):
            for word, n in count.items():
                idf = math.log(1 + (len(texts) - seen[word] + 0.5) / (seen[word] + 0.5))
                rows.append(at)
                columns.append(self.index[word])
                values.append(idf * n * (k1 + 1) / (n + k1 * (1 - b + b * lengths[at] / lengths.mean())))
        self.matrix = scipy.sparse.csc_matrix((values, (rows, columns)), shape=(len(texts), len(self.index)))

    def scores(self, query):
        known = [self.index[w] for w in set(terms(query)) if w in self.index]
        return numpy.asarray(self.matrix[:, known].sum(1)).ravel() if known else numpy.zeros(self.matrix.shape[0])


def ndcg(ranked, grades, depth=10):
    """nDCG with linear gain; `ranked` are document numbers, `grades` the judgements of the query."""
    gain = sum(grades.get(d, 0) / math.log2(at + 2) for at, d in enumerate(ranked[:depth]))
    best = sum(g / math.log2(at + 2) for at, g in enumerate(sorted(grades.values(), reverse=True)[:depth]))
    return gain / best if best else 0.0


def cranfield_texts():
    documents, queries, judged = corpora.cranfield()
    return [t + " " + b for t, b in documents], queries, judged


def mean_ndcg(rankings, judged):
    """Document numbers in the judgements count from one."""
    return float(numpy.mean([ndcg([d + 1 for d in r], judged[q + 1]) for q, r in enumerate(rankings)]))


def intents(held_out=0.15):
    """Training rows of the intent sets by label, and the labels kept from all training of pairs by hash of their name."""
    found = collections.defaultdict(list)
    for name in ("banking77", "clinc150"):
        for text, label in corpora.load(name)["train"]:
            if label != "oos":
                found[name + ":" + label].append(text)
    kept = {k: v for k, v in found.items() if corpora.fraction(k) >= held_out}
    return kept, {k: v for k, v in found.items() if k not in kept}


def passages(chance, title, body):
    """A question and a text that belong together: the title and the text, or one sentence and the text without it."""
    sentences = [s.strip() for s in body.split(" . ") if len(s.split()) >= 5]
    if chance.random() < 0.5 and len(sentences) >= 3:
        at = chance.randrange(len(sentences))
        words = sentences[at].split()
        if len(words) > 20:
            start = chance.randrange(len(words) - 19)
            words = words[start:start + 20]
        # Some of the words go, so that the match is not of one run of the same words.
        words = [w for w in words if chance.random() < 0.7] or words
        return " ".join(words), title + " " + " . ".join(s for i, s in enumerate(sentences) if i != at)
    return " ".join(w for w in title.split() if chance.random() < 0.8) or title, body


def field_pairs():
    """Short and long field of tickets where they are not the same words."""
    found = []
    for row in corpora._rows("tickets", "it-assignment.train.csv"):
        short, long = row["short_description"].strip(), row["description"].strip()
        if corpora.part_of(short + " " + long, *corpora.SHARES["it-assignment"]) == "train" and short and short not in long:
            if len(short.split()) >= 2 and len(long.split()) >= 6:
                found.append((short, long))
    return found


def chance(seed=setup.SEED):
    return random.Random(seed)
