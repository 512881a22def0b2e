"""Fine-tunes the shared encoder for one labelled set and keeps its outputs for the stacking."""

import os
import random
import time

from . import setup
import numpy
import torch

from . import corpora, pretrain, restore, wordpiece
from .encoder import Classifier, Committee, Encoder
from .loop import Progress, Schedule, batches, pad

# Epochs, (`stop`: where the run ends, within a schedule laid out for all), learning rate of the encoder and of the head, tokens a batch, longest text, share of words hidden; `refit`:
# epochs at a low rate over train and test once everything is measured; `redraw`: see corpora.Redrawn; `folds`: see out_of_fold;
# `skip`: see Tokenizer.encode_otherwise; `members`: how many are trained apart and answer together.
RECIPES = {
    "it-topic": dict(epochs=3, rate=4e-4, head=2e-3, budget=2048, limit=112, hide=0.08, smooth=0.03),
    "it-assignment": dict(start="embedder", redraw=True, epochs=7, rate=4e-4, head=2e-3, budget=1024, limit=28, hide=0.12, smooth=0.05, folds=3, refit=1),
    "banking77": dict(start="clinc150", skip=0.1, members=2, epochs=12, rate=5e-4, head=3e-3, budget=1024, limit=64, hide=0.12, smooth=0.05, refit=1),
    "clinc150": dict(start="intents", epochs=10, rate=6e-4, head=3e-3, budget=1024, limit=40, hide=0.12, smooth=0.05),
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
    """Where the weights of each member lie, and the labels in their order."""
    root = setup.work_root()
    more = [os.path.join(root, f"{name}.{at}.pt") for at in range(1, RECIPES[name].get("members", 1))]
    return [os.path.join(root, name + ".pt")] + more, os.path.join(root, name + ".npz")


def _redrawn(name, found, epochs, seed):
    """The token rows of each epoch for a recipe with `redraw` or `skip`, else None."""
    chance, cut, limit, skip = random.Random(seed), pretrain.tokenizer(), RECIPES[name]["limit"], RECIPES[name].get("skip")
    if skip:
        return [[cut.encode_otherwise(t, limit, chance, skip) for t, _ in found] for _ in range(epochs)]
    if not RECIPES[name].get("redraw"):
        return None
    again = corpora.Redrawn(found)
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


def start_encoder(start):
    """The encoder to start from: another model's is the one of this run of the training, or else the one that is shipped."""
    path = os.path.join(setup.work_root(), f"{start}.pt")
    if start is None:
        return pretrain.fresh_encoder()
    if os.path.exists(path):
        encoder = Encoder(len(pretrain.tokenizer().vocabulary))
        state = torch.load(path)
        encoder.load_state_dict({k.removeprefix("encoder."): v for k, v in state.items() if not k.startswith("head.")})
        return encoder
    if restore.vocabulary(start) != wordpiece.read_vocabulary(pretrain.vocabulary_path()):
        raise ValueError(f"the shipped {start} has another vocabulary than this training: train {start} first")
    return restore.encoder(start)


def train(name, parts=None, only=None):
    """Trains on the train part, each member (or one) with its own seed; writes the weights and the labels in their order."""
    recipe, parts = RECIPES[name], parts or corpora.load(name)
    labels = labels_of(parts)
    rows, truth = _numbers(name, parts, labels)
    members, kept = paths(name)
    for at, weights in enumerate(members):
        if not os.path.exists(weights) and only in (None, at):
            _train_member(name, parts, rows, truth, len(labels), setup.SEED + 100 * at, weights)
    numpy.savez(kept, labels=numpy.array(labels))


def _train_member(name, parts, rows, truth, classes, seed, weights):
    setup.seed_all(seed)
    recipe = RECIPES[name]
    model = Classifier(start_encoder(recipe.get("start")), classes)
    began, last = time.process_time(), recipe.get("stop", recipe["epochs"])

    def each(epoch):
        if epoch % max(1, recipe["epochs"] // 4) == 0 or epoch == last:
            dev = outputs(model, rows["dev"])
            print(f"{name} epoch {epoch} dev accuracy {(dev.argmax(1) == truth['dev']).mean():.4f} "
                  f"cpu {time.process_time() - began:.0f}s", flush=True)
    _epochs(name, model, rows["train"], truth["train"], recipe["epochs"], 1.0, seed, each,
            _redrawn(name, parts["train"], recipe["epochs"], seed))
    torch.save(model.state_dict(), weights)


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
        model = Classifier(start_encoder(RECIPES[name].get("start")), len(labels))
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


def final(weights):
    return weights.replace(".pt", ".final.pt")


def refit(name, parts):
    """A few more epochs at a low rate over train and test: for shipping, after everything is measured."""
    members, kept = paths(name)
    labels = [str(l) for l in numpy.load(kept)["labels"]]
    rows, truth = _numbers(name, parts, labels)
    for at, weights in enumerate(members):
        if os.path.exists(final(weights)):
            continue
        seed = setup.SEED + 1 + 100 * at
        setup.seed_all(seed)
        model = _read(weights, len(labels))
        _epochs(name, model, rows["train"] + rows["test"], numpy.concatenate([truth["train"], truth["test"]]),
                RECIPES[name]["refit"], 0.3, seed, lambda _: None,
                _redrawn(name, parts["train"] + parts["test"], RECIPES[name]["refit"], seed))
        torch.save(model.state_dict(), final(weights))
        dev = outputs(model, rows["dev"])
        print(f"{name} after the last fit: dev accuracy {(dev.argmax(1) == truth['dev']).mean():.4f}", flush=True)


def _read(path, classes):
    model = Classifier(Encoder(len(pretrain.tokenizer().vocabulary)), classes)
    model.load_state_dict(torch.load(path))
    return model


def module(name, weights, classes):
    """The trained members as one module."""
    found = [_read(path, classes) for path in weights]
    return found[0] if len(found) == 1 else Committee(found, RECIPES[name]["limit"])


if __name__ == "__main__":
    import sys
    if sys.argv[2:3] == ["member"]:
        train(sys.argv[1], only=int(sys.argv[3]))
    elif sys.argv[2:3] == ["fold"]:
        train_fold(sys.argv[1], corpora.load(sys.argv[1]), int(sys.argv[3]))
    elif sys.argv[2:] == ["refit"]:
        refit(sys.argv[1], corpora.load(sys.argv[1]))
    else:
        train(sys.argv[1])
