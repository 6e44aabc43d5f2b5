"""What the document of the API allows is answered as it says, whatever is made of it."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

from tests.web.conftest import Site

ROOT = Path(__file__).parents[2]

TURN = {
    "type": "turn",
    "bot": "luna",
    "user": "ann",
    "message": "My cat is ill.",
    "reply": "Oh no.",
}


async def test_no_question_that_the_document_allows_ends_badly(site: Site) -> None:
    """Every operation, with generated questions: no 5xx, and no answer that is not described."""
    await site.say(TURN | {"session": "t", "id": "t1"}, {**TURN, "session": "t", "id": "t2"})
    await site.house.tick(2)
    document = await site.get("/openapi.json")
    url = f"http://127.0.0.1:{site.port}"
    command = [sys.executable, "-m", "tests.web.asked", url]
    asking = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, cwd=ROOT)
    told, _ = await asking.communicate(json.dumps(document).encode())

    assert asking.returncode == 0
    troubles = json.loads(told)
    assert not troubles, "\n\n".join(troubles)
