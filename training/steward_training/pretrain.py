"""The shared encoder: vocabulary, token vectors from co-occurrence, then masked-language modelling."""

import os
import sys

from . import setup
import numpy
import scipy.sparse
import torch
from sklearn.utils.extmath import randomized_svd

from . import corpora, wordpiece
from .encoder import WIDTH, Encoder
from .loop import Progress, Schedule, batches, pad

VOCABULARY = 8192
LIMIT = 64


def vocabulary_path():
    return os.path.join(setup.work_root(), "vocab.txt")


def encoder_path():
    return os.path.join(setup.work_root(), "encoder.pt")


def tokenizer():
    return wordpiece.Tokenizer(wordpiece.read_vocabulary(vocabulary_path()))


def fresh_encoder():
    """A copy of the pre-trained encoder."""
    encoder = Encoder(len(wordpiece.read_vocabulary(vocabulary_path())))
    encoder.load_state_dict(torch.load(encoder_path()))
    return encoder


def make_vocabulary():
    pieces = wordpiece.train_vocabulary(corpora.unlabelled(), VOCABULARY)
    with open(vocabulary_path(), "w", encoding="utf-8", newline="\n") as file:
        file.write("".join(p + "\n" for p in pieces))
    print("vocabulary", len(pieces), flush=True)


def cooccurrence_vectors(rows, size, window=5):
    """Token vectors from the positive pointwise mutual information of neighbours: what masked-language modelling
    would need many epochs to find, in half a minute."""
    flat = numpy.concatenate([numpy.array(r + [0] * window, dtype=numpy.int32) for r in rows])
    counts = scipy.sparse.csr_matrix((size, size), dtype=numpy.float32)
    for apart in range(1, window + 1):
        a, b = flat[:-apart], flat[apart:]
        keep = (a > 4) & (b > 4)
        weight = numpy.full(keep.sum(), 1.0 / apart, dtype=numpy.float32)
        counts = counts + scipy.sparse.coo_matrix((weight, (a[keep], b[keep])), shape=(size, size)).tocsr()
    counts = (counts + counts.T).tocoo()
    total = counts.data.sum()
    margin = numpy.asarray(counts.sum(0)).ravel() + 1e-9
    context = margin ** 0.75 / (margin ** 0.75).sum()
    value = numpy.log(counts.data / (margin[counts.row] * context[counts.col]))
    keep = value > 0
    matrix = scipy.sparse.csr_matrix((value[keep], (counts.row[keep], counts.col[keep])), shape=(size, size))
    u, s, _ = randomized_svd(matrix, n_components=WIDTH, n_iter=3, random_state=setup.SEED)
    vectors = u * numpy.sqrt(s)
    print("co-occurrence of", int(total), "neighbours,", matrix.nnz, "cells", flush=True)
    norm = numpy.linalg.norm(vectors, axis=1, keepdims=True)
    # Each vector at one length, so that frequent tokens do not drown the positions.
    vectors = numpy.where(norm > 1e-6, vectors / numpy.maximum(norm, 1e-6), 0) * 0.06 * numpy.sqrt(WIDTH)
    return torch.tensor(vectors, dtype=torch.float32)


def main(epochs):
    setup.seed_all()
    if not os.path.exists(vocabulary_path()):
        make_vocabulary()
    cut = tokenizer()
    size = len(cut.vocabulary)
    rows = [cut.pieces(t)[:LIMIT - 2] for t in corpora.unlabelled()]
    rows = [r for r in rows if len(r) >= 3]
    print("texts", len(rows), "tokens", sum(map(len, rows)), flush=True)
    encoder = Encoder(size)
    vectors = cooccurrence_vectors(rows, size)
    with torch.no_grad():
        known = vectors.abs().sum(1) > 0
        encoder.tokens.weight[known] = vectors[known]
    model_tokens("mlm", encoder, rows, torch.arange(size), epochs, encoder_path())


def model_tokens(name, encoder, rows, pieces, epochs, path, budget=2048, rate=1e-3, seed=setup.SEED):
    """Masked-language modelling of these rows; only `pieces` are guessed. Writes the encoder."""
    size = len(pieces)
    place = torch.full((encoder.tokens.num_embeddings,), -1)
    place[pieces] = torch.arange(size)
    bias = torch.nn.Parameter(torch.zeros(size))
    project = torch.nn.Linear(WIDTH, WIDTH)
    frame = torch.nn.ModuleDict({"encoder": encoder, "project": project})
    frame.register_parameter("bias", bias)
    plans = [batches([len(r) + 2 for r in rows], budget, setup.SEED + e) for e in range(epochs)]
    steps = sum(map(len, plans))
    schedule, progress = Schedule(frame, rate, steps), Progress(name, steps)
    chance = torch.Generator().manual_seed(seed)
    # Where all pieces are guessed, the special ones are not put in the place of others.
    first = 5 if size == len(place) else 0
    frame.train()
    for plan in plans:
        for batch in plan:
            ids, mask = pad([[wordpiece.CLS] + rows[i] + [wordpiece.SEP] for i in batch])
            draw = torch.rand(ids.shape, generator=chance)
            hidden = (draw < 0.2) & (ids > 4)
            source = ids.clone()
            source[hidden & (draw < 0.17)] = wordpiece.MASK
            other = hidden & (draw >= 0.17) & (draw < 0.185)
            source[other] = pieces[torch.randint(first, size, (int(other.sum()),), generator=chance)]
            with torch.autocast("cpu", dtype=torch.bfloat16):
                states = encoder(source, mask)[hidden]
                table = encoder.tokens.weight if first else encoder.tokens.weight[pieces]
                guess = torch.nn.functional.linear(torch.nn.functional.gelu(project(states)), table)
            loss = torch.nn.functional.cross_entropy(guess.float() + bias, place[ids[hidden]])
            schedule.step(loss)
            progress.step(loss.detach())
            if progress.at % 250 == 0:
                torch.save(encoder.state_dict(), path)
    torch.save(encoder.state_dict(), path)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
