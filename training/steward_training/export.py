"""Writes a trained module as ONNX, then with eight-bit weights."""

import io
import warnings

import numpy
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

# Seven bits and a sign: with eight, processors without VNNI saturate their sixteen-bit sums.
LARGEST_LEVEL = 63


def to_onnx(module, output, segments=False):
    """The float graph with dynamic batch and length."""
    module.eval()
    ids = torch.randint(5, 100, (2, 9))
    names = ["input_ids", "attention_mask"] + (["token_type_ids"] if segments else [])
    inputs = (ids, torch.ones_like(ids)) + ((torch.zeros_like(ids),) if segments else ())
    axes = {n: {0: "batch", 1: "sequence"} for n in names}
    axes[output] = {0: "batch"}
    buffer = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(module, inputs, buffer, input_names=names, output_names=[output], dynamic_axes=axes,
                          opset_version=14, do_constant_folding=True)
    return onnx.load_from_string(buffer.getvalue())


def quantise(model):
    """Every MatMul with fixed weights becomes a dynamic eight-bit one (a scale a column); every table of token
    vectors is kept in eight bits (a scale a row)."""
    graph = model.graph
    fixed = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    nodes, added, dynamic = [], {}, {}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in fixed and fixed[node.input[1]].ndim == 2:
            source, weight = node.input[0], fixed[node.input[1]]
            name = node.input[1]
            if name + "_q" not in added:
                scale = numpy.maximum(numpy.abs(weight).max(0), 1e-9) / LARGEST_LEVEL
                added[name + "_q"] = numpy.round(weight / scale).astype(numpy.int8)
                added[name + "_scale"] = scale.astype(numpy.float32)
                added[name + "_zero"] = numpy.zeros((), numpy.int8)
            if source not in dynamic:
                dynamic[source] = (source + "_q", source + "_scale", source + "_zero")
                nodes.append(helper.make_node("DynamicQuantizeLinear", [source], list(dynamic[source])))
            whole, step, zero = dynamic[source]
            base = node.output[0]
            nodes += [
                helper.make_node("MatMulInteger", [whole, name + "_q", zero, name + "_zero"], [base + "_int"]),
                helper.make_node("Cast", [base + "_int"], [base + "_float"], to=TensorProto.FLOAT),
                helper.make_node("Mul", [step, name + "_scale"], [base + "_step"]),
                helper.make_node("Mul", [base + "_float", base + "_step"], [base])]
        elif node.op_type == "Gather" and node.input[0] in fixed and fixed[node.input[0]].ndim == 2 \
                and fixed[node.input[0]].shape[0] > 1000:
            name, base = node.input[0], node.output[0]
            weight = fixed[name]
            scale = numpy.maximum(numpy.abs(weight).max(1, keepdims=True), 1e-9) / 127
            added[name + "_q"] = numpy.round(weight / scale).astype(numpy.int8)
            added[name + "_scale"] = scale.astype(numpy.float32)
            nodes += [
                helper.make_node("Gather", [name + "_q", node.input[1]], [base + "_q"]),
                helper.make_node("Cast", [base + "_q"], [base + "_float"], to=TensorProto.FLOAT),
                helper.make_node("Gather", [name + "_scale", node.input[1]], [base + "_scale"]),
                helper.make_node("Mul", [base + "_float", base + "_scale"], [base])]
        else:
            nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
    used = {i for n in nodes for i in n.input}
    kept = [i for i in graph.initializer if i.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept + [numpy_helper.from_array(v, k) for k, v in added.items()])
    onnx.checker.check_model(model)
    return model


def run_rows(session, output, rows, segments=None):
    """The outputs for token rows, one after the other as the engine would run them at batch one."""
    found = []
    for at, row in enumerate(rows):
        ids = numpy.array([row], dtype=numpy.int64)
        inputs = {"input_ids": ids, "attention_mask": numpy.ones_like(ids)}
        if segments is not None:
            inputs["token_type_ids"] = numpy.array([segments[at]], dtype=numpy.int64)
        found.append(session.run(output, **inputs)[0])
    return numpy.stack(found)
