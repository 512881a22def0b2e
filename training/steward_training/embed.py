"""The sentence embedder: texts of one intent, a title and its text, come to lie close together."""

import os

from . import setup
import numpy
import onnx
import torch

from . import export, package, pretrain, retrieval, runtime
from .encoder import Embedder, Encoder
from .loop import Progress, Schedule, pad

NAME, LIMIT, STEPS = "embedder", 128, 360
SHARPNESS = 20.0


def sample(step, chance, labels, known, documents, tickets):
    """The pairs of one step; all of one kind, each pair's partner is the other pairs' negative."""
    kind = step % 4
    if kind < 2:
        # One set a step: across sets two intents are too easy to tell apart.
        pool = [l for l in labels if l.startswith("banking" if chance.random() < 0.35 else "clinc")]
        return [tuple(chance.sample(known[l], 2)) for l in chance.sample(pool, min(64, len(pool)))], 40
    if kind == 2:
        return [retrieval.passages(chance, *documents[i]) for i in chance.sample(range(len(documents)), 24)], 96
    return chance.sample(tickets, 40), 64


def train():
    setup.seed_all()
    chance, cut = retrieval.chance(), pretrain.tokenizer()
    known, _ = retrieval.intents()
    labels = sorted(known)
    documents = [d for d in retrieval.corpora.cranfield()[0] if len(d[1].split()) > 20]
    tickets = retrieval.field_pairs()
    model = Embedder(pretrain.fresh_encoder())
    schedule, progress = Schedule(model, 3e-4, STEPS), Progress(NAME, STEPS)
    model.train()
    for step in range(STEPS):
        pairs, limit = sample(step, chance, labels, known, documents, tickets)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            a = model(*pad([cut.encode(x, limit) for x, _ in pairs]))
            b = model(*pad([cut.encode(y, limit) for _, y in pairs]))
        close = a.float() @ b.float().T * SHARPNESS
        target = torch.arange(len(pairs))
        loss = (torch.nn.functional.cross_entropy(close, target) + torch.nn.functional.cross_entropy(close.T, target)) / 2
        schedule.step(loss)
        progress.step(loss.detach())
    torch.save(model.state_dict(), os.path.join(setup.work_root(), NAME + ".pt"))


def vectors(session, cut, texts, limit=LIMIT):
    return export.run_rows(session, "embedding", [cut.encode(t, limit) for t in texts])


def nearest(v, label):
    """How often the nearest other text is of the same intent."""
    close = v @ v.T
    numpy.fill_diagonal(close, -2)
    return float((label[close.argmax(1)] == label).mean())


def measure(session, cut):
    _, unseen = retrieval.intents()
    chosen = [(t, at) for at, l in enumerate(sorted(unseen)) for t in sorted(unseen[l])[:30]]
    label = numpy.array([at for _, at in chosen])
    found = {"unseenIntents": len(unseen), "unseenIntentNearestRight": nearest(vectors(session, cut, [t for t, _ in chosen]), label)}
    words = retrieval.Bm25([t for t, _ in chosen])
    rows = numpy.stack([words.scores(t) for t, _ in chosen])
    numpy.fill_diagonal(rows, -1)
    found["unseenIntentNearestRightBm25"] = float((label[rows.argmax(1)] == label).mean())
    texts, queries, judged = retrieval.cranfield_texts()
    bm25 = retrieval.Bm25(texts)
    v, q = vectors(session, cut, texts), vectors(session, cut, queries)
    plain, alone, both = [], [], []
    for at, query in enumerate(queries):
        s = bm25.scores(query)
        plain.append(numpy.argsort(-s, kind="stable")[:10])
        close = v @ q[at]
        alone.append(numpy.argsort(-close, kind="stable")[:10])
        # Reciprocal rank fusion has no weight that could be fitted to the judgements.
        ranks = [numpy.argsort(numpy.argsort(-x, kind="stable"), kind="stable") for x in (s, close)]
        both.append(numpy.argsort(-sum(1.0 / (60 + r) for r in ranks), kind="stable")[:10])
    found.update(cranfieldNdcg10Bm25=retrieval.mean_ndcg(plain, judged), cranfieldNdcg10=retrieval.mean_ndcg(alone, judged),
                 cranfieldNdcg10Fused=retrieval.mean_ndcg(both, judged))
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in found.items()}


def main():
    kept = os.path.join(setup.work_root(), NAME + ".pt")
    if not os.path.exists(kept):
        train()
    cut = pretrain.tokenizer()
    model = Embedder(Encoder(len(cut.vocabulary)))
    model.load_state_dict(torch.load(kept))
    file = os.path.join(package.folder_of(NAME), "model.onnx")
    onnx.save(export.quantise(export.to_onnx(model, "embedding")), file)
    package.write(NAME, "embedding", LIMIT, [], {"temperature": 1.0}, measure(runtime.Session(file), cut),
                  ["banking77", "clinc150", "it-assignment", "cranfield"], extra={"dimensions": 256})


if __name__ == "__main__":
    main()
