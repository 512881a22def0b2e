#!/usr/bin/python3
"""Writes a small linear part and the scores that the trainer's own code gives with it: PYTHONPATH=training python3 linear.py"""

import json
import pathlib

from steward_training import linear
import numpy
import scipy.sparse

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "golden"
TEXTS = [
    "The printer on floor 3 is out of toner.",
    "VPN drops every 5 minutes since this morning!! the VPN drops",
    "naïve café Ünïcode – straße ÅNGSTRÖM 한국어",
    "打印机坏了 please help ご確認ください",
    "e-mail: a.b@example.com; path C:\\Temp\\x_1.log, cost €12",
    "the the the the repeated words words count count count",
    "emoji 😀😀 and a zero\u200bwidth, tab\there, e\u0301 combining",
    "x", "", "   ", "İstanbul ΟΔΟΣ ﬁne", "[CLS] my card [SEP] [MASK]", "w" * 300 + " " + "é😀" * 80, " ".join(f"w{i}" for i in range(600)),
]


def main(name, version, blocks):
    random = numpy.random.RandomState(11)
    features = linear.Features(blocks, least=1)
    features.fit(features.counts(TEXTS))
    features.idf[random.rand(len(features.idf)) < 0.3] = 0
    model = linear.Linear(features, ["a", "b", "c"], version)
    model.scale = numpy.array([0.01, 0.02, 0.005], dtype=numpy.float32)
    model.bias = numpy.array([-0.5, 0.25, 0], dtype=numpy.float32)
    levels = random.randint(-127, 128, size=(len(features.idf), 3)).astype(numpy.int8)
    levels[random.rand(*levels.shape) < 0.6] = 0
    model.levels = scipy.sparse.csr_matrix(levels)
    model.write(GOLDEN / (name + ".bin"))
    with open(GOLDEN / (name + ".jsonl"), "w", encoding="ascii", newline="\n") as file:
        for text in TEXTS:
            file.write(json.dumps({"text": text, "scores": [round(float(s), 9) for s in model.score_texts([text])[0]]}) + "\n")


main("linear", 1, [linear.Block(linear.WORDS, 9, 1, 2, 0.75), linear.Block(linear.CHARACTERS, 10, 2, 5, 1.5)])
main("linear-words", 2, [linear.Block(linear.WORDS, 8, 1, 2, 1, 3), linear.Block(linear.CHARACTERS, 8, 2, 4, 0.5, 2), linear.Block(linear.WORDS, 9, 1, 2, 0.75)])
