"""The encoder for short questions: the embedder's, with more masked-language modelling over the intent sets."""

import os
import sys

from . import setup
import numpy
import torch

from . import corpora, finetune, pretrain

NAME, EPOCHS = "intents", 12


def main(epochs=EPOCHS):
    setup.seed_all()
    cut = pretrain.tokenizer()
    rows = [cut.pieces(text)[:pretrain.LIMIT - 2] for name in ("banking77", "clinc150") for text, _ in corpora.load(name)["train"]]
    rows = [r for r in rows if len(r) >= 3]
    # Only the pieces that occur here can be the right guess.
    pieces = numpy.unique(numpy.concatenate(rows))
    print("texts", len(rows), "tokens", sum(map(len, rows)), "pieces", len(pieces), flush=True)
    pretrain.model_tokens(NAME, finetune.start_encoder("embedder"), rows, torch.from_numpy(pieces), epochs,
                          os.path.join(setup.work_root(), NAME + ".pt"), budget=1024, rate=8e-4, seed=1)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else EPOCHS)
