"""Fine-tunes the shared encoder for one labelled set and keeps its outputs for the stacking."""

import os
import random
import time

from . import setup
import numpy
import torch

from . import corpora, pretrain, restore, wordpiece
from .encoder import Classifier, Embedder, Encoder
from .loop import Progress, Schedule, batches, pad

# Epochs, (`stop`: where the run ends, within a schedule laid out for all), learning rate of the encoder and of the head, tokens a batch, longest text, share of words hidden; `refit`:
# epochs at a low rate over train and test once everything is measured; `redraw`: see corpora.Redrawn; `folds`: see out_of_fold.
RECIPES = {
    "it-topic": dict(epochs=3, rate=4e-4, head=2e-3, budget=2048, limit=112, hide=0.08, smooth=0.03),
    "it-assignment": dict(start="embedder", redraw=True, epochs=7, rate=4e-4, head=2e-3, budget=1024, limit=28, hide=0.12, smooth=0.05, folds=3, refit=1),
    "banking77": dict(start="embedder", epochs=9, rate=5e-4, head=3e-3, budget=1024, limit=64, hide=0.12, smooth=0.05, refit=1),
    "clinc150": dict(epochs=12, rate=6e-4, head=3e-3, budget=1024, limit=40, hide=0.12, smooth=0.05),
    "request-complexity": dict(epochs=2, rate=4e-4, head=2e-3, budget=1536, limit=96, hide=0.10, smooth=0.05),
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


def _redrawn(name, found, epochs, seed):
    """The token rows of each epoch for a recipe with `redraw`, else None."""
    if not RECIPES[name].get("redraw"):
        return None
    chance, cut, again = random.Random(seed), pretrain.tokenizer(), corpora.Redrawn(found)
    return [[cut.encode(again.draw(t, chance), RECIPES[name]["limit"]) for t, _ in found] for _ in range(epochs)]


def _epochs(name, model, rows, truth, epochs, scale, seed, each, redrawn=None):
    recipe, redrawn = RECIPES[name], redrawn or [rows] * epochs
    plans = [batches([len(r) for r in redrawn[e]], recipe["budget"], seed + e, largest=64) for e in range(epochs)]
    steps, plans = sum(map(len, plans)), plans[:recipe.get("stop", epochs)]
    schedule = Schedule(model, scale * recipe["rate"], steps, head_rate=scale * recipe["head"])
    progress = Progress(name, sum(map(len, plans)))
    chance = torch.Generator().manual_seed(seed)
    model.train()
    for epoch, plan in enumerate(plans):
        for batch in plan:
            ids, mask = pad([redrawn[epoch][i] for i in batch])
            hidden = (torch.rand(ids.shape, generator=chance) < recipe["hide"]) & (ids > 4)
            ids[hidden] = wordpiece.MASK
            with torch.autocast("cpu", dtype=torch.bfloat16):
                guess = model(ids, mask)
            loss = torch.nn.functional.cross_entropy(guess.float(), torch.from_numpy(truth[batch]),
                                                     label_smoothing=recipe["smooth"])
            schedule.step(loss)
            progress.step(loss.detach())
        each(epoch + 1)


def _numbers(name, parts, labels):
    number, cut = {label: at for at, label in enumerate(labels)}, pretrain.tokenizer()
    rows = {p: [cut.encode(t, RECIPES[name]["limit"]) for t, _ in found] for p, found in parts.items()}
    return rows, {p: numpy.array([number[l] for _, l in found]) for p, found in parts.items()}


def embedder_encoder():
    """The embedder's encoder, which already knows which questions mean the same: the one of this run of the training,
    or else the one that is shipped."""
    path = os.path.join(setup.work_root(), "embedder.pt")
    if not os.path.exists(path):
        if restore.vocabulary("embedder") != wordpiece.read_vocabulary(pretrain.vocabulary_path()):
            raise ValueError("the shipped embedder has another vocabulary than this training: train the embedder first")
        return restore.encoder("embedder")
    model = Embedder(Encoder(len(pretrain.tokenizer().vocabulary)))
    model.load_state_dict(torch.load(path))
    return model.encoder


def train(name, parts=None, seed=setup.SEED):
    """Trains on the train part; writes the weights and the labels in their order."""
    setup.seed_all(seed)
    recipe, parts = RECIPES[name], parts or corpora.load(name)
    labels = labels_of(parts)
    rows, truth = _numbers(name, parts, labels)
    start = embedder_encoder() if RECIPES[name].get("start") == "embedder" else pretrain.fresh_encoder()
    model = Classifier(start, len(labels))
    weights, kept = paths(name)
    began, last = time.process_time(), recipe.get("stop", recipe["epochs"])

    def each(epoch):
        torch.save(model.state_dict(), weights)
        if epoch % max(1, recipe["epochs"] // 4) == 0 or epoch == last:
            dev = outputs(model, rows["dev"])
            print(f"{name} epoch {epoch} dev accuracy {(dev.argmax(1) == truth['dev']).mean():.4f} "
                  f"cpu {time.process_time() - began:.0f}s", flush=True)
    _epochs(name, model, rows["train"], truth["train"], recipe["epochs"], 1.0, seed, each,
            _redrawn(name, parts["train"], recipe["epochs"], seed))
    numpy.savez(kept, labels=numpy.array(labels))


def fold_of(name, parts):
    """To which of the recipe's folds each row of train belongs, by its text."""
    return numpy.array([int(RECIPES[name]["folds"] * corpora.fraction("fold " + text)) for text, _ in parts["train"]])


def train_fold(name, parts, fold):
    """The scores of one fold of train by an encoder that has learnt from the others."""
    path = os.path.join(setup.work_root(), f"{name}.fold{fold}.npz")
    if not os.path.exists(path):
        seed = setup.SEED + 10 + fold
        setup.seed_all(seed)
        kept = fold_of(name, parts) != fold
        labels = labels_of(parts)
        rows, truth = _numbers(name, {"train": parts["train"]}, labels)
        known = [at for at in range(len(kept)) if kept[at]]
        model = Classifier(embedder_encoder() if RECIPES[name].get("start") == "embedder" else pretrain.fresh_encoder(), len(labels))
        epochs = RECIPES[name]["epochs"]
        _epochs(name, model, [rows["train"][at] for at in known], truth["train"][kept], epochs, 1.0, seed, lambda _: None,
                _redrawn(name, [parts["train"][at] for at in known], epochs, seed))
        numpy.savez(path, e=outputs(model, [rows["train"][at] for at in range(len(kept)) if not kept[at]]))
    return numpy.load(path)["e"]


def out_of_fold(name, parts):
    """The scores of every row of train by an encoder that has not read it: much more to calibrate with than dev alone."""
    fold = fold_of(name, parts)
    found = numpy.zeros((len(fold), len(labels_of(parts))), dtype=numpy.float32)
    for at in range(RECIPES[name]["folds"]):
        found[fold == at] = train_fold(name, parts, at)
    return found


def refit(name, parts):
    """A few more epochs at a low rate over train and test: for shipping, after everything is measured."""
    setup.seed_all(setup.SEED + 1)
    weights, kept = paths(name)
    labels = [str(l) for l in numpy.load(kept)["labels"]]
    rows, truth = _numbers(name, parts, labels)
    model = Classifier(Encoder(len(pretrain.tokenizer().vocabulary)), len(labels))
    model.load_state_dict(torch.load(weights))
    final = weights.replace(".pt", ".final.pt")
    _epochs(name, model, rows["train"] + rows["test"], numpy.concatenate([truth["train"], truth["test"]]),
            RECIPES[name]["refit"], 0.3, setup.SEED + 1, lambda _: torch.save(model.state_dict(), final),
            _redrawn(name, parts["train"] + parts["test"], RECIPES[name]["refit"], setup.SEED + 1))
    dev = outputs(model, rows["dev"])
    print(f"{name} after the last fit: dev accuracy {(dev.argmax(1) == truth['dev']).mean():.4f}", flush=True)


if __name__ == "__main__":
    import sys
    if sys.argv[2:3] == ["fold"]:
        train_fold(sys.argv[1], corpora.load(sys.argv[1]), int(sys.argv[3]))
    elif sys.argv[2:] == ["refit"]:
        refit(sys.argv[1], corpora.load(sys.argv[1]))
    else:
        train(sys.argv[1])
