"""Graphs that we write are ONNX models, and the weights in a file are found again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomtone.models import _onnx


def written() -> tuple[bytes, dict[str, np.ndarray]]:
    """y = relu(x @ w + b), and all kinds of weights."""
    rng = np.random.default_rng(1)
    arrays = {
        "w": rng.normal(size=(3, 2)).astype(np.float32),
        "b": rng.normal(size=2).astype(np.float32),
        "bytes": np.array([[-128], [127]], np.int8),
        "whole": np.array([-1, 1 << 40], np.int64),
    }
    graph = _onnx.Graph()
    for name, array in arrays.items():
        graph.weight(name, array)
    product = graph.node("MatMul", ["x", "w"])
    graph.node("LeakyRelu", [graph.node("Add", [product, "b"])], outputs=["y"], alpha=0.5)
    return graph.model({"x": ("rows", 3)}, ["y"]), arrays


def test_weights_come_back_as_they_were_written():
    """Names, kinds, shapes and values."""
    model, arrays = written()
    found = _onnx.weights(memoryview(model))
    assert set(found) == set(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_a_written_graph_runs():
    """ONNX Runtime takes it and computes what was meant, for any number of rows."""
    runtime = pytest.importorskip("onnxruntime")
    model, arrays = written()
    session = runtime.InferenceSession(model, providers=["CPUExecutionProvider"])
    for rows in (1, 4):
        x = np.linspace(-2, 2, rows * 3, dtype=np.float32).reshape(rows, 3)
        straight = x @ arrays["w"] + arrays["b"]
        (y,) = session.run(None, {"x": x})
        np.testing.assert_allclose(y, np.where(straight < 0, straight / 2, straight), rtol=1e-5)


@given(st.binary(max_size=60) | st.integers(0, 200).map(lambda size: written()[0][:size]))
def test_bytes_that_are_no_model_are_told_or_hold_nothing(data):
    """Never another error than our own."""
    try:
        _onnx.weights(memoryview(data))
    except _onnx.Unreadable as error:
        assert "damaged" in str(error)


def test_a_file_that_ends_early_is_damaged():
    """Half a file is not half a model."""
    model, _ = written()
    with pytest.raises(_onnx.Unreadable, match="ends early"):
        _onnx.weights(memoryview(model[:100]))
