"""A process that erases somebody from a data folder and kills itself on the way."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from roomtone.runtime import journal_rewriting
from roomtone.runtime.tombstones import Tombstones
from tests.runtime.conftest import House
from tests.runtime.test_erasing import GONE, everything, filled


def die_at(of: Any, name: str, call: int) -> None:
    """Have the process end at a call, before anything of it is done."""
    real, left = getattr(of, name), call

    def counted(*given: Any) -> Any:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given)

    setattr(of, name, counted)


async def main(folder: Path, where: str) -> None:
    """Fill the folder and begin, or go on with what a death broke off; die `where` it is said."""
    house = House(folder)
    if where == "archive":
        await house.open()
        pipeline = await filled(house)
        pipeline.journal.rotate()
        await pipeline.submit(everything(GONE, 3))
        await house.tick()
        die_at(Tombstones, "put", 6)  # it is erased from the archive, and that is not written down
        await pipeline.erase_person(GONE)
    else:
        house.clock.advance(3600)
        die_at(journal_rewriting, "write_file", 2)  # one segment is written anew, others are not
        pipeline = await house.open()
        await pipeline.erasing.resume()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
