"""Vectors from a server: many texts a question, strict about answers, patient within bounds."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable

import numpy as np
import pytest

from roomtone.errors import BadConfig, ServerError
from roomtone.models.openai_embedding import TOGETHER, OpenAIEmbedding
from roomtone.testing import check_embedding_model
from tests.models.completions import fake, http


def vector(text: str, dim: int = 8) -> list[float]:
    """Some direction that a text's bytes decide."""
    numbers = np.random.default_rng(zlib.crc32(text.encode())).normal(size=dim)
    return [float(one) for one in numbers]


def vectors(body: dict, count: int = 0) -> bytes:
    """What a server answers: in any order, each with its index."""
    data = [
        {"object": "embedding", "index": place, "embedding": vector(text)}
        for place, text in enumerate(body["input"])
    ]
    return http(200, json.dumps({"object": "list", "data": data[::-1]}).encode())


def saying(data: object) -> Callable[[dict, int], bytes]:
    """A server that answers this, whatever is asked."""
    return lambda body, count: http(200, json.dumps({"data": data}).encode())


def test_it_keeps_the_contract() -> None:
    """Unit rows in the texts' order; what says nothing is not sent, and is a zero row."""
    with fake(vectors) as server:
        model = OpenAIEmbedding(server.url)
        assert model.dim == 0
        check_embedding_model(model)

        assert (model.dim, model.name) == (8, "openai/tiny")
        first, _, body = server.asked[0]
        assert first.startswith("POST /v1/embeddings ")
        assert all(text.strip() for text in body["input"]) and "dimensions" not in body
        assert max(map(len, body["input"])) <= 8_001


def test_many_texts_go_in_few_questions() -> None:
    """No question holds more than its share, and every text has its own vector."""
    texts = [f"text {i}" for i in range(TOGETHER * 2 + 1)]
    with fake(vectors) as server:
        rows = OpenAIEmbedding(f"{server.url}&dimensions=8").embed(texts)

        assert sorted(len(body["input"]) for _, _, body in server.asked) == [1, TOGETHER, TOGETHER]
        assert {body["dimensions"] for _, _, body in server.asked} == {8}
    wanted = np.array([vector(text) for text in texts])
    assert np.allclose(rows, wanted / np.linalg.norm(wanted, axis=1, keepdims=True), atol=1e-6)


@pytest.mark.parametrize(
    "data",
    [
        [],
        [{"embedding": []}, {"embedding": []}],
        [{"embedding": [1.0]}],
        [{"embedding": [1.0, 2.0]}, {"embedding": [1.0]}],
        [{"embedding": [1.0], "index": 0}, {"embedding": [1.0], "index": 0}],
        [{"embedding": [0.0]}, {"embedding": [1.0]}],
        [{"embedding": [1e308, 1e308]}, {"embedding": [1.0, 1.0]}],
        [{"embedding": "AAAA"}, {"embedding": "AAAA"}],
        "no list",
    ],
)
def test_another_answer_is_an_error_that_says_so(data: object) -> None:
    """A vector too few, of another length, without a length: nothing of it is used."""
    with (
        fake(saying(data)) as server,
        pytest.raises(ServerError, match="something else than a vector for each text"),
    ):
        OpenAIEmbedding(server.url).embed(["one", "two"])


def test_vectors_of_another_length_are_refused() -> None:
    """A server whose model was changed would spoil what is kept."""
    says = [[1.0, 2.0], [1.0, 2.0, 3.0]]

    def say(body: dict, count: int) -> bytes:
        return http(200, json.dumps({"data": [{"embedding": says[count - 1]}]}).encode())

    with fake(say) as server:
        model = OpenAIEmbedding(server.url)
        model.embed(["one"])
        with pytest.raises(ServerError, match="3 numbers where there were 2"):
            model.embed(["two"])


def test_a_busy_server_is_asked_again_and_a_refusal_is_told() -> None:
    """503 is tried again, 401 is not; the sentence names the server and what to do."""

    def busy(body: dict, count: int) -> bytes:
        return http(503, b"") if count == 1 else vectors(body)

    with fake(busy) as server:
        assert OpenAIEmbedding(server.url, wait_s=0).embed(["hello"]).shape == (1, 8)
        assert len(server.asked) == 2
    with fake(lambda body, count: http(401, b"{}")) as server:
        with pytest.raises(ServerError, match="answers 401; see that it runs"):
            OpenAIEmbedding(server.url, wait_s=0).embed(["hello"] * 200)
        assert len(server.asked) == 1


def test_an_address_that_cannot_be_is_refused() -> None:
    """Before anything is sent."""
    for url in ("openai://host/v1", "openai://host/v1?model=x&dimensions=0", "http://h?model=x"):
        with pytest.raises(BadConfig):
            OpenAIEmbedding(url)
