"""A process whose store is off until it is told otherwise on its standard input, to be killed."""

import asyncio
import random
import sys
import threading
from pathlib import Path

from roomtone.runtime import keeper, lanes, recovery
from roomtone.testing import ManualClock
from tests.faults import outage
from tests.faults.outage import Life, Switchable


def obey() -> None:
    for line in sys.stdin:
        Switchable.down = line.strip() != "up"


async def main(folder: Path) -> None:
    """Talk and tick for good, with snapshots as often as can be; say what becomes of the hole."""
    clock, chance = ManualClock(), random.Random(4)
    life = Life(str(folder), 0, 40, sessions=6)
    said = ""
    async with outage.living(folder, clock) as pipeline:
        for second in range(100_000):
            if second == 30:  # a thread may switch it on meanwhile: nothing is written otherwise
                Switchable.down = True
            await pipeline.submit(outage.talk(chance, life, second))
            clock.advance(1)
            await outage.ticked(pipeline, clock)
            its = pipeline.keeper
            away = second > 150 and its._hole is not None
            news = "mending" if its._mending else "hole" if away else "whole" if its.mended else ""
            if news and news != said and not (news == "whole" and not its.whole):
                print(said := news, second, flush=True)
            # Four outputs may wait: at full speed, while it mends, more come than find room.
            await asyncio.sleep(0.02 if said and not Switchable.down else 0.001)


if __name__ == "__main__":
    keeper.MOST, lanes.RETRY_S, lanes.LAST_RETRY_S = 4, 0.01, 0.02
    recovery.SNAPSHOT_EVENTS = 200
    outage.switch_in()
    outage.log_aside()
    threading.Thread(target=obey, daemon=True).start()
    asyncio.run(main(Path(sys.argv[1])))
