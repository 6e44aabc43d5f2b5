"""Memories come in an order that can be explained, and is the same every time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomtone.retrieval import WEIGHTS, Candidates, Weights, bm25, held, rank, told, words_of
from roomtone.stems import stems

TEXTS = ["I adopted a dog named Rex", "We talked about taxes", "The dogs were barking all night"]


def many(**more: object) -> Candidates:
    """Three memories, of one session unless said otherwise."""
    columns = {"ids": ["a", "b", "c"], "texts": TEXTS, **more}
    return Candidates(**columns)  # type: ignore[arg-type]


def test_words_are_found_in_other_forms() -> None:
    """A rare word that is there beats a common one, and a share is a share."""
    shares = bm25("Which dog did you adopt?", TEXTS)

    assert shares[0] > shares[2] > shares[1] == 0
    assert (shares <= 1).all()


def test_a_text_with_every_word_reaches_much() -> None:
    """And a question without words, or no texts, gives nothing and no error."""
    assert bm25("rex", ["rex"])[0] == pytest.approx(0.5, abs=0.1)
    assert not bm25("what is it?", TEXTS).any()
    assert len(bm25("dog", [])) == 0


def test_meaning_counts_where_no_word_is_shared() -> None:
    """A cosine alone decides, unknown ones count nothing, negative ones neither."""
    near = np.array([0.1, np.nan, 0.9])
    ranking = rank("pet ownership", many(similarity={"content": near}))

    usual = 0.5 * 2 / 22  # the mean of the two known, of which two of 22 parts are believed
    assert ranking.order.tolist() == [2, 0, 1]
    assert ranking.parts["meaning"].tolist() == pytest.approx(
        [WEIGHTS.meaning * (0.1 - usual), 0.0, WEIGHTS.meaning * (0.9 - usual)]
    )
    assert ranking.why(2) == "meaning 0.60" and ranking.why(1) == "nothing"


def test_what_all_have_in_common_is_no_meaning() -> None:
    """Of many candidates that are all somewhat near only what stands out counts."""
    near = np.full(200, 0.4)
    near[7] = 0.6
    some = Candidates(
        ids=[f"{i:03d}" for i in range(200)], texts=[""] * 200, similarity={"content": near}
    )
    ranking = rank("?", some, weights=Weights(meaning=1.0))

    assert ranking.order[0] == 7
    assert ranking.score[7] > 0.2 > 0.05 > ranking.score[8]


def test_vectors_are_mixed_by_their_shares() -> None:
    """The route's shares over the vectors that there are; one that is missing is left out."""
    similarity = {"content": np.array([1.0, -1.0, 0.0]), "emotion": np.array([-1.0, 1.0, np.nan])}
    ranking = rank(
        "?",
        many(similarity=similarity),
        vectors={"content": 0.25, "emotion": 0.75, "semantic": 0.0},
        weights=Weights(meaning=1.0),
    )

    assert ranking.parts["meaning"].tolist() == [0.25, 0.75, 0.0]
    alone = rank("?", many(similarity=similarity), weights=Weights(meaning=1.0))
    assert alone.parts["meaning"].tolist() == [0.5, 0.5, 0.0]


def test_what_stands_beside_a_hit_is_found() -> None:
    """The answer to a question often stands in the next line, which has none of its words."""
    texts = ["Where do you work?", "At the bakery", "I like bread", "Nothing"]
    four = Candidates(
        ids=list("abcd"), texts=texts, at=np.arange(4.0), sessions=["s", "s", "t", "s"]
    )
    ranking = rank("Where is the work?", four)

    assert ranking.order.tolist()[:3] == [0, 1, 3]
    assert ranking.parts["beside"][2] == 0
    own = ranking.parts["words"][0]
    assert ranking.parts["beside"][1] == pytest.approx(WEIGHTS.beside[0] * own)


def test_a_session_that_speaks_of_it_lifts_what_was_said_in_it() -> None:
    """Words spread over a session's memories count for all of them, if there are others."""
    texts = ["We went camping", "The lake was cold", "Hm", "My taxes"]
    four = Candidates(ids=list("abcd"), texts=texts, sessions=["s", "s", "s", "t"])
    parts = rank("camping by the lake", four).parts

    assert parts["session"][2] == parts["session"][0] > 0.1 > parts["session"][3] == 0
    one = Candidates(ids=list("abcd"), texts=texts, sessions=["s"] * 4)
    assert not rank("camping by the lake", one).parts["session"].any()
    assert not rank("work", many(sessions=["", "", ""], at=np.zeros(3))).parts["beside"].any()


def test_recency_importance_and_use_break_what_is_near() -> None:
    """They are small, so that they decide among what fits equally well."""
    days = np.array([0.0, 30.0, 60.0]) * 86_400
    same = many(texts=["dog"] * 3, at=days)
    ranking = rank("dog", same, now=60 * 86_400)

    assert ranking.order.tolist() == [2, 1, 0]
    assert ranking.parts["recency"] / WEIGHTS.recency == pytest.approx([0.25, 0.5, 1.0])
    proved = many(texts=["dog"] * 3, at=days, use=np.array([1.0, 0.0, np.nan]))
    assert rank("dog", proved).order[0] == 0
    kept = many(texts=["dog"] * 3, at=days, importance=np.array([0.0, 5.0, 0.5]))
    assert rank("dog", kept).parts["importance"].max() == WEIGHTS.importance


def test_equal_ones_come_newest_first_then_by_id() -> None:
    """Whatever order they came in."""
    at = np.array([1.0, 2.0, 2.0])
    ranking = rank("x", many(ids=["c", "b", "a"], at=at))

    assert ranking.order.tolist() == [2, 1, 0]


@given(st.permutations(range(6)), st.text(max_size=20))
def test_the_order_of_candidates_changes_nothing(places: list[int], question: str) -> None:
    """Ranked in another order the same ids come out, with the same scores."""
    texts = ["dog", "dogs and cats", "", "a cat", "x " * 40, "dog"]
    at = np.array([3.0, 1.0, 1.0, 2.0, np.nan, 3.0])
    near = np.array([0.1, 0.2, np.nan, -1.0, 0.3, 0.1])

    def ranked(order: list[int]) -> list[str]:
        some = Candidates(
            ids=[f"m{i}" for i in order],
            texts=[texts[i] for i in order],
            similarity={"content": near[order]},
            at=at[order],
            sessions=["st"[i % 2] for i in order],
        )
        ranking = rank(f"dog {question}", some, now=10.0)
        assert np.allclose(ranking.score, sum(ranking.parts.values()))
        return [some.ids[i] for i in ranking.order]

    assert ranked(places) == ranked(list(range(6)))


def test_nothing_to_rank_is_no_error() -> None:
    """No candidates, no order."""
    none = Candidates(ids=[], texts=[], similarity={"content": np.zeros(0)}, at=np.zeros(0))
    assert rank("dog", none, now=1.0).order.tolist() == []


def test_a_text_tells_who_and_when() -> None:
    """Only what is known stands in it."""
    assert told("Hi", who="Ann", when="May", answer="Hello") == "May Ann: Hi\nHello"
    assert told("Hi") == "Hi"


def test_what_texts_hold_is_what_their_stems_say() -> None:
    """Plain texts are looked through together, others alone; both count the same."""
    texts = ["Dogs and a dog", "", "Zoë's dog", "nul\0dog", "東京 dog", "the of a", "hiking, hiked"]
    asked = words_of("The dog hikes to Zoë, the dog")
    counts, lengths = held(asked, texts)

    assert asked == ["dog", "hik", "zoe"]
    assert counts.tolist() == [[stems(text).count(word) for word in asked] for text in texts]
    assert lengths.tolist() == [len(stems(text)) for text in texts]
    assert held(asked, []).counts.shape == (0, 3)
    some = Candidates(ids=list("ab"), texts=texts[:2], words=held(asked, texts).of([0, 1]))
    assert rank("dog hikes Zoë", some).score.tolist() == pytest.approx(
        rank("dog hikes Zoë", Candidates(ids=list("ab"), texts=texts[:2])).score.tolist()
    )
