"""How sure a judge must be of a row for training, and what it costs: python -m training.firewall.

Each source of cases is judged by what was learnt from all others, with the heat of the weights that
are shipped. Of what it takes for ratings, it is counted how many rows there would be, and how many
stand on no rating; such a row's label is wrong half of the time. The frozen third, `stranger.jsonl`
and the dialogues of `python -m benchmarks contamination` have no part in it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from roomtone.models import _facts, judge
from roomtone.reactions import MEANINGS, rated
from training import reactions as of

WANTED = 0.05  # the most noise that rows may have, courtesy aside
RATINGS = 0.3  # of all reactions are ratings, as in the set
LEVELS = tuple(round(0.6 + 0.05 * n, 2) for n in range(8))
RATING = MEANINGS.index("RATING")
OURS = "ours"  # the hand that also wrote the lists of words: too easy


class Level(NamedTuple):
    """What it costs to ask for so much sureness, and what it is good for."""

    least: float
    kept: float  # of all true ratings that are good or bad
    labelled: float  # noise where what is no rating is other authors' cases
    talk: float  # the same where it is real talk in which nothing was asked for


def levels(cases: Sequence[of.Row], odds: Any, heat: float) -> list[Level]:
    """The cost and the noise at each level, of cases judged by what saw nothing of their source."""
    y, shares = of.truth(cases), of.softmax(odds / heat)
    rows = np.array([rated(case["emoji"])[1] != 0.5 for case in cases])
    hard = np.array([of.SAME.get(case["source"], case["source"]) != OURS for case in cases])
    kinds = (rows & hard & (y == RATING), rows & hard & (y > RATING), rows & (y == of.OPEN))
    made = []
    for least in LEVELS:
        taken = (shares.argmax(1) == RATING) & (shares[:, RATING] >= least)
        kept, labelled, talk = (float(taken[kind].mean()) for kind in kinds)
        made.append(Level(least, kept, noise(kept, labelled), noise(kept, talk)))
    return made


def noise(kept: float, wrongly: float) -> float:
    """The share of wrong labels, by the shares of ratings and of others that become rows.

    >>> noise(0.5, 0.0), round(noise(1.0, 1.0), 2)
    (0.0, 0.35)
    """
    others = wrongly * (1 - RATINGS)
    return 0.5 * others / max(others + kept * RATINGS, 1e-9)


def chosen(found: Sequence[Level]) -> float:
    """The lowest level at which both noises are within what is wanted; the highest if none is."""
    good = [one.least for one in found if max(one.labelled, one.talk) <= WANTED]
    return min(good, default=found[-1].least)


def main() -> None:
    """Judge each source by the others, print the table and the level."""
    cases = [one for one in of.rows() if not of.frozen(one)]
    cases += [*of.rows(of.NINTH), *of.rows(of.UNASKED)]
    facts = [_facts.facts(of.case(one)) for one in cases]
    odds = of.out_of_fold(cases, facts, of.by_source(cases))
    found = levels(cases, odds, judge.load().heat)
    words = ["| sure of | ratings kept | noise beside other authors | beside real talk |"]
    words += ["|---|---|---|---|"]
    words += [f"| {one.least:g} | {one.kept:.3f} | {one.labelled:.3f} | {one.talk:.3f} |"
              for one in found]  # fmt: skip
    sys.stdout.write("\n".join([*words, f"\nat most {WANTED:g}: {chosen(found):g}", ""]))


if __name__ == "__main__":
    main()
