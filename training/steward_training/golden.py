"""Writes golden/linear.json: what a second implementation of the linear part has to compute."""

import json
import os

from . import setup
from . import linear

# Written for this purpose; nothing of the data sets.
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
]


def main(name):
    folder = os.path.join(setup.models_root(), name)
    with open(os.path.join(folder, "labels.json"), encoding="utf-8") as file:
        labels = json.load(file)
    model = linear.read(os.path.join(folder, "linear.bin"), labels)
    cases = []
    for text in TEXTS:
        words = linear.wordpiece.words(text)[:linear.MAX_WORDS]
        buckets = [block.buckets(words) for block in model.features.blocks]
        cases.append({"text": text, "words": words, "buckets": buckets,
                      "scores": [round(float(s), 6) for s in model.score_texts([text])[0]]})
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "..", "golden", "linear.json"), "w", encoding="utf-8", newline="\n") as file:
        json.dump({"model": name, "cases": cases}, file, ensure_ascii=True, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    import sys
    main(sys.argv[1] if len(sys.argv) > 1 else "it-topic")
