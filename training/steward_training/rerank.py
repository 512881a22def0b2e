"""The cross-encoder: reads question and text together and says how well they fit. Never trained on judgements."""

import os

from . import setup
import numpy
import onnx
import torch

from . import export, finetune, package, pretrain, retrieval, runtime
from .encoder import CrossEncoder, Encoder
from .loop import Progress, Schedule

# The schedule is laid out for STEPS; the run ends at STOP to stay within minutes (the loss was still falling slowly).
NAME, LIMIT, STEPS, STOP, OTHERS = "reranker", 160, 300, 200, 3


def sample(step, chance, known, labels, documents, near, tickets, near_tickets):
    """Lists of (question, texts) with the right text first and like-worded wrong ones after it."""
    kind = step % 4
    found = []
    if kind < 2:
        for _ in range(10):
            at = chance.randrange(len(documents))
            question, text = retrieval.passages(chance, *documents[at])
            others = chance.sample(near[at], OTHERS)
            found.append((question, [text] + [" ".join(documents[o]) for o in others]))
        return found, 128
    if kind == 2:
        for label in chance.sample(labels, 24):
            a, b = chance.sample(known[label], 2)
            pool = [l for l in labels if l != label and l.split(":")[0] == label.split(":")[0]]
            found.append((a, [b] + [chance.choice(known[chance.choice(pool)]) for _ in range(OTHERS)]))
        return found, 48
    for at in chance.sample(range(len(tickets)), 12):
        others = chance.sample(near_tickets[at], OTHERS)
        found.append((tickets[at][0], [tickets[at][1]] + [tickets[o][1] for o in others]))
    return found, 96


def alike(texts, questions, depth=30):
    """For each question the numbers of like-worded texts that are not its own."""
    words = retrieval.Bm25(texts)
    found = []
    for at, question in enumerate(questions):
        order = numpy.argsort(-words.scores(question), kind="stable")[:depth + 1]
        found.append([int(i) for i in order if i != at][:depth])
    return found


def padded(cut, lists, limit):
    rows, kinds = [], []
    for question, texts in lists:
        first = cut.pieces(question)[:48]
        for text in texts:
            ids, segments = cut.encode_pair(first, text, limit)
            rows.append(ids)
            kinds.append(segments)
    width = max(map(len, rows))
    ids, mask, segment = (numpy.zeros((len(rows), width), dtype=numpy.int64) for _ in range(3))
    for at, row in enumerate(rows):
        ids[at, :len(row)], mask[at, :len(row)], segment[at, :len(row)] = row, 1, kinds[at]
    return torch.from_numpy(ids), torch.from_numpy(mask), torch.from_numpy(segment)


def train():
    setup.seed_all()
    chance, cut = retrieval.chance(), pretrain.tokenizer()
    known, _ = retrieval.intents()
    labels = sorted(known)
    documents = [d for d in retrieval.corpora.cranfield()[0] if len(d[1].split()) > 20 and not held_out(d)]
    near = alike([" ".join(d) for d in documents], [d[0] for d in documents])
    tickets = retrieval.field_pairs()
    near_tickets = alike([t[1] for t in tickets], [t[0] for t in tickets])
    model = CrossEncoder(finetune.start_encoder("embedder"))
    schedule, progress = Schedule(model, 4e-4, STEPS, head_rate=2e-3), Progress(NAME, STEPS)
    model.train()
    for step in range(STOP):
        lists, limit = sample(step, chance, known, labels, documents, near, tickets, near_tickets)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            score = model(*padded(cut, lists, limit))
        score = score.float().view(len(lists), OTHERS + 1)
        loss = torch.nn.functional.cross_entropy(score, torch.zeros(len(lists), dtype=torch.long))
        schedule.step(loss)
        progress.step(loss.detach())
        if (step + 1) % 100 == 0:
            torch.save(model.state_dict(), os.path.join(setup.work_root(), NAME + ".pt"))
    torch.save(model.state_dict(), os.path.join(setup.work_root(), NAME + ".pt"))


def held_out(document):
    """Documents that no pair is made of: on questions made of them the weight of the fusion is chosen."""
    return retrieval.corpora.fraction(document[0]) < 0.15


def standard(x):
    return (x - x.mean()) / (x.std() + 1e-6)


def candidates(session, cut, bm25, texts, query):
    """BM25's best twenty with both scores at mean zero and spread one within the list."""
    s = bm25.scores(query)
    top = numpy.argsort(-s, kind="stable")[:20]
    pairs = [cut.encode_pair(query, texts[d], LIMIT) for d in top]
    score = export.run_rows(session, "logits", [p[0] for p in pairs], [p[1] for p in pairs])[:, 0]
    return top, standard(s[top]), standard(score)


def fusion_weight(session, cut, bm25, texts):
    """The model's weight beside BM25's, by the rank of the own text for half-forgotten titles of held-out documents."""
    chance, found = retrieval.chance(), []
    for at, (title, body) in enumerate(retrieval.corpora.cranfield()[0]):
        if held_out((title, body)) and len(body.split()) > 20 and len(title.split()) >= 5 and len(found) < 120:
            words = [w for w in title.split() if chance.random() < 0.5]
            top, first, second = candidates(session, cut, bm25, texts, " ".join(words))
            if at in top:
                found.append((list(top).index(at), first, second))

    def value(weight):
        return numpy.mean([1.0 / (1 + int((f + weight * s > (f + weight * s)[own]).sum())) for own, f, s in found])
    weights = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5)
    print("fusion", {w: round(float(value(w)), 4) for w in weights}, len(found), flush=True)
    return max(weights, key=value)


def measure(session, cut):
    """Cranfield's real questions: BM25's best twenty, in a new order."""
    texts, queries, judged = retrieval.cranfield_texts()
    bm25 = retrieval.Bm25(texts)
    weight = fusion_weight(session, cut, bm25, texts)
    plain, alone, both = [], [], []
    for query in queries:
        top, first, second = candidates(session, cut, bm25, texts, query)
        plain.append(top)
        alone.append(top[numpy.argsort(-second, kind="stable")])
        both.append(top[numpy.argsort(-(first + weight * second), kind="stable")])
    return weight, {"cranfieldNdcg10Bm25": round(retrieval.mean_ndcg(plain, judged), 4),
                    "cranfieldNdcg10": round(retrieval.mean_ndcg(alone, judged), 4),
                    "cranfieldNdcg10Fused": round(retrieval.mean_ndcg(both, judged), 4)}


def main():
    kept = os.path.join(setup.work_root(), NAME + ".pt")
    if not os.path.exists(kept):
        train()
    cut = pretrain.tokenizer()
    model = CrossEncoder(Encoder(len(cut.vocabulary)))
    model.load_state_dict(torch.load(kept))
    file = os.path.join(package.folder_of(NAME), "model.onnx")
    onnx.save(export.quantise(export.to_onnx(model, "logits", segments=True)), file)
    weight, metrics = measure(runtime.Session(file), cut)
    package.write(NAME, "reranking", LIMIT, [], {"temperature": 1.0, "fusionWeight": weight}, metrics,
                  ["banking77", "clinc150", "it-assignment", "cranfield"])


if __name__ == "__main__":
    main()
