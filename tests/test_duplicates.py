"""Texts are known again to the word and nearly, held against what they have in common."""

from __future__ import annotations

import random

from roomtone.duplicates import LEAST_WORDS, THRESHOLD, Duplicates, Repeat, fingerprint, folded

WORDS = [f"{a}{b}{c}" for a in "bdfglmnprst" for b in "aeiou" for c in ("n", "r", "st", "lk")]


def text(random_: random.Random, words: int) -> list[str]:
    return [random_.choice(WORDS) for _ in range(words)]


def likeness(one: list[str], other: list[str]) -> float:
    """Jaccard's index of the shingles, exactly."""
    a, b = ({tuple(t[i : i + 3]) for i in range(len(t) - 2)} for t in (one, other))
    return len(a & b) / len(a | b)


def changed(random_: random.Random, words: list[str], edits: int) -> list[str]:
    """So many words mistyped, left out, put in, or the end cut off."""
    new = list(words)
    for _ in range(edits):
        at = random_.randrange(len(new))
        kind = random_.randrange(4)
        if kind == 0:
            new[at] += "x"
        elif kind == 1:
            del new[at]
        elif kind == 2:
            new.insert(at, random_.choice(WORDS))
        else:
            new = new[: max(LEAST_WORDS, len(new) - 5)]
    return new


def test_forms_cases_and_spaces_do_not_tell_texts_apart() -> None:
    """What differs in nothing else is there to the word."""
    known = Duplicates()

    assert known.look(["Hello  World", "ｈｅｌｌｏ world\n", "hello, world"]) == [
        None,
        Repeat(0, 1.0, True),
        None,
    ]
    assert fingerprint("ＯＫ ") == fingerprint("ok") and folded("STRASSE") == folded("straße")


def test_it_is_said_which_text_is_repeated() -> None:
    """By its place among all, over batches; a near one with how near."""
    one = text(random.Random(1), 60)
    known = Duplicates()
    known.look(["a", "b"])
    known.look([" ".join(one)])
    (near,) = known.look([" ".join([*one[:-1], "other"])])

    assert near is not None and near.of == 2 and not near.exact and 0.8 <= near.near < 1
    assert known.seen(" ".join(one).upper()) == "exact_duplicate"
    assert known.seen(" ".join([*one[:-2], "quite", "other"])) == "near_duplicate"
    assert known.seen("something new") == ""


def test_stock_phrases_are_compared_to_the_word() -> None:
    """A word more is another text where texts are short."""
    assert Duplicates().look(["thanks a lot!", "thanks a lot", "thanks so a lot!"]) == [None] * 3


def test_near_texts_are_found_and_others_left() -> None:
    """Of 800 changed texts those are found that exact counting finds, but for doubtful ones."""
    random_ = random.Random(7)
    olds = [text(random_, random_.randrange(30, 200)) for _ in range(800)]
    news = [changed(random_, old, random_.randrange(0, 16)) for old in olds]
    truth = [likeness(old, new) for old, new in zip(olds, news, strict=True)]
    known = Duplicates(kept=1024)
    assert known.look([" ".join(old) for old in olds]) == [None] * 800
    answers = [Duplicates.look(known, [" ".join(new)])[0] for new in news]

    sure = [(t, a) for t, a in zip(truth, answers, strict=True) if t >= THRESHOLD + 0.08]
    apart = [(t, a) for t, a in zip(truth, answers, strict=True) if t <= THRESHOLD - 0.12]
    assert len(sure) > 150 and len(apart) > 150
    assert sum(a is not None for _, a in sure) >= 0.98 * len(sure)
    assert sum(a is not None for _, a in apart) <= 0.02 * len(apart)
    right = [a.of == i for i, a in enumerate(answers) if a is not None]
    assert sum(right) >= 0.98 * len(right)
    errors = [abs(a.near - t) for t, a in zip(truth, answers, strict=True) if a is not None]
    assert sum(errors) / len(errors) < 0.04


def test_memory_has_a_bound() -> None:
    """The first texts are let go when others came; to the word they are still known."""
    random_ = random.Random(3)
    known = Duplicates(kept=4)
    olds = [text(random_, 40) for _ in range(9)]
    known.look([" ".join(old) for old in olds])

    assert known.seen(" ".join([*olds[0][:-1], "other"])) == ""
    assert known.seen(" ".join([*olds[8][:-1], "other"])) == "near_duplicate"
    assert known.seen(" ".join(olds[0])) == "exact_duplicate"


def test_many_are_known_again() -> None:
    """Also those that went from the dict into the columns."""
    known = Duplicates()
    known.look([f"number {i}" for i in range(70_000)])

    assert known.look(["number 3", "number 69999", "number 70000"]) == [
        Repeat(3, 1.0, True),
        Repeat(69_999, 1.0, True),
        None,
    ]


def test_scripts_without_spaces_have_words_too() -> None:
    """There each character is one."""
    talk = "昨日は友達と一緒に東京タワーへ行ってとても楽しかったですまた行きたいです"

    assert [r is not None for r in Duplicates().look([talk, talk + "よ", talk[::-1]])] == [
        False,
        True,
        False,
    ]
