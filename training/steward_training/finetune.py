"""Fine-tunes the shared encoder for one labelled set and keeps its outputs for the stacking."""

import os
import time

from . import setup
import numpy
import torch

from . import corpora, pretrain, wordpiece
from .encoder import Classifier
from .loop import Progress, Schedule, batches, pad

# Epochs, learning rate of the encoder and of the head, tokens a batch, longest text, share of words hidden.
RECIPES = {
    "it-topic": dict(epochs=3, rate=4e-4, head=2e-3, budget=2048, limit=112, hide=0.08, smooth=0.03),
    "it-assignment": dict(epochs=8, rate=4e-4, head=2e-3, budget=2048, limit=112, hide=0.15, smooth=0.05),
    "banking77": dict(epochs=20, rate=6e-4, head=3e-3, budget=1024, limit=64, hide=0.12, smooth=0.05),
    "clinc150": dict(epochs=14, rate=6e-4, head=3e-3, budget=1024, limit=40, hide=0.12, smooth=0.05),
    "request-complexity": dict(epochs=3, rate=4e-4, head=2e-3, budget=1536, limit=96, hide=0.10, smooth=0.05),
}


def labels_of(parts):
    return sorted({label for rows in parts.values() for _, label in rows})


def outputs(model, rows):
    """Logits for every row, in the order given."""
    model.eval()
    found = [None] * len(rows)
    with torch.no_grad():
        for batch in batches([len(r) for r in rows], 4096, 0):
            ids, mask = pad([rows[i] for i in batch])
            with torch.autocast("cpu", dtype=torch.bfloat16):
                result = model(ids, mask)
            for at, index in enumerate(batch):
                found[index] = result[at].float().numpy()
    model.train()
    return numpy.stack(found)


def paths(name):
    root = setup.work_root()
    return os.path.join(root, name + ".pt"), os.path.join(root, name + ".npz")


def train(name, parts=None, start=None, seed=setup.SEED, save=None):
    """Trains on the train part; writes the weights and the logits of dev and test."""
    setup.seed_all(seed)
    recipe = RECIPES[name]
    parts = parts or corpora.load(name)
    labels = labels_of(parts)
    number = {label: at for at, label in enumerate(labels)}
    cut = pretrain.tokenizer()
    rows = {p: [cut.encode(t, recipe["limit"]) for t, _ in found] for p, found in parts.items()}
    truth = {p: numpy.array([number[l] for _, l in found]) for p, found in parts.items()}
    model = Classifier(start or pretrain.fresh_encoder(), len(labels))
    lengths = [len(r) for r in rows["train"]]
    plans = [batches(lengths, recipe["budget"], seed + e, largest=64) for e in range(recipe["epochs"])]
    schedule = Schedule(model, recipe["rate"], sum(map(len, plans)), head_rate=recipe["head"])
    progress = Progress(name, schedule.steps)
    chance = torch.Generator().manual_seed(seed)
    weights, logits = paths(save or name)
    began = time.process_time()
    model.train()
    for epoch, plan in enumerate(plans):
        for batch in plan:
            ids, mask = pad([rows["train"][i] for i in batch])
            hidden = (torch.rand(ids.shape, generator=chance) < recipe["hide"]) & (ids > 4)
            ids[hidden] = wordpiece.MASK
            with torch.autocast("cpu", dtype=torch.bfloat16):
                guess = model(ids, mask)
            loss = torch.nn.functional.cross_entropy(guess.float(), torch.from_numpy(truth["train"][batch]),
                                                     label_smoothing=recipe["smooth"])
            schedule.step(loss)
            progress.step(loss.detach())
        torch.save(model.state_dict(), weights)
        if (epoch + 1) % max(1, recipe["epochs"] // 4) == 0 or epoch + 1 == recipe["epochs"]:
            dev = outputs(model, rows["dev"])
            print(f"{name} epoch {epoch + 1} dev accuracy {(dev.argmax(1) == truth['dev']).mean():.4f} "
                  f"cpu {time.process_time() - began:.0f}s", flush=True)
    numpy.savez(logits, labels=numpy.array(labels), dev=dev, test=outputs(model, rows["test"]))
    return model


if __name__ == "__main__":
    import sys
    train(sys.argv[1])
