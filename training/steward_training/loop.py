"""What every training run shares: batches of like length, the schedule, the optimiser."""

import random
import time

import numpy
import torch


def batches(lengths, budget, seed, largest=256):
    """Index lists of like length whose padded size stays under the budget, in an order fixed by the seed."""
    chance = random.Random(seed)
    order = sorted(range(len(lengths)), key=lambda i: (lengths[i] * (1 + 0.1 * chance.random()), i))
    found, batch, longest = [], [], 0
    for index in order:
        longest = max(longest, lengths[index])
        if batch and (longest * (len(batch) + 1) > budget or len(batch) >= largest):
            found.append(batch)
            batch, longest = [], lengths[index]
        batch.append(index)
    if batch:
        found.append(batch)
    chance.shuffle(found)
    return found


def pad(rows, fill=0):
    width = max(len(r) for r in rows)
    ids = numpy.full((len(rows), width), fill, dtype=numpy.int64)
    mask = numpy.zeros((len(rows), width), dtype=numpy.int64)
    for at, row in enumerate(rows):
        ids[at, :len(row)] = row
        mask[at, :len(row)] = 1
    return torch.from_numpy(ids), torch.from_numpy(mask)


class Schedule:
    """AdamW with a short warm-up and a linear fall to zero."""

    def __init__(self, module, rate, steps, decay=0.01, head_rate=None, head="head"):
        plain, decayed, headed = [], [], []
        for name, parameter in module.named_parameters():
            if head_rate and name.startswith(head):
                headed.append(parameter)
            elif parameter.dim() > 1:
                decayed.append(parameter)
            else:
                plain.append(parameter)
        groups = [{"params": decayed, "weight_decay": decay, "top": rate},
                  {"params": plain, "weight_decay": 0.0, "top": rate}]
        if headed:
            groups.append({"params": headed, "weight_decay": decay, "top": head_rate})
        self.optimizer = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), eps=1e-8)
        self.parameters = [p for g in groups for p in g["params"]]
        self.steps, self.at, self.warm = steps, 0, max(1, int(0.06 * steps))

    def step(self, loss):
        self.at += 1
        share = min(self.at / self.warm, max(0.0, (self.steps - self.at) / max(1, self.steps - self.warm)))
        for group in self.optimizer.param_groups:
            group["lr"] = group["top"] * share
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()


class Progress:
    """Prints where a run stands, with CPU seconds, at most every ten wall seconds."""

    def __init__(self, name, steps):
        self.name, self.steps, self.at, self.mean = name, steps, 0, None
        self.shown = self.began = time.time()
        self.cpu = time.process_time()

    def step(self, loss):
        self.at += 1
        value = float(loss)
        self.mean = value if self.mean is None else 0.98 * self.mean + 0.02 * value
        if time.time() - self.shown > 10 or self.at == self.steps:
            self.shown = time.time()
            print(f"{self.name} step {self.at}/{self.steps} loss {self.mean:.4f} "
                  f"cpu {time.process_time() - self.cpu:.0f}s wall {time.time() - self.began:.0f}s", flush=True)
