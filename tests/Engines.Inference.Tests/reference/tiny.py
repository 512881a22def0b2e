#!/usr/bin/python3
"""Writes the small models of the tests (python3-onnx, python3-numpy): python3 tiny.py

Their answers can be worked out by hand: a token's vector is 1 at the place of its topic, and a text's scores are ten times the mean of its tokens' vectors.
"""

import hashlib
import json
import pathlib

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

ROOT = pathlib.Path(__file__).resolve().parent.parent / "tiny"
TOPICS = {"mail": 0, "outlook": 0, "printer": 1, "toner": 1, "vpn": 2, "network": 2}
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + list(TOPICS) + list(LETTERS) + ["##" + c for c in LETTERS] + list(".,!?-")
WIDTH = 4


def vectors():
    table = numpy.zeros((len(VOCABULARY), WIDTH), dtype=numpy.float32)
    for word, topic in TOPICS.items():
        table[VOCABULARY.index(word), topic] = 1
    # The last place says that there is a word at all.
    table[5:, 3] = 0.1
    return table


def constant(name, value, kind):
    return numpy_helper.from_array(numpy.array(value, dtype=kind), name)


def mean(source, mask):
    """Nodes for the mean of the rows that a mask names."""
    return [
        helper.make_node("Cast", [mask], ["m"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["m", "axis2"], ["m3"]),
        helper.make_node("Mul", [source, "m3"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "axis1"], ["sum"], keepdims=0),
        helper.make_node("ReduceSum", ["m3", "axis1"], ["count"], keepdims=0),
        helper.make_node("Max", ["count", "one"], ["atleast"]),
        helper.make_node("Div", ["sum", "atleast"], ["pooled"]),
    ]


def write(folder, nodes, constants, outputs, manifest, pair=False, labels=None, calibration=None):
    names = ["input_ids", "attention_mask"] + (["token_type_ids"] if pair else [])
    inputs = [helper.make_tensor_value_info(n, TensorProto.INT64, ["batch", "sequence"]) for n in names]
    base = [constant("axis1", [1], numpy.int64), constant("axis2", [2], numpy.int64), constant("one", 1.0, numpy.float32),
            numpy_helper.from_array(vectors(), "table")]
    graph = helper.make_graph([helper.make_node("Gather", ["table", "input_ids"], ["tokens"])] + nodes, folder, inputs,
                              [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in outputs], base + constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="steward-tests")
    model.ir_version = 8
    onnx.checker.check_model(model)
    path = ROOT / folder
    path.mkdir(parents=True, exist_ok=True)
    (path / "model.onnx").write_bytes(model.SerializeToString())
    (path / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
    if labels:
        (path / "labels.json").write_text(json.dumps(labels) + "\n")
    (path / "calibration.json").write_text(json.dumps(calibration or {"temperature": 1}) + "\n")
    hashes = {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in sorted(path.iterdir()) if f.name != "model.json"}
    (path / "model.json").write_text(json.dumps({"name": folder, "version": "1", "maxTokens": 64, "lowercase": True, **manifest, "sha256": hashes}, indent=2) + "\n")


def main():
    scores = [helper.make_node("Mul", ["pooled", "ten"], ["scaled"]), helper.make_node("Slice", ["scaled", "from", "to", "axis1"], ["logits"])]
    numbers = [constant("ten", 10.0, numpy.float32), constant("from", [0], numpy.int64), constant("to", [3], numpy.int64)]
    write("tiny-topics", mean("tokens", "attention_mask") + scores, numbers, [("logits", ["batch", 3])],
          {"task": "classification"}, labels=["mail", "printer", "network"], calibration={"temperature": 2})
    write("tiny-embedder", [helper.make_node("Identity", ["tokens"], ["last_hidden_state"])], [], [("last_hidden_state", ["batch", "sequence", WIDTH])],
          {"task": "embedding", "pooling": "mean", "normalize": True})
    # How much of the passage is about mail.
    write("tiny-reranker", mean("tokens", "token_type_ids") + scores, [numbers[0], numbers[1], constant("to", [1], numpy.int64)], [("logits", ["batch", 1])],
          {"task": "reranking"}, pair=True)
    # Some tenths of a second in many small steps: products of a matrix that depends on the input, so that nothing is worked out at load.
    slow = mean("tokens", "attention_mask") + scores[:1] + [
        helper.make_node("ReduceSum", ["count"], ["any"], keepdims=0),
        helper.make_node("Mul", ["any", "tiny"], ["seed"]),
        helper.make_node("Expand", ["seed", "square"], ["x0"]),
    ]
    for step in range(100):
        slow.append(helper.make_node("MatMul", [f"x{step}", "x0"], [f"x{step + 1}"]))
    slow += [helper.make_node("ReduceMean", ["x100"], ["zero"], keepdims=0), helper.make_node("Add", ["scaled", "zero"], ["moved"]),
             helper.make_node("Slice", ["moved", "from", "to", "axis1"], ["logits"])]
    write("tiny-slow", slow, numbers + [constant("tiny", 1e-9, numpy.float32), constant("square", [384, 384], numpy.int64)], [("logits", ["batch", 3])],
          {"task": "classification"}, labels=["mail", "printer", "network"])


main()
