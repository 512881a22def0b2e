"""The small BERT-type encoder that every head shares: 4 layers, 256 wide, normalised before each block."""

import math

import torch
from torch import nn

WIDTH, LAYERS, HEADS, INNER, POSITIONS = 256, 4, 4, 1024, 256


class Block(nn.Module):
    def __init__(self, drop):
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH)
        self.query, self.key = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.value, self.out = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH)
        self.up, self.down = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.drop = nn.Dropout(drop)

    def forward(self, x, bias):
        batch, length = x.shape[0], x.shape[1]
        y = self.norm1(x)

        def split(t):
            return t.view(batch, length, HEADS, WIDTH // HEADS).transpose(1, 2)
        q, k, v = split(self.query(y)), split(self.key(y)), split(self.value(y))
        scores = torch.matmul(q, k.transpose(-1, -2)) * (1.0 / math.sqrt(WIDTH // HEADS)) + bias
        mixed = torch.matmul(torch.softmax(scores, -1), v).transpose(1, 2).reshape(batch, length, WIDTH)
        x = x + self.drop(self.out(mixed))
        return x + self.drop(self.down(nn.functional.gelu(self.up(self.norm2(x)))))


class Encoder(nn.Module):
    """Token ids to one vector a token."""

    def __init__(self, vocabulary, drop=0.1):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, WIDTH)
        self.positions = nn.Embedding(POSITIONS, WIDTH)
        self.segments = nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH)
        self.drop = nn.Dropout(drop)
        self.blocks = nn.ModuleList(Block(drop) for _ in range(LAYERS))
        self.last = nn.LayerNorm(WIDTH)
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Embedding)):
                nn.init.normal_(module.weight, std=0.02)
            if isinstance(module, nn.Linear):
                nn.init.zeros_(module.bias)
        for block in self.blocks:
            nn.init.normal_(block.out.weight, std=0.02 / math.sqrt(2 * LAYERS))
            nn.init.normal_(block.down.weight, std=0.02 / math.sqrt(2 * LAYERS))

    def forward(self, ids, mask, segments=None, vectors=None):
        """`vectors`: those of the tokens where they come from another table."""
        position = torch.arange(ids.shape[1], device=ids.device)
        x = (self.tokens(ids) if vectors is None else vectors) + self.positions(position).unsqueeze(0)
        x = x + (self.segments(segments) if segments is not None else self.segments.weight[0])
        x = self.drop(self.norm(x))
        bias = (1.0 - mask.to(x.dtype)).unsqueeze(1).unsqueeze(2) * -10000.0
        for block in self.blocks:
            x = block(x, bias)
        return self.last(x)


def mean_pool(x, mask):
    weight = mask.to(x.dtype).unsqueeze(-1)
    return (x * weight).sum(1) / weight.sum(1).clamp(min=1.0)


class Classifier(nn.Module):
    """Mean of the token vectors, then one linear layer: `logits`."""

    def __init__(self, encoder, classes, drop=0.2):
        super().__init__()
        self.encoder, self.drop = encoder, nn.Dropout(drop)
        self.head = nn.Linear(WIDTH, classes)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    def forward(self, ids, mask):
        return self.head(self.drop(mean_pool(self.encoder(ids, mask), mask)))


class Committee(nn.Module):
    """Classifiers that were trained apart from one start: the mean of their `logits`. Token vectors that training never met are
    alike in all and stand in the table once."""

    def __init__(self, members, longest):
        super().__init__()
        self.members = nn.ModuleList(members)
        tables = [members[0].encoder.tokens.weight.detach()]
        for at, member in enumerate(members):
            own = member.encoder.tokens.weight.detach()
            # What only the decay of weights has touched differs by far less.
            other = (own - tables[0]).abs().max(1).values > 1e-4
            place = torch.arange(len(own))
            place[other] = sum(map(len, tables)) + torch.arange(int(other.sum()))
            self.register_buffer(f"place{at}", place)
            if at > 0:
                tables.append(own[other])
            member.encoder.positions.weight = nn.Parameter(member.encoder.positions.weight.detach()[:longest].clone())
        self.table = nn.Parameter(torch.cat(tables))

    def forward(self, ids, mask):
        found = 0
        for at, member in enumerate(self.members):
            vectors = nn.functional.embedding(getattr(self, f"place{at}")[ids], self.table) if at > 0 else nn.functional.embedding(ids, self.table)
            found = found + member.head(member.drop(mean_pool(member.encoder(ids, mask, vectors=vectors), mask)))
        return found / len(self.members)


class Embedder(nn.Module):
    """Mean of the token vectors at length one: `embedding`."""

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder

    def forward(self, ids, mask):
        return nn.functional.normalize(mean_pool(self.encoder(ids, mask), mask), dim=-1)


class CrossEncoder(nn.Module):
    """Both texts in one sequence to one score: `logits` [batch, 1]."""

    def __init__(self, encoder, drop=0.1):
        super().__init__()
        self.encoder, self.drop = encoder, nn.Dropout(drop)
        self.head = nn.Linear(WIDTH, 1)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    def forward(self, ids, mask, segments):
        return self.head(self.drop(mean_pool(self.encoder(ids, mask, segments), mask)))
