"""An emoji on a live session becomes a verdict, a point, and an answer; people have a say."""

from __future__ import annotations

import json

from roomtone.web import reaction_models as models
from tests.reacted import Told
from tests.runtime.conftest import until
from tests.web.conftest import Site, message

HEART = {"type": "reaction", "session": "s", "user": "ann", "emoji": "❤️", "target": "m2"}


async def judged(site: Site) -> None:
    """What waits is judged and kept."""
    reacting = site.pipeline.conversations.reacting
    await site.pipeline.settled()
    await until(lambda: not reacting.waiting)
    await site.house.tick()
    await site.pipeline.keeper.kept(20)


async def test_an_emoji_is_served_as_what_it_means(site: Site) -> None:
    """From the wire to the queue, a person's word, the point and the numbers."""
    site.pipeline.judging.judge = Told("AGREEMENT")
    await site.say(
        message(id="m1", text="Is the sea beautiful?"),
        message(user="luna", role="bot", id="m2", text="It is <b>stunning</b>."),
        HEART,
    )
    await judged(site)

    page = models.Reactions.model_validate(await site.get("/v1/reactions"))
    (one,) = page.reactions
    assert (one.state, one.meaning, one.by, one.bot) == ("judged", "AGREEMENT", "model", "luna")
    assert (one.reply, one.before[0].text) == ("It is <b>stunning</b>.", "Is the sea beautiful?")
    assert one.verdict is not None and one.verdict.reasoning
    found = await site.get("/v1/series", measurement="reaction_engagement", bot="luna")
    assert "reaction_engagement" in json.dumps(found)

    response = await site.client.post(f"/v1/reactions/{one.id}/review", json={"meaning": "RATING"})
    assert response.status_code == 200
    assert models.Reaction.model_validate(response.json()).by == "person"
    assert await site.get(f"/v1/reactions/{one.id}") == response.json()
    told = models.Summary.model_validate(await site.get("/v1/reactions/summary"))
    assert [(c.model, c.person) for c in told.confusion] == [("AGREEMENT", "RATING")]
    assert told.judge == "told/1"
    assert (await site.client.get("/v1/reactions/gold")).text == ""
    yes = await site.client.put("/v1/people/ann/consent", json={"training": True})
    assert yes.status_code == 200
    gold = await site.client.get("/v1/reactions/gold")
    (label,) = [json.loads(line) for line in gold.text.splitlines()]
    assert (label["person"], label["model"]) == ("RATING", "AGREEMENT")
    assert gold.headers["content-type"].startswith("application/x-ndjson")


async def test_the_queue_has_what_the_model_is_not_sure_of(site: Site) -> None:
    """And nothing else; a page is narrowed by what is asked for."""
    site.pipeline.judging.judge = Told(None)
    await site.say(
        message(user="luna", role="bot", id="m2"), HEART, {**HEART, "user": "bob", "emoji": "👍"}
    )
    await judged(site)

    queue = await site.get("/v1/reactions", needs_review=True)
    assert queue["total"] == 2
    for asked in ({"user": "bob"}, {"search": "👍"}, {"state": "review", "limit": 1}):
        assert len((await site.get("/v1/reactions", **asked))["reactions"]) == 1
    assert (await site.get("/v1/reactions", meaning="RATING"))["total"] == 0
    id = queue["reactions"][0]["id"]
    await site.client.post(f"/v1/reactions/{id}/review", json={"skip": True, "by": "eve"})
    assert (await site.get("/v1/reactions", needs_review=True))["total"] == 1
    order = await site.client.post("/v1/reactions/enrich", json={"again": True})
    assert models.Queued.model_validate(order.json()).queued == 0


async def test_wrong_words_are_refused(site: Site) -> None:
    """Nobody's reaction, two words at once, one that was taken back."""
    site.pipeline.judging.judge = Told()
    await site.say(message(user="luna", role="bot", id="m2"), HEART)
    await judged(site)
    id = (await site.get("/v1/reactions"))["reactions"][0]["id"]
    await site.say({**HEART, "action": "remove"})
    await judged(site)

    for path, body, status in (
        ("r_none", {"skip": True}, 404),
        (id, {"skip": True, "accept": True}, 422),
        (id, {}, 422),
        (id, {"skip": True}, 409),
    ):
        response = await site.client.post(f"/v1/reactions/{path}/review", json=body)
        assert (await site.problem(response))[0] == status
    assert (await site.client.get("/v1/reactions/r_none")).status_code == 404
    answer = await site.client.get("/v1/reactions", params={"meaning": "LIKE"})
    assert answer.status_code == 422
