"""The data sets, each cut into train, dev and test by a hash of the text.

The cut depends on nothing but the text, so a row never moves from one part to another when the files grow, and
two rows with the same text are always in the same part. `train` fits weights; `dev` chooses the stacking weights,
the temperature and the thresholds; `test` is looked at for the printed figures only.
"""

import csv
import hashlib
import json
import os

from .setup import data_root

# Shares of the test and dev parts; small sets need larger parts for a figure that means something.
SHARES = {"it-topic": (0.08, 0.06), "it-assignment": (0.12, 0.12), "banking77": (0.10, 0.08)}


def fraction(text):
    """A number in [0, 1) that depends on the words of the text only."""
    key = " ".join(text.lower().split())
    return int.from_bytes(hashlib.sha256(key.encode("utf-8")).digest()[:6], "big") / float(1 << 48)


def part_of(text, test, dev):
    at = fraction(text)
    return "test" if at < test else "dev" if at < test + dev else "train"


def _rows(*path):
    with open(os.path.join(data_root(), *path), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def join_fields(short, description):
    """One text out of a ticket's two fields; a description that begins with the short one does not repeat it."""
    short, description = short.strip(), description.strip()
    if not short or description.startswith(short):
        return description
    return short + " " + description if description else short


class Redrawn:
    """New texts for it-assignment's rows. In this file each ticket's description belongs to some other ticket (a linear model of
    descriptions alone is worse than the commonest label), so that any description of the same part will do:
    whoever reads a row with another one each time learns where the title ends."""

    def __init__(self, rows):
        wanted = {text for text, _ in rows}
        found = [(r["short_description"], r["description"]) for r in _rows("tickets", "it-assignment.train.csv")]
        self.titles = {join_fields(*f): f[0] for f in found}
        self.others = [d for s, d in found if join_fields(s, d) in wanted]

    def draw(self, text, chance):
        return join_fields(self.titles[text], chance.choice(self.others))


def load(name):
    """The rows of a labelled set: a dictionary from part to a list of (text, label)."""
    parts = {"train": [], "dev": [], "test": []}
    if name == "it-topic":
        rows = [(r["text"], r["label"]) for r in _rows("tickets", "it-topic.train.csv")]
    elif name == "it-assignment":
        rows = [(join_fields(r["short_description"], r["description"]), r["label"])
                for r in _rows("tickets", "it-assignment.train.csv")]
    elif name == "banking77":
        rows = [(r["text"], r["label"]) for r in _rows("intents", "banking77.train.csv")]
    elif name == "clinc150":
        return _clinc()
    else:
        raise ValueError("no data set " + name)
    test, dev = SHARES[name]
    for text, label in rows:
        parts[part_of(text, test, dev)].append((text, label))
    return parts


def validation(name):
    """For choices that need more rows than dev has: three quarters of train, and the fourth with dev as `val`."""
    found = load(name)
    apart = [fraction("val " + text) < 0.25 for text, _ in found["train"]]
    return {"train": [r for r, a in zip(found["train"], apart) if not a],
            "val": [r for r, a in zip(found["train"], apart) if a] + found["dev"]}


def _clinc():
    """CLINC150 has its own validation part, in scope and out of it: both are cut in halves for dev and test."""
    with open(os.path.join(data_root(), "intents", "clinc150.train.json"), encoding="utf-8") as file:
        data = json.load(file)
    parts = {"train": [], "dev": [], "test": []}
    parts["train"] = [tuple(r) for r in data["train"]] + [tuple(r) for r in data["oos_train"]]
    for text, label in data["val"] + data["oos_val"]:
        parts["dev" if fraction(text) < 0.5 else "test"].append((text, label))
    return parts


def cranfield():
    """Documents (title, body) in their order, queries in their order, judgements {query: {document: grade}}."""
    def records(name):
        found, field = [], None
        with open(os.path.join(data_root(), "retrieval", "cranfield", name), encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith(".I"):
                    found.append({})
                    field = None
                elif len(line) > 1 and line[0] == "." and line[1].isupper() and line[2:].strip() == "":
                    field = line[1]
                    found[-1].setdefault(field, [])
                elif field:
                    found[-1][field].append(line.strip())
        return [{k: " ".join(v).strip() for k, v in r.items()} for r in found]

    documents = []
    for record in records("cran.all.1400"):
        title, body = record.get("T", ""), record.get("W", "")
        documents.append((title, body[len(title):].strip() if body.startswith(title) else body))
    queries = [r["W"] for r in records("cran.qry")]
    judged = {}
    with open(os.path.join(data_root(), "retrieval", "cranfield", "cranqrel"), encoding="utf-8") as file:
        for line in file:
            cells = line.split()
            if len(cells) == 3:
                # Grades run from 1 (a complete answer) to 4 (of minimal interest); -1 marks the query's source.
                grade = {1: 4, 2: 3, 3: 2, 4: 1, -1: 4}.get(int(cells[2]), 0)
                judged.setdefault(int(cells[0]), {})[int(cells[1])] = grade
    return documents, queries, judged


def unlabelled():
    """Every text that the encoder may see without its label: the train parts only, and all Cranfield documents
    (never its queries or judgements)."""
    texts = []
    for name in ("it-topic", "it-assignment", "banking77", "clinc150"):
        texts += [text for text, _ in load(name)["train"]]
    seen = {fraction(t) for part in load("it-topic").values() for t, _ in part}
    for row in _rows("tickets", "endava-subset.csv"):
        text = join_fields(row["title"], row["body"])
        if text and fraction(text) not in seen and fraction(row["title"] + " " + row["body"]) not in seen:
            texts.append(text)
    for title, body in cranfield()[0]:
        texts.append(title)
        texts.append(body)
    return [t for t in texts if t.strip()]
