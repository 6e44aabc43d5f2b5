"""A person is taken out of a journal, and every position in it stays what it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from roomtone.blanking import Blank
from roomtone.events import Join, Message, Turn, TurnRevised
from roomtone.records import Batch, Tick, decode_entry, encode_entry
from roomtone.runtime.journal import Journal, read_journal
from roomtone.runtime.journal_disk import Disk
from roomtone.runtime.journal_rewriting import learn, padded, rewrite, without
from roomtone.verdicts import Line, Reacted, ReactionJudged

NOW = 1_800_000_000_000
GONE = "erased-person"


def revised(number: int, said: str) -> TurnRevised:
    """Nobody says whose turn it was."""
    told = {"session": "t", "bot": "luna", "turn": f"t{number}", "text": f"{said}, at last"}
    return TurnRevised(role="user", why="edited", **told)  # type: ignore[arg-type]


def batch(user: str, number: int) -> Batch:
    said = f"{user} said so, {number} times"
    of = Reacted(id=f"r{number}", session="s", emoji="x", ms=NOW, user="bob")
    return Batch(
        arrival=NOW + number,
        source="http",
        events=[
            Message(session="s", id=f"m{number}", user=user, text=said),
            Message(session="s", user="bob", text="hello"),
            Turn(session="t", id=f"t{number}", bot="luna", user=user, message=said, reply="ho"),
            ReactionJudged(session="s", of=of, before=[Line(who="other", text=said)]),
            Join(session="s", user=user),
            revised(number, said),
        ],
    )


async def filled(folder: Path) -> Journal:
    """Several sealed segments, in some of which the person is, and an open one."""
    journal = Journal.open(folder, segment_bytes=4_000)
    for number in range(40):
        await journal.append(batch(GONE if number % 3 else "other-person", number))
        await journal.append(Tick(now=NOW // 1000 + 5 * number))
    for number in range(12):
        await journal.append(batch("other-person", 100 + number))
    return journal


def blank_of(folder: Path) -> Blank:
    blank = Blank(GONE, "5f")
    assert learn(folder, blank) > 50
    return blank


async def test_no_byte_of_them_is_left_and_every_position_holds(tmp_path: Path) -> None:
    """Of others' events not one is changed, but where it told what the person said."""
    journal = await filled(tmp_path)
    before = dict(read_journal(tmp_path))
    sizes = {path.name: path.stat().st_size for path in tmp_path.glob("*.log")}

    assert rewrite(Disk(), tmp_path, blank := blank_of(tmp_path)) > 2

    after = dict(read_journal(tmp_path))
    assert list(after) == list(before), "positions are cursors, and are kept elsewhere"
    assert sizes == {path.name: path.stat().st_size for path in tmp_path.glob("*.log")}
    for path in tmp_path.iterdir():
        assert GONE.encode() not in path.read_bytes(), path
    for position, entry in before.items():
        if isinstance(entry, Batch) and entry.events[0].user == GONE:
            events = after[position].events  # type: ignore[union-attr]
            assert [type(one).__name__ for one in events] == [
                *("Message", "Message", "ReactionJudged", "Join")
            ]
            assert events[0].user == blank.name and events[1] == entry.events[1]
        else:
            assert after[position] == entry
    assert rewrite(Disk(), tmp_path, blank) == 0, "a second time there is nothing to do"
    await journal.close()
    again = Journal.open(tmp_path)
    assert [position for position, _ in again.replay()] == list(before)
    await again.close()


async def test_killed_at_any_write_it_can_be_done_again(tmp_path: Path) -> None:
    """Each file is the old one or the new one."""
    journal = await filled(tmp_path)
    await journal.close()
    positions = [position for position, _ in read_journal(tmp_path)]
    blank = blank_of(tmp_path)

    class Killed(BaseException):
        pass

    class Dying(Disk):
        left = 1

        def replace(self, source: Path, target: Path) -> None:
            if not self.left:
                raise Killed
            self.left -= 1
            super().replace(source, target)

    with pytest.raises(Killed):
        rewrite(Dying(), tmp_path, blank)
    again = Journal.open(tmp_path)
    rewrite(Disk(), tmp_path, blank)

    assert [position for position, _ in again.replay()] == positions
    assert not any(GONE.encode() in path.read_bytes() for path in tmp_path.iterdir())
    await again.close()


def test_an_entry_is_filled_up_to_any_length() -> None:
    """What fills it is nobody's field: it decodes to the same."""
    entry = Batch(arrival=NOW, source="http", events=[])
    body = encode_entry(entry)

    for more in (0, 2, 3, 33, 34, 35, 36, 258, 259, 260, 70_000, 1 << 20):
        made = padded(body, len(body) + more)
        assert len(made) == len(body) + more and decode_entry(made) == entry


def test_what_is_nobody_s_is_not_touched() -> None:
    """An entry in which the person is not stays the very bytes that it was."""
    body = encode_entry(batch("other-person", 1))

    assert without(body, Blank(GONE, "5f")) == body


@pytest.mark.parametrize("user", ["message", "tick", "batch", "bob", "luna", "user", "edited"])
async def test_whatever_somebody_is_called_the_journal_can_be_read(
    tmp_path: Path, user: str
) -> None:
    """Nobody takes the others along by the name that they choose."""
    journal = await filled(tmp_path)
    await journal.append(batch(user, 200))
    journal.rotate()
    await journal.append(Tick(now=NOW // 1000 + 900))
    positions = [position for position, _ in read_journal(tmp_path)]
    blank = Blank(user, "5f")
    learn(tmp_path, blank)

    assert rewrite(Disk(), tmp_path, blank)

    assert [position for position, _ in read_journal(tmp_path)] == positions
    await journal.close()
