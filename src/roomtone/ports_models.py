"""What a model must be able to do: a port for each thing that is inferred."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from roomtone.emotions import Reading
from roomtone.reactions import Case, Judgement


class EmotionModel(Protocol):  # models/
    """Reads what texts feel like, many at a time; one reading for each, in their order.

    No text makes it raise: what it cannot tell it calls "unsure", with a low confidence. A reading
    depends on its own text alone, never on those beside it, and is the same every time. A model
    that asks a server raises ServerError where that does not answer.
    """

    def read(self, texts: Sequence[str]) -> Sequence[Reading]: ...


class CoherenceModel(Protocol):  # models/
    """Reads how texts of a conversation hang together: 0 to 1 for each, None where it cannot tell.

    No text makes it raise, and a number depends on its own texts alone. ServerError as above.
    """

    def relevance(self, pairs: Sequence[tuple[str, str]]) -> Sequence[float | None]:
        """How far the reply of each (message, reply) speaks of what its message does."""

    def shift(
        self, before: Sequence[tuple[str, str]], messages: Sequence[str]
    ) -> Sequence[float | None]:
        """How surely each message changes the topic of the (message, reply) before it: from .4."""


class Judge(Protocol):  # models/
    """Says what reactions meant, from the talk around them.

    One judgement for each case, in their order; no text makes it raise. It waits where it asks a
    server, so it is called in a thread. Raises ServerError when the batch could not be asked.

    A judge whose calls cost something may have a method `questions(cases)` that gives the places
    of the cases that one call answers together. Each is then asked by itself, and its answers are
    kept before the next is asked.
    """

    name: str
    version: str

    def judge(self, cases: Sequence[Case]) -> Sequence[Judgement]: ...


class EmbeddingModel(Protocol):  # models/
    """Turns texts into vectors: near texts, near vectors (their dot product is the cosine).

    No text makes it raise, and a vector depends on its own text alone, but for the last digits.
    Vectors are comparable among models of the same `name` and `version`. ServerError as above.
    """

    name: str
    version: str
    dim: int  # numbers of a vector; of a server 0 until it has answered once

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """A unit row for each text (texts x dim); a zero row where there is nothing to read."""
