"""What waits for a viewer is bounded, in order, and honest about its holes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
import websockets.frames
from websockets.streams import StreamReader

from roomtone.runtime import frames
from roomtone.web.viewer import QUEUE, Frame, Viewer, said


def numbered(topic: str, kind: str, seq: int) -> Frame:
    return Frame(topic, f'{{"topic":"{topic}","kind":"{kind}","seq":{seq},"t":{seq}}}'.encode())


async def waiting(viewer: Viewer) -> list[str]:
    """All that the viewer would be sent now."""
    texts = []
    while True:
        try:
            frame = await asyncio.wait_for(viewer.next(), 0.01)
        except TimeoutError:
            return texts
        texts.append(frame.text)


def test_a_frame_is_read_as_the_pipeline_writes_it() -> None:
    """Its kind, number and time are found without decoding it; hostile topics confuse nothing."""
    hostile = 'session:","kind":"change","seq":999,"t":1'
    frame = Frame(hostile, frames.frame(hostile, "tick", t=1763719325))

    assert (frame.change, frame.t) == (False, "1763719325")
    assert frame.seq != 999


def test_an_event_carries_the_same_text() -> None:
    """Server-sent events are made once as well."""
    frame = numbered("pulse", "tick", 5)

    assert frame.event == f"id: 5\ndata: {frame.text}\n\n".encode()
    assert frame.event is frame.event


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 200_000])
def test_a_frame_on_the_wire_is_a_whole_websocket_text(size: int) -> None:
    """As an independent implementation reads it, at every length the protocol knows."""
    frame = Frame("pulse", b"x" * size)
    reader = StreamReader()
    reader.feed_data(frame.wire)
    parse = websockets.frames.Frame.parse(reader.read_exact, mask=False)
    with pytest.raises(StopIteration) as parsed:
        next(parse)

    assert parsed.value.value.opcode is websockets.frames.Opcode.TEXT
    assert parsed.value.value.fin
    assert parsed.value.value.data == b"x" * size


async def test_the_oldest_goes_first_and_is_owned_up_to() -> None:
    """A gap stands where the frames were, with how many."""
    viewer = Viewer()
    for seq in range(1, QUEUE + 4):
        viewer.take(numbered("pulse", "tick", seq))
    texts = await waiting(viewer)

    assert texts[0] == '{"topic":"pulse","kind":"gap","seq":0,"missed":3}'
    assert '"seq":4' in texts[1]
    assert len(texts) == QUEUE + 1


async def test_large_frames_are_bounded_by_their_size() -> None:
    """A thousand first frames are as bounded as a thousand small ones."""
    viewer = Viewer()
    for _ in range(100):
        viewer.put(Frame("pulse", b'{"kind":"snapshot","seq":1,"pad":"' + b"x" * 500_000 + b'"}'))

    assert sum(len(text) for text in await waiting(viewer)) < 5_000_000


async def test_nothing_overtakes_the_first_frame() -> None:
    """What came while it was made follows it, but for moments that are in it already."""
    viewer = Viewer()
    viewer.hold("s")
    for seq, kind in ((1, "change"), (2, "tick"), (4, "change"), (5, "tick")):
        viewer.take(numbered("s", kind, seq))
    viewer.release("s", numbered("s", "snapshot", 3))
    order = [Frame("s", text.encode()).seq for text in await waiting(viewer)]

    assert order == [3, 2, 4, 5]


async def test_without_a_first_frame_nothing_is_lost() -> None:
    """A store that cannot be read does not silence the room."""
    viewer = Viewer()
    viewer.hold("s")
    viewer.take(numbered("s", "change", 1))
    viewer.release("s", None)

    assert len(await waiting(viewer)) == 1


async def test_flushed_waits_until_all_is_sent() -> None:
    """So a page that asks much and reads nothing is not answered for ever."""
    viewer = Viewer()
    viewer.take(numbered("s", "tick", 1))
    flushed = asyncio.create_task(viewer.flushed())
    await asyncio.sleep(0)
    before = flushed.done()
    await waiting(viewer)
    await flushed

    assert not before


class Wire:
    """A line that takes what it has room for."""

    def __init__(self, space: int) -> None:
        self.space, self.room = space, True
        self.on_full: Callable[[], None] | None = None
        self.taken: list[bytes] = []

    def write(self, wire: bytes) -> None:
        self.taken.append(wire)
        if len(self.taken) == self.space:
            self.room = False
            assert self.on_full is not None
            self.on_full()


async def picked_up(viewer: Viewer, line: Wire) -> asyncio.Task[Frame]:
    """Who sends what waits, at rest."""
    viewer.pick_up(line)
    sender = asyncio.create_task(viewer.next())
    await asyncio.sleep(0)
    return sender


async def test_a_line_with_room_takes_frames_at_once() -> None:
    """Nobody is woken for them; they are counted as sent, in their order."""
    viewer, line = Viewer(), Wire(2)
    sender = await picked_up(viewer, line)
    frames = [said("pulse", "tick", n=n) for n in range(4)]
    for frame in frames:
        viewer.take(frame)

    assert line.taken == [frame.wire for frame in frames[:2]]
    assert viewer.sent == 2
    line.room = True
    viewer.take(said("pulse", "tick", n=4))
    assert len(line.taken) == 2, "what waits goes first"
    assert await sender is frames[2]
    assert viewer.now is None, "it is on its way"
    assert [await viewer.next(), (await viewer.next()).seq] == [frames[3], 0]
    await picked_up(viewer, line)
    assert viewer.now == line.write


async def test_a_full_line_is_written_nothing_to() -> None:
    """Also where nothing waits for it: what comes then goes by who waits for room."""
    viewer, line = Viewer(), Wire(1)
    sender = await picked_up(viewer, line)
    assert viewer.now is not None
    viewer.now(b"full")
    frame = said("pulse", "tick")
    viewer.take(frame)
    assert await sender is frame
    await picked_up(viewer, line)

    assert (line.taken, viewer.now) == ([b"full"], None)


async def test_nothing_goes_straight_while_a_first_frame_is_made() -> None:
    """What comes on its topic is kept back, and the line's own write would not know of it."""
    viewer, line = Viewer(), Wire(9)
    sender = await picked_up(viewer, line)
    viewer.hold("s")
    assert viewer.now is None
    viewer.take(numbered("s", "change", 2))
    viewer.release("s", numbered("s", "snapshot", 1))

    assert [(await sender).seq, (await viewer.next()).seq] == [1, 2]
    await picked_up(viewer, line)
    assert (viewer.now, line.taken) == (line.write, [])


async def test_nothing_overtakes_a_gap() -> None:
    """A viewer that lost something is told so before anything else, though its line has room."""
    viewer, line = Viewer(), Wire(9)
    sender = await picked_up(viewer, line)
    viewer.lose("pulse", 3)
    viewer.take(said("pulse", "tick"))

    assert b'"gap"' in (await sender).wire
    assert (line.taken, viewer.lost) == ([], 3)


def test_a_beat_asks_for_a_sign_of_life() -> None:
    """A WebSocket's ping goes along with it, in the same write; never in what others are told."""
    beat = said("server", "beat", ping=True)

    assert beat.wire.endswith(b"}\x89\x00")
    assert "\x89" not in beat.text
