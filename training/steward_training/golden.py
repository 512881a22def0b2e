"""Writes golden/: what the engine has to compute for texts that were written for this purpose (none is from a data set)."""

import json
import os
import sys

from . import setup
import numpy

from . import export, figures, linear, runtime, wordpiece

TEXTS = [
    "The printer on floor 3 is out of toner.",
    "VPN drops every 5 minutes since this morning!!",
    "Please reset my password, I'm locked out (again)",
    "naïve café Ünïcode – straße ÅNGSTRÖM",
    "打印机坏了 please help ご確認ください",
    "e-mail: a.b@example.com; path C:\\Temp\\x_1.log, cost €12",
    "the the the the repeated words words count count count",
    "emoji 😀 and a zero\u200bwidth, tab\there, e\u0301 combining",
    "x",
    "",
    "İstanbul ΟΔΟΣ ﬁne",
    "[CLS] my card was charged twice [SEP] [MASK]",
]


def _read(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return json.load(file)


def _write(name, value):
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "..", "golden", name), "w", encoding="utf-8", newline="\n") as file:
        json.dump(value, file, ensure_ascii=True, separators=(",", ":"))
        file.write("\n")


def linear_cases(name):
    folder = os.path.join(setup.models_root(), name)
    model = linear.read(os.path.join(folder, "linear.bin"), _read(folder, "labels.json"))
    cases = []
    for text in TEXTS:
        words = wordpiece.words(text)[:linear.MAX_WORDS]
        cases.append({"text": text, "words": words, "buckets": [b.buckets(words) for b in model.features.blocks],
                      "scores": [round(float(s), 6) for s in model.score_texts([text])[0]]})
    _write("linear.json", {"model": name, "cases": cases})


def model_cases(name):
    """Token ids and what comes out at the end: the three most probable classes, the vector's first values, or the score."""
    folder = os.path.join(setup.models_root(), name)
    about, calibration = _read(folder, "model.json"), _read(folder, "calibration.json")
    cut = wordpiece.Tokenizer(wordpiece.read_vocabulary(os.path.join(folder, "vocab.txt")))
    session = runtime.Session(os.path.join(folder, "model.onnx"))
    cases = []
    if about["task"] == "reranking":
        for a, b in zip(TEXTS, TEXTS[1:]):
            ids, segments = cut.encode_pair(a, b, about["maxTokens"])
            score = export.run_rows(session, "logits", [ids], [segments])[0, 0]
            cases.append({"text": a, "pair": b, "ids": ids, "segments": segments, "score": round(float(score), 4)})
        return {"model": name, "cases": cases}
    rows = [cut.encode(t, about["maxTokens"]) for t in TEXTS]
    if about["task"] == "embedding":
        for text, ids, vector in zip(TEXTS, rows, export.run_rows(session, "embedding", rows)):
            cases.append({"text": text, "ids": ids, "embedding": [round(float(v), 4) for v in vector[:16]]})
        return {"model": name, "cases": cases}
    labels = _read(folder, "labels.json")
    z = calibration["encoderWeight"] * export.run_rows(session, "logits", rows)
    if "linearWeight" in calibration:
        z = z + calibration["linearWeight"] * linear.read(os.path.join(folder, "linear.bin"), labels).score_texts(TEXTS)
    for text, ids, p in zip(TEXTS, rows, figures.probabilities(z / calibration["temperature"], calibration)):
        best = numpy.argsort(-p)[:3]
        cases.append({"text": text, "ids": ids, "top": [{"label": labels[c], "probability": round(float(p[c]), 4)} for c in best]})
    return {"model": name, "cases": cases}


def main(name):
    linear_cases(name)
    _write("models.json", [model_cases(n) for n in sorted(os.listdir(setup.models_root()))])


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "it-topic")
