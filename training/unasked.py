"""Makes cases of talk in which nothing was asked for: python -m training.unasked --data DIR.

It reads the training split of TIAGE (people who get to know each other; MIT) and the meetings of
MRDA (CC BY 4.0), and writes `training/reactions/unasked.jsonl`. Whatever emoji stands on such a
message, it rates no answer, as none was asked for; which of the other three it is stays open. What
is done, and why, stands in `training/reactions/README.md`.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from training.reactions import UNASKED, frozen, rows

MEETINGS = "mrda_hotspots/mrda.tsv.gz"
ACQUAINTED = "tiage/data/personachat/anno/train/anno_train.json"
OF_A_MEETING, OF_A_TALK = 8, 2  # messages taken from each
BEFORE = 3
MOST_CHARS = 600
LONGEST = {"asked": 90, "reply": 80}  # words
SHORTEST = {"asked": 6, "reply": 8}
TELLING = 12  # letters of a message by which a talk is known again

_HESITATES = re.compile(r"\b\w+- -|==|\b(?:uh|um|uh-huh|hmm|mm|mm-hmm)\b|\s+-(?=\s)|\|")
_LOOSE_MARK = re.compile(r"\s+([.,?!;:])")
_BEGINS = re.compile(r"(?:^|(?<=[.?!] ))[a-z]")
_NO_TURN = frozenset(("b", "h", "fh", "z", ""))  # backchannels, holds, not annotated

Talk = Sequence[tuple[str, str, bool]]  # who, what, whether it asks


def meeting(acts: Iterator[tuple[str, str, str]]) -> Talk:
    """Who said what, one after the other, without what was broken off or only a nod."""
    turns: list[tuple[str, list[str], bool]] = []
    for who, act, text in acts:
        said = clean(text)
        if "%" in act or "s^bk" in act or act == "fg" or _head(act) in _NO_TURN or not said:
            continue
        asks = act.startswith("q") or "|q" in act or "^co" in act  # a question, or a command
        if turns and turns[-1][0] == who:
            turns[-1] = (who, [*turns[-1][1], said], turns[-1][2] or asks)
        else:
            turns.append((who, [said], asks))
    return [(who, " ".join(said), asks) for who, said, asks in turns]


def _head(act: str) -> str:
    return re.split(r"[\^|.]", act)[0]


def clean(text: str) -> str:
    """Spoken words as somebody would write them.

    >>> clean("uh w- - well i think == so .")
    'Well I think so.'
    """
    text = " ".join(_HESITATES.sub(" ", text).split())
    text = _LOOSE_MARK.sub(r"\1", text).lstrip(".,;- ")
    text = re.sub(r"\bi\b(?=['\s])", "I", text)
    return _BEGINS.sub(lambda found: found[0].upper(), text)


def meetings(data: Path, emoji: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Messages of meetings to which nobody was asked, each after a longer one that asks nothing."""
    said: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    with gzip.open(data / MEETINGS, "rt", encoding="utf-8") as lines:
        next(lines)
        for line in lines:
            name, _, _, who, _, act, *_, text = line.rstrip("\n").split("\t")
            said[name].append((who, act, text))
    for name, acts in sorted(said.items()):
        talk, dice = meeting(iter(acts)), random.Random(name)
        fit = [n for n in range(BEFORE, len(talk)) if _told(talk[n - 1], talk[n])]
        for n in dice.sample(fit, min(OF_A_MEETING, len(fit))):
            yield made("meetings", talk, n, dice.choice(emoji), f"{name} {n}")


def _told(before: tuple[str, str, bool], now: tuple[str, str, bool]) -> bool:
    """Whether a message asks nothing, and both are of some length."""
    asked, reply = len(before[1].split()), len(now[1].split())
    return (
        not before[2]
        and "?" not in before[1]
        and SHORTEST["asked"] <= asked <= LONGEST["asked"]
        and SHORTEST["reply"] <= reply <= LONGEST["reply"]
    )


def acquainted(data: Path, emoji: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Messages of people who get to know each other, of talks of which we have no case."""
    known = {bare(t) for row in rows() for _, t in (("bot", row["reply"]), *row["before"])}
    talks = json.loads((data / ACQUAINTED).read_text(encoding="utf-8"))
    for name, lines in talks.items():
        texts = [text for text, _ in lines]
        if any(len(bare(text)) > TELLING and bare(text) in known for text in texts):
            continue
        talk = [(str(n % 2), _LOOSE_MARK.sub(r"\1", text), False) for n, text in enumerate(texts)]
        dice, fit = random.Random(name), range(2, len(talk))
        for n in sorted(dice.sample(fit, min(OF_A_TALK, len(fit)))):
            yield made("smalltalk", talk, n, dice.choice(emoji), f"t{name} {n}")


def bare(text: str) -> str:
    """Its letters and digits alone."""
    return re.sub(r"\W+", "", text.lower())


def made(source: str, talk: Talk, n: int, emoji: str, key: str) -> dict[str, Any]:
    """A case of the n-th message: whoever wrote it is the bot."""
    group = hashlib.sha256(key.encode()).hexdigest()[:10]
    before = talk[max(0, n - BEFORE) : n]
    return {
        **{"id": f"{group}-1", "group": group, "source": source, "language": "en", "emoji": emoji},
        "before": [["bot" if w == talk[n][0] else "user", t[:MOST_CHARS]] for w, t, _ in before],
        **{"reply": talk[n][1], "after": [], "target_is": "bot", "is_addressee": True},
        **{"latency_s": None, "meaning": ""},
    }


def main() -> None:
    """Read both, write one file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    emoji = [one["emoji"] for one in rows() if not frozen(one) and one["meaning"] != "RATING"]
    found = [*meetings(data, emoji), *acquainted(data, emoji)]
    lines = (json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in found)
    UNASKED.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.stdout.write(f"{UNASKED}: {len(found)} cases\n")


if __name__ == "__main__":
    main()
