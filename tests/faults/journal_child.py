"""A process that lives with a journal and is killed: at every system call, or from outside."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from time import perf_counter

from roomtone.events import Message
from roomtone.records import Batch
from roomtone.runtime.journal import Journal, read_journal
from roomtone.runtime.journal_disk import Disk

CALLS = ("open", "write", "datasync", "sync", "truncate", "close", "replace", "unlink")
SIZE = 5  # events in a batch


class KillingDisk(Disk):
    """At the n-th call the process is gone: before it, or in the middle of a write."""

    def __init__(self, kill_at: int, half: bool) -> None:
        self.count, self.kill_at, self.half = 0, kill_at, half


def _killing(name):
    real = getattr(Disk, name)

    def call(self, *args):
        self.count += 1
        if self.count == self.kill_at:
            if self.half and name == "write":
                real(self, args[0], args[1][: len(args[1]) // 2])
            elif self.half:
                real(self, *args)
            os.kill(os.getpid(), signal.SIGKILL)
        return real(self, *args)

    return call


for _name in CALLS:
    setattr(KillingDisk, _name, _killing(_name))


def batch(n: int) -> Batch:
    events = [Message(session="s", id=f"{n}-{k}", user="u", text="t" * 40) for k in range(SIZE)]
    return Batch(arrival=n, source="test", events=events)


async def life(folder: Path, acks: int, disk: Disk, first: int, last: int) -> None:
    """Append batches, snapshot and retain now and then; each acknowledgement goes to `acks`."""
    begun = perf_counter()
    journal = Journal.open(folder, segment_bytes=1200, disk=disk)
    os.write(acks, b"started %.4f\n" % (perf_counter() - begun))
    waiting: list[tuple[int, asyncio.Future]] = []
    for n in range(first, last):
        waiting.append((n, journal.append(batch(n))))
        if len(waiting) == 3:
            for k, answer in waiting:
                await answer
                os.write(acks, b"acked %d\n" % k)
            waiting.clear()
        if n % 6 == 5:
            journal.write_snapshot(journal.end, b"%d" % n)
            journal.drop_before(0)
    for k, answer in waiting:
        await answer
        os.write(acks, b"acked %d\n" % k)
    await journal.close()


def forked(work) -> bool:
    """Run in a child; True when it came to its end, False when it was killed on the way."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
            os._exit(0)
        except BaseException as error:
            sys.stderr.write(f"{error!r}\n")
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return False
    if status:
        sys.exit(f"a life ended badly: {status}")
    return True


def every_call(folder: Path, batches: int, stride: int) -> dict[str, float]:
    """Kill at each call of a life, and then at each call of the recovery after it."""
    result = {"kills": 0, "acked": 0, "lost": 0, "double": 0, "slowest_start_s": 0.0, "calls": 0}
    for half in (False, True):
        at, ended = 1, False
        while not ended:
            place = folder / f"{at}-{half}"
            place.mkdir()
            acks = os.open(place / "acks", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            live = lambda disk, p=place, a=acks: asyncio.run(  # noqa: E731
                life(p / "journal", a, disk, 0, batches)
            )
            ended = forked(lambda n=at, h=half, live=live: live(KillingDisk(n, h)))
            result["kills"] += not ended
            # The recovery, too, is killed at each of its first calls, until it gets further.
            for again in range(1, 12):
                result["kills"] += not forked(
                    lambda n=again, h=half, live=live: live(KillingDisk(n, h))
                )
            if not forked(lambda live=live: live(Disk())):
                sys.exit("killed without being told to")
            os.close(acks)
            count(place, result, batches)
            result["calls"] = max(result["calls"], at)
            at += stride
    return result


def count(place: Path, result: dict[str, float], batches: int) -> None:
    """Hold the journal against what was acknowledged."""
    told = [line.split() for line in (place / "acks").read_text().splitlines()]
    acked = {int(value) for what, value in told if what == "acked"}
    starts = [float(value) for what, value in told if what == "started"]
    kept = [e.id for _, entry in read_journal(place / "journal") for e in entry.events]
    wanted = {f"{n}-{k}" for n in acked for k in range(SIZE)}
    result["acked"] += len(wanted)
    result["lost"] += len(wanted - set(kept))
    result["double"] += len(kept) - len(set(kept))
    result["slowest_start_s"] = max(result["slowest_start_s"], *starts)
    assert acked == set(range(batches)), "the last life acknowledges everything that was resent"


if __name__ == "__main__":
    mode, where, number, other = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    if mode == "every":
        print(json.dumps(every_call(where, number, other)))
    else:
        asyncio.run(life(where, 1, Disk(), number, other))
