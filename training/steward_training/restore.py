"""Reads the weights back from a shipped folder, so that a training can go on from there without repeating what came before."""

import json
import os

from . import setup
import numpy
import onnx
import torch
from onnx import numpy_helper

from . import wordpiece
from .encoder import LAYERS, Classifier, Encoder

# The order in which a block's products stand in the graph.
PRODUCTS = ("query", "key", "value", "out", "up", "down")


def folder_of(name):
    return os.path.join(setup.models_root(), name)


def vocabulary(name):
    return wordpiece.read_vocabulary(os.path.join(folder_of(name), "vocab.txt"))


def labels(name):
    with open(os.path.join(folder_of(name), "labels.json"), encoding="utf-8") as file:
        return json.load(file)


def weights(name):
    """The state of the module as it was exported, apart from the rounding to eight bits. The vectors of segments are one
    constant in the graph of a model with one segment: both get it."""
    graph = onnx.load(os.path.join(folder_of(name), "model.onnx")).graph
    fixed = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    found = {k: v for k, v in fixed.items() if k.startswith(("encoder.", "head.")) and not k.endswith(("_q", "_scale", "_zero"))}
    found["encoder.tokens.weight"] = fixed["encoder.tokens.weight_q"] * fixed["encoder.tokens.weight_scale"]
    products = [n.input[1] for n in graph.node if n.op_type == "MatMulInteger"]
    if len(products) != LAYERS * len(PRODUCTS):
        raise ValueError(name + " is not an encoder that was written here")
    for at, product in enumerate(products):
        weight = fixed[product].astype(numpy.float32) * fixed[product[:-2] + "_scale"]
        found[f"encoder.blocks.{at // len(PRODUCTS)}.{PRODUCTS[at % len(PRODUCTS)]}.weight"] = weight.T
    if "encoder.segments.weight" not in found:
        segment = next(fixed[i] for n in graph.node if n.op_type == "Add" for i in n.input if i.startswith("onnx::Add_") and i in fixed)
        found["encoder.segments.weight"] = numpy.stack([segment, segment])
    return {k: torch.from_numpy(numpy.array(v, dtype=numpy.float32)) for k, v in found.items()}


def encoder(name, drop=0.1):
    state = {k[len("encoder."):]: v for k, v in weights(name).items() if k.startswith("encoder.")}
    module = Encoder(len(vocabulary(name)), drop)
    module.load_state_dict(state)
    return module


def classifier(name, classes):
    module = Classifier(Encoder(len(vocabulary(name))), classes)
    module.load_state_dict(weights(name))
    return module
