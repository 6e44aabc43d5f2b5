"""Features of short texts as hashes: words, their neighbours, characters, shouting, emoji.

Everything is done for a whole batch at once in NumPy, and all of it in integers: what a text gives
does not depend on the texts beside it, on the machine or on the order of work.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from roomtone.models._emoji import TABLE

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Mask = NDArray[np.bool_]

# What is longer is read at both ends: a feeling stands where one begins and where one stops.
MOST_CHARS = 2_000

# A chunk bounds the memory that a batch takes, however many texts are in it.
CHUNK_CHARS = 1 << 16

SPACE, WORD, PUNCTUATION, SYMBOL = 0, 1, 2, 3
DROPPED = 4  # joiners, variation marks, skin tones: they change how a symbol looks
SIZES = np.array([2, 3, 4, 6, 8, 12, 16, 23, 32, 46, 64, 128])

BASE = 0x9E3779B97F4A7C15 | 1
INVERSE = pow(BASE, -1, 1 << 64)
MIX = np.uint64(0xBF58476D1CE4E5B9)
SECOND = np.uint64(0x94D049BB133111EB)
U32, U29 = np.uint64(32), np.uint64(29)

_NEGATORS = {
    *("not", "no", "never", "nothing", "none", "neither", "nor", "without", "cannot", "cant"),
    *("dont", "doesnt", "didnt", "isnt", "wasnt", "arent", "werent", "wont", "wouldnt", "couldnt"),
    *("shouldnt", "aint", "havent", "hasnt", "hadnt", "hardly", "barely"),
}


class Tokens(NamedTuple):
    """Words, runs of punctuation and single symbols of a chunk, in their order."""

    text: Ints  # which text of the chunk it stands in
    hash: Hashes
    kind: NDArray[np.uint8]
    first: Ints  # the character it begins with
    shouted: Mask  # a word of two letters or more, all capitals
    drawn: Mask  # a character stood there more often than three times


class Chunk(NamedTuple):
    """Some texts as one cleaned array of characters."""

    size: int  # texts
    codes: Ints
    text: Ints
    kind: NDArray[np.uint8]
    sums: Hashes  # prefix sums of code * BASE**position, modulo 2**64
    tokens: Tokens
    spoken: Ints  # tokens of each text
    shouts: Ints  # words in capitals of each text
    emoji: list[tuple[int, str]]  # text and label of each that our table knows


class Features(NamedTuple):
    """What was found, kind after kind."""

    text: Ints
    hash: Hashes
    kinds: list[str]
    lengths: list[int]


def shorten(text: str) -> str:
    """The text, or its first and last thousand characters."""
    if len(text) <= MOST_CHARS:
        return text
    half = MOST_CHARS // 2
    return f"{text[:half]} {text[-half:]}"


def chunks(texts: Sequence[str]) -> Iterator[Chunk]:
    """The texts in their order, some at a time."""
    waiting: list[str] = []
    size = 0
    for text in texts:
        short = shorten(text)
        if size + len(short) > CHUNK_CHARS and waiting:
            yield read(waiting)
            waiting, size = [], 0
        waiting.append(short)
        size += len(short) + 3
    if waiting:
        yield read(waiting)


def read(texts: Sequence[str]) -> Chunk:
    """Clean and cut: lower case, one space for any, no run longer than three."""
    codes, owner = _codes(texts)
    upper = (codes >= 65) & (codes <= 90)
    codes = _lower(codes)
    kind = kinds().take(codes, mode="clip")
    space = kind == SPACE
    codes[space & (codes != 0)] = 32
    same = np.zeros(len(codes), bool)
    same[1:] = codes[1:] == codes[:-1]
    run = np.zeros(len(codes), bool)
    run[3:] = same[3:] & same[2:-1] & same[1:-2] & ~space[3:]
    keep = ~(run | (same & space) | (kind == DROPPED))
    drawn = np.append(run[1:], False)[keep]  # said of the last character that is kept
    codes, owner, kind, upper = codes[keep], owner[keep], kind[keep], upper[keep]
    sums = _prefix(codes)
    tokens = _tokens(codes, owner, kind, sums, upper, drawn)
    count = np.bincount(tokens.text, minlength=len(texts))
    shouts = np.bincount(tokens.text[tokens.shouted], minlength=len(texts))
    emoji = _emoji(tokens)
    return Chunk(len(texts), codes, owner, kind, sums, tokens, count, shouts, emoji)


def _codes(texts: Sequence[str]) -> tuple[Ints, Ints]:
    """All characters in one array, a zero between texts, and whose each one is."""
    joined = " " + " \0 ".join(texts) + " "
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)
    lengths = np.fromiter((len(text) + 3 for text in texts), np.int64, len(texts))
    codes[codes == 0] = 32
    codes[np.cumsum(lengths)[:-1] - 1] = 0
    return codes, np.repeat(np.arange(len(texts)), lengths)[: len(codes)]


def _tokens(
    codes: Ints, owner: Ints, kind: NDArray[np.uint8], sums: Hashes, upper: Mask, drawn: Mask
) -> Tokens:
    first = np.ones(len(codes), bool)
    first[1:] = (kind[1:] != kind[:-1]) | (kind[1:] == SYMBOL)
    starts = np.flatnonzero(first)
    ends = np.append(starts[1:], len(codes))
    told = kind[starts] != SPACE
    starts, ends = starts[told], ends[told]
    length = ends - starts
    return Tokens(
        owner[starts],
        mix(_between(sums, starts, ends)),
        kind[starts],
        codes[starts],
        (length >= 2) & (_within(upper, starts, ends) == length),
        _within(drawn, starts, ends) > 0,
    )


def _within(marks: Mask, starts: Ints, ends: Ints) -> Ints:
    """How many marks each stretch holds; mostly there is none at all."""
    if not marks.any():
        return np.zeros(len(starts), np.int64)
    sums = np.concatenate(([0], np.cumsum(marks)))
    return sums[ends] - sums[starts]


def features(chunk: Chunk) -> Features:
    """Every feature of every text; the same one may come repeatedly."""
    t = chunk.tokens
    found = [("word", t.text, t.hash, 1), *_neighbours(t)]
    found += _marked(t)
    everyone = np.arange(chunk.size)
    count = np.maximum(chunk.spoken, 1)
    size = np.searchsorted(SIZES, count, side="right").astype(np.uint64)
    found.append(("length", everyone, size, 10))
    share = np.minimum(chunk.shouts * 4 // count, 3) + (chunk.shouts > 0)
    found.append(("loud", everyone, share.astype(np.uint64), 11))
    found += _characters(chunk)
    if chunk.emoji:
        said = np.array([label_hash(label) for _, label in chunk.emoji], np.uint64)
        found.append(("emoji", np.array([text for text, _ in chunk.emoji]), said, 30))
    lengths = [len(text) for _, text, _, _ in found]
    return Features(
        np.concatenate([text for _, text, _, _ in found]),
        mix(
            np.concatenate([hashes for _, _, hashes, _ in found])
            + np.repeat(seeds()[[seed for _, _, _, seed in found]], lengths)
        ),
        [kind for kind, _, _, _ in found],
        lengths,
    )


Found = tuple[str, Ints, Hashes, int]
"""A kind of feature: its name, the texts, the hashes, and the seed that keeps kinds apart."""


def _neighbours(t: Tokens) -> Iterator[Found]:
    """Tokens two and three in a row, with a gap between, and those at the ends of a text."""
    beside = t.text[1:] == t.text[:-1]
    two = pair(t.hash[:-1], t.hash[1:])
    yield "pair", t.text[1:][beside], two[beside], 2
    third = np.flatnonzero(t.text[2:] == t.text[:-2])
    after = t.hash[2:][third]
    whose = t.text[third]
    yield "skip", whose, pair(t.hash[third], after), 3
    yield "three", whose, pair(two[third], after), 4
    edge = np.ones(len(t.text) + 1, bool)
    edge[1:-1] = ~beside
    begins, ends = edge[:-1], edge[1:]
    yield "begin", t.text[begins], t.hash[begins], 7
    yield "finish", t.text[ends], t.hash[ends], 8


def _marked(t: Tokens) -> Iterator[Found]:
    """Words in capitals, that something was drawn out, and words behind a denial."""
    if t.shouted.any():
        yield "shout", t.text[t.shouted], t.hash[t.shouted], 5
    if t.drawn.any():
        whose = t.text[t.drawn]
        yield "drawn", whose, np.ones(len(whose), np.uint64), 6
    denied = _denied(t)
    if denied is not None:
        yield "denied", t.text[denied], t.hash[denied], 9


def words(chunk: Chunk) -> tuple[Ints, Hashes]:
    """The words that a language can be told by: all but numbers."""
    t = chunk.tokens
    real = (t.kind == WORD) & ~((t.first >= 48) & (t.first <= 57))
    return t.text[real], t.hash[real]


def _emoji(t: Tokens) -> list[tuple[int, str]]:
    """What our table says of each emoji, with the text it stands in."""
    at = np.flatnonzero(t.kind == SYMBOL)
    found = zip(t.text[at].tolist(), t.first[at].tolist(), strict=True)
    return [(text, TABLE[chr(code)]) for text, code in found if chr(code) in TABLE]


def emphasis(chunk: Chunk) -> NDArray[np.float64]:
    """How loud a text is, 0 to 0.3: a tenth each for shouting, drawing out and exclaiming.

    Shouting is two words in capitals or half of all; exclaiming two exclamation marks.
    """
    t = chunk.tokens
    total = np.zeros(chunk.size)
    total += (chunk.shouts > 1) | (chunk.shouts * 2 > chunk.spoken)
    total[t.text[t.drawn]] += 1  # once, however often
    marks = chunk.text[chunk.codes == ord("!")]
    total += np.bincount(marks, minlength=chunk.size) > 1
    return total / 10


def _characters(chunk: Chunk) -> list[Found]:
    """Two to four characters in a row inside a word and the spaces around it."""
    space = chunk.kind == SPACE
    gaps = np.flatnonzero(space)  # the first and the last character are spaces
    far = np.repeat(gaps[1:], np.diff(gaps)) - np.arange(len(space) - 1)  # to the next space
    starts = [
        np.flatnonzero((far > 1) | ~space[:-1]),
        np.flatnonzero(far >= 2),
        np.flatnonzero(far >= 3),
    ]
    lengths = [len(one) for one in starts]
    start = np.concatenate(starts)
    hashes = mix(_between(chunk.sums, start, start + np.repeat([2, 3, 4], lengths)))
    texts = chunk.text[start]
    cuts = np.cumsum([0, *lengths])
    return [
        (f"char{n}", texts[cuts[i] : cuts[i + 1]], hashes[cuts[i] : cuts[i + 1]], 20 + n)
        for i, n in enumerate((2, 3, 4))
    ]


def _denied(t: Tokens) -> Mask | None:
    """Words up to three places behind a word that denies, in the same breath."""
    denying = negators()
    no = denying[np.minimum(np.searchsorted(denying, t.hash), len(denying) - 1)] == t.hash
    if not no.any():
        return None
    denied = np.zeros(len(no), bool)
    on = (t.text[1:] == t.text[:-1]) & (t.kind[1:] != PUNCTUATION)
    for _ in range(3):
        no[1:] = no[:-1] & on
        no[0] = False
        denied |= no
    words: Mask = t.kind == WORD
    return np.logical_and(denied, words)


@cache
def negators() -> Hashes:
    spelled = [*sorted(_NEGATORS), *(f"{w[:-1]}'t" for w in _NEGATORS if w.endswith("nt"))]
    return np.sort(np.array([hash_of(word) for word in spelled], np.uint64))


@cache
def label_hash(label: str) -> int:
    return hash_of(label)


def hash_of(word: str) -> int:
    """The hash that a token of these characters has."""
    codes = np.array([ord(c) for c in word], np.int64)
    return int(mix(_between(_prefix(codes), np.array([0]), np.array([len(codes)])))[0])


@cache
def lowers() -> Ints:
    """Lower case of the alphabets that have one and are in wide use, and straight apostrophes."""
    lower = [chr(code).lower() if code < 0x600 else chr(code) for code in range(0x201A)]
    table = np.array([ord(c) if len(c) == 1 else i for i, c in enumerate(lower)], np.int64)
    table[[0x2018, 0x2019]] = ord("'")
    return table


def _lower(codes: Ints) -> Ints:
    table = lowers()
    lowered = table.take(codes, mode="clip")
    return np.where(codes < len(table), lowered, codes)


@cache
def kinds() -> NDArray[np.uint8]:
    """Space, word, punctuation or symbol for each character up to the last emoji."""
    kinds = np.full(0x20000, WORD, np.uint8)
    for code in range(0x80):
        c = chr(code)
        kinds[code] = SPACE if code <= 32 or code == 127 else WORD if c.isalnum() else PUNCTUATION
    for c in "'[]":
        kinds[ord(c)] = WORD
    kinds[0x80:0xA1] = SPACE
    kinds[0xA1:0xC0] = PUNCTUATION
    kinds[[0xAA, 0xB5, 0xBA]] = WORD
    kinds[0x2000:0x2070] = PUNCTUATION
    kinds[0x2000:0x200B] = SPACE
    kinds[0x2028:0x2030] = SPACE
    kinds[[0x203C, 0x2049]] = SYMBOL
    kinds[0x3000:0x3040] = PUNCTUATION
    kinds[0x3000] = SPACE
    kinds[0xFF00:0xFF10] = PUNCTUATION
    kinds[0x2100:0x2C00] = SYMBOL
    kinds[0x1F000:0x20000] = SYMBOL
    for gone in (*range(0x200B, 0x2010), *range(0xFE00, 0xFE10), *range(0x1F3FB, 0x1F400), 0xFEFF):
        kinds[gone] = DROPPED
    return kinds


@cache
def powers(size: int) -> tuple[Hashes, Hashes]:
    up = np.full(size, BASE, np.uint64)
    down = np.full(size, INVERSE, np.uint64)
    up[0] = down[0] = 1
    return np.cumprod(up, dtype=np.uint64), np.cumprod(down, dtype=np.uint64)


def _prefix(codes: Ints) -> Hashes:
    size = 1 << max(10, len(codes).bit_length())
    sums = np.zeros(len(codes) + 1, np.uint64)
    np.cumsum((codes + 1).astype(np.uint64) * powers(size)[0][: len(codes)], out=sums[1:])
    return sums


def _between(sums: Hashes, starts: Ints, ends: Ints) -> Hashes:
    """The polynomial hash of each stretch, the same wherever it stands."""
    size = 1 << max(10, int(len(sums) - 1).bit_length())
    return (sums[ends] - sums[starts]) * powers(size)[1][starts]


def mix(x: Hashes) -> Hashes:
    x = (x ^ (x >> U32)) * MIX
    return x ^ (x >> U29)


def mix_here(x: Hashes) -> None:
    """The same in its place."""
    x ^= x >> U32
    x *= MIX
    x ^= x >> U29


def pair(a: Hashes, b: Hashes) -> Hashes:
    return mix(a * np.uint64(3) + b * SECOND)


@cache
def seeds() -> Hashes:
    return np.arange(32, dtype=np.uint64) * np.uint64(0xD6E8FEB86659FD93)
