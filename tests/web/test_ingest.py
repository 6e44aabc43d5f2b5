"""Whatever comes in over HTTP is answered clearly, and what is good in it is kept."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import zlib
from typing import Any

import pytest

from roomtone.errors import DiskFull
from tests.web.conftest import Site, message

URL = "/v1/events"
BOMB = gzip.compress(b"0" * 50_000_000)  # fifty times what may be unpacked
NDJSON = {"content-type": "application/x-ndjson"}


async def test_one_event_an_array_and_lines_are_taken_alike(site: Site) -> None:
    """The body's form is the client's choice."""
    one, two = message(id="1"), message(id="2")
    lines = f"{json.dumps(one)}\n{json.dumps(message(id='3'))}\n"

    assert (await site.client.post(URL, json=one)).json()["accepted"] == 1
    assert (await site.client.post(URL, json=[one, two])).json() == {
        "accepted": 1,
        "duplicates": 1,
        "errors": [],
    }
    answer = (await site.client.post(URL, content=lines, headers=NDJSON)).json()
    assert (answer["accepted"], answer["duplicates"]) == (1, 1)


async def test_curl_without_a_content_type_works(site: Site) -> None:
    """`curl -d` calls everything a form; what counts is what it is."""
    form = {"content-type": "application/x-www-form-urlencoded"}
    response = await site.client.post(URL, content=json.dumps(message()), headers=form)

    assert response.status_code == 202


async def test_one_bad_event_never_rejects_its_batch(site: Site) -> None:
    """Each error names its place, and the bad ones lie among the dead letters."""
    body = [message(), {"type": "nap", "session": "s"}, message(), {"type": "join"}, 7]
    answer = await site.say(*body, source="bot")

    assert answer["accepted"] == 2
    assert [error["index"] for error in answer["errors"]] == [1, 3, 4]
    await site.pipeline.keeper.drain()
    letters = await site.pipeline.archive.dead_letters(source="bot")
    assert {letter.raw for letter in letters} == {
        b'{"type":"nap","session":"s"}',
        b'{"type":"join"}',
        b"7",
    }


NO_JSON = [b"", b"  ", b"hello", b'{"type":"mess', b"[1,2", b"\xff\xfe{", b"[" * 90_000, b"\x00"]


async def test_a_body_that_is_no_json_is_400(site: Site) -> None:
    """The answer says what to send, and the inspector shows that it came."""
    for body in NO_JSON:
        status, detail = await site.problem(await site.client.post(URL, content=body))
        assert status == 400
        assert "send one event, an array, or one event per line" in detail

    assert site.pipeline.inspector.sources()[0]["refused"] == len(NO_JSON)


async def test_a_body_of_two_megabytes_is_413(site: Site) -> None:
    """Its sender gets to read the answer, though it writes before it reads."""
    status, detail = await site.problem(await site.client.post(URL, content=b"a" * 2_000_000))

    assert (status, "smaller parts" in detail) == (413, True)


async def test_a_body_that_does_not_say_its_size_is_413_too(site: Site) -> None:
    """What is held is counted as it comes."""

    async def endless() -> Any:
        for _ in range(40):
            yield b"a" * 50_000

    status, _ = await site.problem(await site.client.post(URL, content=endless()))

    assert status == 413
    assert site.app.bodies.in_hand == 0


async def test_more_than_a_thousand_events_are_413(site: Site) -> None:
    """Small events are counted, not weighed."""
    body = json.dumps([{"type": "join", "session": "s"}] * 1001)
    status, detail = await site.problem(await site.client.post(URL, content=body))

    assert (status, "1001 events" in detail) == (413, True)


async def test_gzip_is_unpacked(site: Site) -> None:
    """Also when it comes in several members, as concatenated logs do."""
    packed = gzip.compress(json.dumps(message()).encode() + b"\n")
    headers = {"content-encoding": "gzip", **NDJSON}
    response = await site.client.post(URL, content=packed + packed, headers=headers)

    assert response.json()["accepted"] == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (BOMB, 413),
        (gzip.compress(BOMB), 413),
        (gzip.compress(b"0" * 90_000), 413),
        (gzip.compress(b'{"type":"join","session":"s"}')[:-9], 400),
        (b"no gzip", 400),
        (zlib.compress(b"{}"), 400),
        (gzip.compress(b"") * 200, 400),
        (b"", 400),
    ],
    ids=["bomb", "nested", "ratio", "cut off", "none", "zlib", "members", "empty"],
)
async def test_gzip_bombs_and_wrecks_are_refused(site: Site, body: bytes, status: int) -> None:
    """Never more than a megabyte is unpacked, nor more than 100 times what came."""
    response = await site.client.post(URL, content=body, headers={"content-encoding": "gzip"})

    assert (await site.problem(response))[0] == status


@pytest.mark.parametrize(
    "headers",
    [
        {"content-encoding": "br"},
        {"content-encoding": "gzip, gzip"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": "application/xml"},
        {"content-type": "application/json; charset=utf-16"},
    ],
    ids=str,
)
async def test_encodings_that_are_not_read_are_415(site: Site, headers: dict[str, str]) -> None:
    """The answer says which are."""
    response = await site.client.post(URL, content=json.dumps(message()), headers=headers)
    status, detail = await site.problem(response)

    assert (status, "send" in detail or "encode" in detail) == (415, True)


async def test_a_byte_order_mark_is_no_fault(site: Site) -> None:
    """Some editors and shells write one."""
    body = b"\xef\xbb\xbf" + json.dumps(message()).encode()

    assert (await site.client.post(URL, content=body)).json()["accepted"] == 1


BAD = {
    "a text too long": json.dumps(message(text="x" * 900_000)),
    "the year 3000": json.dumps(message(at="3000-01-01T00:00:00Z")),
    "no offset": json.dumps(message(at="2026-11-21T10:00:00")),
    "a NUL in a name": json.dumps(message(user="a\0b")),
    "a lone surrogate": '{"type":"message","session":"s","user":"u","text":"\\ud800"}',
    "an unknown type": '{"type":"nap","session":"s"}',
    "an emoji too long": json.dumps(message(type="reaction", emoji="x" * 65)),
    "NaN": '{"type":"poll_vote","session":"s","poll":"p","option":NaN}',
}


async def test_an_event_that_cannot_be_is_refused_with_its_reason(site: Site) -> None:
    """And its good neighbours are taken."""
    good = json.dumps(message())
    for name, body in BAD.items():
        lines = f"{good}\n{body}\n{good}"
        response = await site.client.post(URL, content=lines, headers=NDJSON)
        assert response.status_code == 202, response.text
        answer = response.json()
        assert (answer["accepted"], [e["index"] for e in answer["errors"]]) == (2, [1]), name
        assert len(answer["errors"][0]["reason"]) > 10


async def test_what_looks_odd_but_is_right_is_taken(site: Site) -> None:
    """An emoji of seven code points, no time, a leave without a join, a vote without a poll."""
    answer = await site.say(
        message(type="reaction", emoji="👨‍👩‍👧‍👦"),
        message(text="a\0b"),
        {"type": "leave", "session": "s", "user": "nobody"},
        {"type": "poll_vote", "session": "s", "user": "ann", "poll": "p", "option": 1},
        message(session="a/b?c#d%2F", user="<img src=x onerror=alert(1)>"),
    )

    assert answer == {"accepted": 5, "duplicates": 0, "errors": []}


async def test_an_id_that_came_by_another_source_counts_once(site: Site) -> None:
    """Two channels may bring the same event."""
    first = await site.say(message(id="x"), source="irc")
    second = await site.say(message(id="x"), source="web")

    assert (first["accepted"], second["accepted"], second["duplicates"]) == (1, 0, 1)


async def test_too_many_sessions_of_one_client_are_429(strict: Site) -> None:
    """There is a limit, the answer names it, and rooms that are open go on."""
    first = await strict.say(*(message(session=f"s{i}") for i in range(9)))
    response = await strict.client.post(URL, json=message(session="one more"))
    status, detail = await strict.problem(response)

    assert (first["accepted"], len(first["errors"])) == (5, 4)
    assert (status, "limits.max_sessions_per_client" in detail) == (429, True)
    assert int(response.headers["retry-after"]) > 0
    assert (await strict.say(message(session="s0")))["accepted"] == 1


async def test_who_sends_is_the_peer_whatever_it_writes(strict: Site) -> None:
    """`X-Forwarded-For` opens no second purse."""
    await strict.say(*(message(session=f"s{i}") for i in range(5)))
    forged = {"x-forwarded-for": "10.1.2.3", "forwarded": "for=10.1.2.3"}
    response = await strict.client.post(URL, json=message(session="more"), headers=forged)

    assert response.status_code == 429


async def test_a_full_disk_is_503_and_says_so(site: Site) -> None:
    """Nothing is taken, /readyz names it, and it goes on when there is room again."""
    writer = site.pipeline.journal._writer
    writer.trouble = DiskFull("the disk is full; make room, it goes on by itself")
    response = await site.client.post(URL, json=message())
    ready = await site.client.get("/readyz")
    writer.trouble = None

    assert (await site.problem(response))[0] == 503
    assert int(response.headers["retry-after"]) > 0
    assert ready.status_code == 503
    assert [part["name"] for part in ready.json()["parts"] if not part["ok"]] == ["journal"]
    assert (await site.say(message()))["accepted"] == 1


@pytest.mark.parametrize("query", ["history=perhaps", "source=", "source=" + "x" * 101, "a&" * 30])
async def test_a_query_that_is_not_understood_is_400(site: Site, query: str) -> None:
    """A typing error in `history` must not turn the past into the present."""
    response = await site.client.post(f"{URL}?{query}", json=message())

    assert (await site.problem(response))[0] == 400


async def test_history_runs_on_its_own_time(site: Site) -> None:
    """A session of last year gets its points, and a summary when it is closed."""
    minutes = [f"2025-01-01T10:{m:02d}:00Z" for m in range(5)]
    await site.say(*(message("old", at=at) for at in minutes), history="true")
    closed = await site.client.post("/v1/history/close", json={"sessions": ["old", "never"]})
    session = await site.get("/v1/sessions/old")

    assert closed.json() == {"closed": 1}
    assert (session["state"], session["messages"]) == ("ended", 5)


async def test_a_client_that_leaves_in_the_middle_harms_nobody(site: Site) -> None:
    """Half a request is no request."""
    _, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999\r\n\r\n[{")
    await writer.drain()
    writer.close()

    assert (await site.say(message()))["accepted"] == 1


SEEDS = [json.dumps(message(id=f"x{i}", at="2026-11-21T10:00:00Z")).encode() for i in range(3)]
JUNK = [b"\\ud800", b"\x00", b"\xff", b"1e999", b"[[[[", b'"', b"{}", b"null", b"\n", b"-0"]


def spoil(dice: random.Random, body: bytes) -> bytes:
    """A body with some of its bytes changed, cut out, or put in."""
    spoiled = bytearray(body)
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(spoiled) + 1)
        match dice.randrange(4):
            case 0:
                spoiled[at : at + 1] = bytes([dice.randrange(256)])
            case 1:
                del spoiled[at : at + dice.randint(1, 20)]
            case 2:
                spoiled[at:at] = dice.choice(JUNK)
            case _:
                spoiled[at:at] = spoiled[: dice.randint(0, 40)]
    return bytes(spoiled)


async def test_no_malformed_body_breaks_the_door(site: Site) -> None:
    """Of two thousand lines each gets its answer, and their good neighbours are taken."""
    dice = random.Random(7)
    refused = 0
    for number in range(100):
        spoiled = [spoil(dice, dice.choice(SEEDS)).replace(b"\n", b" ") for _ in range(20)]
        good = json.dumps(message("good", id=f"g{number}")).encode()
        body = b"\n".join([*spoiled, good])
        packed = number % 10 == 0
        headers = {"content-encoding": "gzip", **NDJSON} if packed else NDJSON
        content = gzip.compress(body) if packed else body
        response = await site.client.post(URL, content=content, headers=headers)
        assert response.status_code == 202, (body, response.text)
        refused += len(response.json()["errors"])
        assert response.json()["accepted"] >= 1

    assert refused > 1000
    assert site.pipeline.inspector.sources()[0]["refused"] == refused
    assert site.app.faults.count == 0
