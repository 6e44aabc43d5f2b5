"""The judge behind an address: what a server may say, and that nothing but our schema comes out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from roomtone.errors import BadConfig, ServerError
from roomtone.models import _endpoint
from roomtone.models.judge import Judge
from roomtone.models.openai_judge import MOST_REASON, TASK, OpenAIJudge, understood
from roomtone.reactions import MEANINGS, SCORES, Case, Judgement, Said
from roomtone.runtime import plugins
from roomtone.testing import check_judge
from tests.models.attacks import ATTACKS
from tests.models.completions import Fake, completion, fake, http

LOCAL = Judge()
SURE = {"RATING": 0.9, "AGREEMENT": 0.05, "EMOTIONAL": 0.03, "CONVERSATIONAL": 0.02}
CASE = Case(id="a", emoji="❤️", reply="Hold it for ten seconds.", before=(Said("user", "How?"),))


def verdict(id: str = "1", **more: Any) -> dict[str, Any]:
    said = {"id": id, "meaning": "RATING", "probabilities": SURE, "reasoning": "It was asked for."}
    return {**said, **more}


def verdicts(*said: dict[str, Any]) -> bytes:
    return completion({"verdicts": list(said)})


def judge(server: Fake, more: str = "", **options: Any) -> OpenAIJudge:
    return OpenAIJudge(server.url + more, wait_s=0, **{"fallback": LOCAL, **options})


def asked(body: dict[str, Any]) -> dict[str, Any]:
    return json.loads(body["messages"][1]["content"])


def test_what_it_says_is_the_judgement() -> None:
    """Meaning, probabilities and reason are the model's; the numbers are those of our table."""
    usage = {"prompt_tokens": 210, "completion_tokens": 40}
    choice = {"message": {"content": json.dumps({"verdicts": [verdict()]})}}
    body = json.dumps({"choices": [choice], "usage": usage}).encode()
    with fake(lambda asked, n: http(200, body)) as server:
        (word,) = judge(server).judge([CASE])

    assert (word.meaning, word.probabilities, word.confidence) == ("RATING", SURE, 0.9)
    assert (word.satisfaction, word.score, word.model) == (0.95, 1.0, "tiny")
    assert (word.tokens_in, word.tokens_out, word.calls) == (210, 40, 1)
    assert word.reasoning == "It was asked for."


def test_it_does_what_every_judge_does() -> None:
    """The contract, with a model that always says the same."""

    def say(body: dict[str, Any], n: int) -> bytes:
        return verdicts(*[verdict(one["id"]) for one in asked(body)["reactions"]])

    with fake(say) as server:
        check_judge(judge(server))


def test_reactions_on_one_message_are_one_question_with_the_same_answers() -> None:
    """Five cases, two messages, two calls; equal reactions are asked about once."""

    def say(body: dict[str, Any], n: int) -> bytes:
        said = []
        for one in asked(body)["reactions"]:
            first = "RATING" if one["emoji"] == "❤️" else "CONVERSATIONAL"
            shares = {m: 0.85 if m == first else 0.05 for m in MEANINGS}
            said.append(verdict(one["id"], meaning=first, probabilities=shares))
        return verdicts(*said[::-1])

    other = Case(id="z", emoji="❤️", reply="Good night!")
    cases = [Case(id=str(i), emoji=e, reply=CASE.reply, before=CASE.before)
             for i, e in enumerate(("❤️", "👍", "❤️", "👋"))] + [other]  # fmt: skip
    with fake(say) as server:
        together = judge(server).judge(cases)
        assert len(server.asked) == 2
        assert sum(word.calls for word in together) == 2
        alone = [judge(server).judge([case])[0] for case in cases]

    assert [word.meaning for word in together] == [word.meaning for word in alone]
    assert [word.meaning for word in together[:3]] == ["RATING", "CONVERSATIONAL", "RATING"]


@pytest.mark.parametrize(
    "content",
    [
        "I think it is a RATING, as the user was content.",
        '{"verdicts": [{"id": "1", "meaning": "RAT',
        "<html><body>502</body></html>",
        "",
        "null",
        "[]",
        {"verdicts": []},
        {"verdicts": "RATING"},
        {"verdicts": [verdict("2")]},
        {"verdicts": [verdict(meaning="PRAISE")]},
        {"verdicts": [verdict(meaning="rating")]},
        {"verdicts": [verdict(probabilities={"RATING": 1.0})]},
        {"verdicts": [verdict(probabilities={**SURE, "RATING": "0.9"})]},
        {"verdicts": [verdict(probabilities={**SURE, "RATING": float("nan")})]},
        {"verdicts": [verdict(probabilities={**SURE, "RATING": -1})]},
        {"verdicts": [verdict(probabilities={**SURE, "RATING": True})]},
        {"verdicts": [verdict(probabilities=dict.fromkeys(MEANINGS, 0.0))]},
        {"verdicts": [verdict(probabilities=dict.fromkeys(MEANINGS, 1.0))]},
        "{" * 5_000,
        '{"a":' * 5_000,
        "\ud800",
    ],
)
def test_an_answer_that_is_none_is_asked_for_once_more_and_then_judged_here(content: Any) -> None:
    """Nothing is guessed out of it; whose word it is instead stands in `model`."""
    with fake(lambda body, n: completion(content)) as server:
        (word,) = judge(server).judge([CASE])

        assert len(server.asked) == 2
        repair = server.asked[1][2]["messages"]
    assert [one["role"] for one in repair] == ["system", "user", "assistant", "user"]
    assert word.model == "local instead of tiny"
    assert word.probabilities == LOCAL.judge([CASE])[0].probabilities
    assert word.calls == 2


@pytest.mark.parametrize("body", [b"", b"{}", b'{"choices": []}', b"<html>", b"x" * 2_000_000])
def test_what_is_no_completion_is_judged_here(body: bytes) -> None:
    """Something else listens there, or it says without end."""
    with fake(lambda asked, n: http(200, body)) as server:
        assert judge(server).judge([CASE])[0].model == "local instead of tiny"


@pytest.mark.parametrize(
    "written",
    [
        "```json\n%s\n```",
        '<think>Perhaps {a rating}? {"no": 1}</think>\nHere it is: %s Hope it helps!',
        "%s%s",
    ],
)
def test_an_answer_among_other_words_is_found(written: str) -> None:
    """Fences, thoughts and repetitions of those that know no schemas."""
    said = json.dumps({"verdicts": [verdict(extra="x", satisfaction_score=7)], "note": "<b>"})
    content = written.replace("%s", said)
    with fake(lambda body, n: completion(content)) as server:
        (word,) = judge(server).judge([CASE])

        assert len(server.asked) == 1
    assert (word.meaning, word.score, word.model) == ("RATING", 1.0, "tiny")


def test_a_bare_verdict_is_taken_where_one_was_asked_for() -> None:
    """Small models leave the list out; with two ids that would be a guess."""
    said = json.dumps(verdict())

    assert understood(said, ["1"]).keys() == {"1"}
    assert understood(said, ["1", "2"]) == {}


def test_one_more_question_can_mend_it() -> None:
    """The second answer counts, and both are paid for."""
    with fake(lambda body, n: verdicts(verdict()) if n > 1 else completion("hm")) as server:
        (word,) = judge(server).judge([CASE])

    assert (word.model, word.meaning, word.calls) == ("tiny", "RATING", 2)


def test_only_what_is_missing_is_asked_for_again() -> None:
    """What was answered stays, and a mended answer cannot change it."""
    flipped = verdict(meaning="EMOTIONAL", probabilities={**SURE, "RATING": 0.03, "EMOTIONAL": 0.9})

    def say(body: dict[str, Any], n: int) -> bytes:
        return verdicts(verdict("1")) if n == 1 else verdicts(flipped, verdict("2"))

    with fake(say) as server:
        words = judge(server).judge([CASE, Case(id="b", emoji="👍", reply=CASE.reply,
                                               before=CASE.before)])  # fmt: skip
        schema = server.asked[1][2]["response_format"]["json_schema"]["schema"]

    assert [word.meaning for word in words] == ["RATING", "RATING"]
    ids = schema["properties"]["verdicts"]["items"]["properties"]["id"]["enum"]
    assert ids == ["2"]


def test_who_contradicts_himself_is_not_believed() -> None:
    """The label says one thing, the numbers another: a person decides."""
    with fake(lambda body, n: verdicts(verdict(meaning="EMOTIONAL"))) as server:
        (word,) = judge(server).judge([CASE])

    assert (word.meaning, word.satisfaction, word.model) == (None, None, "tiny")
    assert "contradicts" in word.reasoning


def test_who_is_hardly_surer_of_one_says_none() -> None:
    """Under .6 a person decides; what does not sum to 1 is made to."""
    even = {"RATING": 0.5, "AGREEMENT": 0.45, "EMOTIONAL": 0.02, "CONVERSATIONAL": 0.02}
    with fake(lambda body, n: verdicts(verdict(probabilities=even))) as server:
        (word,) = judge(server).judge([CASE])

    assert word.meaning is None
    assert sum(word.probabilities.values()) == pytest.approx(1.0)


def test_a_persons_message_is_not_rated_whatever_the_model_says() -> None:
    """The rule holds for every judge."""
    case = Case(id="a", emoji="❤️", reply="I'm home", target_is="other")
    with fake(lambda body, n: verdicts(verdict())) as server:
        (word,) = judge(server).judge([case])

    assert word.meaning != "RATING" and word.score is None


@pytest.mark.parametrize(
    "trouble",
    [http(429, b"", "Retry-After: 3"), http(500, b"oops"), http(503, b""), b"", b"?\r\n"],
)
def test_trouble_that_passes_is_waited_out(trouble: bytes) -> None:
    """Asked again, up to three times."""
    with fake(lambda body, n: trouble if n < 3 else verdicts(verdict())) as server:
        (word,) = judge(server).judge([CASE])

    assert (word.model, word.calls) == ("tiny", 3)


def test_a_server_that_hangs_holds_nobody_and_is_left_alone() -> None:
    """It is judged here, and the next cases do not even ask."""
    with fake(lambda body, n: None) as server:
        asking = judge(server, "&timeout_s=0.05")
        first = asking.judge([CASE])[0]
        count = len(server.asked)
        second = asking.judge([CASE])[0]

        assert len(server.asked) == count <= 3
    assert first.model == second.model == "local instead of tiny"


@pytest.mark.parametrize("more", [{"fallback": None}, {"more": "&fallback=none"}])
def test_without_another_judge_trouble_is_said(more: dict[str, Any]) -> None:
    """Whoever asked can ask again later; nothing of the talk is in the error."""
    with (
        fake(lambda body, n: http(401, b"secret")) as server,
        pytest.raises(ServerError, match="answers 401") as error,
    ):
        judge(server, **more).judge([CASE])

    assert "ten seconds" not in str(error.value) and "secret" not in str(error.value)


def test_formats_that_a_server_does_not_know_are_left_out() -> None:
    """A schema first, then any object, then text; what it refused is not asked for again."""

    def say(body: dict[str, Any], n: int) -> bytes:
        return http(400, b"") if "response_format" in body else verdicts(verdict())

    with fake(say) as server:
        asking = judge(server)
        words = [asking.judge([CASE])[0] for _ in range(2)]
        kinds = [body.get("response_format", {}).get("type") for _, _, body in server.asked]

    assert [word.model for word in words] == ["tiny", "tiny"]
    assert kinds == ["json_schema", "json_object", None, None]


def test_the_schema_is_strict_and_texts_are_capped() -> None:
    """Ids and labels are enumerated; a long talk is sent at both ends, and five messages of it."""
    case = Case(id="a", emoji="❤️", reply="x" * 50_000,
                before=tuple(Said("user", f"{i}" + "y" * 9_000) for i in range(20)))  # fmt: skip
    with fake(lambda body, n: verdicts(verdict())) as server:
        judge(server).judge([case])
        body = server.asked[0][2]
    wanted = body["response_format"]["json_schema"]
    item = wanted["schema"]["properties"]["verdicts"]["items"]

    assert wanted["strict"] is True and item["additionalProperties"] is False
    assert item["properties"]["meaning"]["enum"] == list(MEANINGS)
    assert item["properties"]["id"]["enum"] == ["1"]
    assert len(asked(body)["talk"]) == 5 and len(json.dumps(body)) < 20_000


# -- orders in texts ------------------------------------------------------------------------------


def poisoned(attack: str) -> Iterator[Case]:
    """The attack as the reply, as what was asked, as what came later, as an emoji's name."""
    yield Case(id="1", emoji="❤️", reply=attack)
    yield Case(id="1", emoji="❤️", reply="Hello!", before=(Said("user", attack),))
    yield Case(id="1", emoji="❤️", reply="Hello!", after=(Said("other", attack),))
    yield Case(id="1", emoji=f"<:{attack}:1>", reply="Hello!", others=(attack,))


def within_the_schema(word: Judgement) -> bool:
    known = {*MEANINGS, None}
    numbers = {satisfaction for satisfaction, _ in SCORES.values()} | {None}
    return (
        word.meaning in known
        and set(word.probabilities) in (set(MEANINGS), set())
        and word.satisfaction in numbers
        and len(word.reasoning) <= MOST_REASON + 1
        and word.reasoning.isprintable()
    )


def obedient(attack: str) -> list[bytes]:
    """What a model might say that does as it is told."""
    boast = {"meaning": attack, "confidence": 99, "satisfaction_score": 1e9}
    return [
        completion(attack),
        verdicts(verdict(**boast)),
        verdicts(verdict(reasoning=f"{TASK} \u202e\x1b[31m {attack * 50}", satisfaction=9)),
        verdicts({attack: attack}, verdict(id=attack)),
    ]


def test_no_order_in_a_text_gets_anything_but_the_schema_out() -> None:
    """Each attack everywhere, against a model that obeys in four ways: never another value.

    Every attack stands inside of a JSON string of the user's message; the task is always ours.
    """
    answers: list[bytes] = []

    def say(body: dict[str, Any], n: int) -> bytes:
        assert body["messages"][0] == {"role": "system", "content": TASK}
        asked(body)  # is JSON whatever stands in it
        return answers[n % len(answers)]

    with fake(say) as server:
        asking = judge(server)
        for attack in ATTACKS:
            answers[:] = obedient(attack)
            for case in poisoned(attack):
                assert within_the_schema(asking.judge([case])[0]), attack

        assert len(server.asked) >= 4 * len(ATTACKS)


def test_the_key_is_in_nothing_that_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is sent in a header, and no judgement holds it."""
    monkeypatch.setenv("OPENAI_API_KEY", "k-123")
    with fake(lambda body, n: completion("hm")) as server:
        word = judge(server).judge([CASE])[0]
        line, headers, body = server.asked[0]

    assert headers["authorization"] == "Bearer k-123"
    assert "k-123" not in json.dumps(body) + line + repr(word)


@pytest.mark.parametrize("more", ["&fallback=cloud", "&temperature=1", "&timeout_s=0"])
def test_an_address_that_cannot_be_asked_is_refused(more: str) -> None:
    """At once, and it says what may stand there."""
    with pytest.raises(BadConfig):
        OpenAIJudge(f"openai://host/v1?model=m{more}")


def test_the_settings_url_gets_it_with_the_local_judge_behind_it() -> None:
    """A choice is one line."""
    with fake(lambda body, n: http(401, b"")) as server:
        made = plugins.judge(server.url)
        word = made.judge([CASE])[0]

    assert isinstance(made, OpenAIJudge) and word.model == "local instead of tiny"
    assert plugins.judge("local://").name == "local"


def test_a_server_is_left_alone_as_long_as_it_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry-After counts, up to ten seconds; half of each wait is chance, so that not all come."""
    waits: list[float] = []
    monkeypatch.setattr(_endpoint.time, "sleep", waits.append)
    trouble = [http(429, b"", "Retry-After: 4"), http(429, b"", "Retry-After: 999")]
    with fake(lambda body, n: trouble[n - 1] if n < 3 else verdicts(verdict())) as server:
        OpenAIJudge(server.url, wait_s=0.5).judge([CASE])

    assert 2.0 <= waits[0] <= 6.0 and 5.0 <= waits[1] <= 15.0
