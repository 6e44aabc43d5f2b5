"""People write in every script: an emoji of seven code points is one reaction, never split."""

import json

import pytest

from roomtone.engine import Engine
from roomtone.events import MAX_EMOJI, MAX_NAME, MAX_TEXT, Message, Reaction, decode, encode
from roomtone.records import Batch
from roomtone.runtime import plugins
from roomtone.runtime.frames import show_event
from roomtone.runtime.journal import Journal

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"  # seven code points
ONE_GRAPHEME = {
    "family": FAMILY,
    "kiss": "\U0001f469\u200d\u2764\ufe0f\u200d\U0001f48b\u200d\U0001f468",
    "skin tone": "\U0001f44d\U0001f3fe",
    "flag": "\U0001f1e9\U0001f1ea",
    "flag of a region": "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "keycap": "1\ufe0f\u20e3",
    "text style": "\u2764\ufe0e",
    "combining marks": "e" + "\u0301" * 20,
}
TEXTS = {
    "right to left override": "\u202etxt.exe\u202c",
    "zero width": "a\u200b\u200c\u200d\ufeffb",
    "line separators": "a\u2028b\u2029c\u0085d",
    "marks upon marks": "o" + "\u0334" * 5000,
    "outside the basic plane": "\U00020000\U0010ffff",
    "not a character": "\ufffe\uffff",
    "mixed scripts": "שלום مرحبا 你好 हैलो สวัสดี",
    "NUL": "a\x00b",
}


def engine() -> Engine:
    return Engine(plugins.gauges(seed_weights=False), [])


def sent(event) -> list:
    """The event as a client sends it, both with and without escapes, decoded."""
    plain = encode([event])
    escaped = json.dumps(json.loads(plain)).encode()
    (one,), none, _ = decode(plain)
    (two,), nothing, _ = decode(escaped)
    assert none == nothing == []
    return [one, two]


def test_the_family_is_seven_code_points():
    """The example that the claim is about is what it says."""
    assert len(FAMILY) == 7


@pytest.mark.parametrize("name", ONE_GRAPHEME)
def test_one_emoji_is_one_reaction(name):
    """However many code points it is made of; and it can be taken back as a whole."""
    emoji, room = ONE_GRAPHEME[name], engine()
    ann, bob = (Reaction(session="s", user=user, emoji=emoji) for user in ("ann", "bob"))
    for arrived in sent(ann):
        assert arrived == ann
    room.apply([ann, bob], 1_000_000_000)
    assert room.tick(1_000_005).blocks[0].fields["reactions_per_min"].tolist() == [2]

    room.apply([Reaction(session="s", user="bob", emoji=emoji, action="remove")], 1_000_006_000)

    assert room.tick(1_000_010).blocks[0].fields["reactions_per_min"].tolist() == [1]


@pytest.mark.parametrize("name", ONE_GRAPHEME)
async def test_it_stays_whole_on_its_way(tmp_path, name):
    """Through the journal and onto the ticker no code point is lost."""
    event = Reaction(session="s", user=ONE_GRAPHEME[name], emoji=ONE_GRAPHEME[name])
    journal = Journal.open(tmp_path)
    await journal.append(Batch(arrival=1, source="t", events=[event]))
    ((_, kept),) = journal.replay()
    await journal.close()

    assert kept.events == [event]
    assert show_event(event, 1)["emoji"] == ONE_GRAPHEME[name]


@pytest.mark.parametrize("name", TEXTS)
async def test_any_text_comes_back_as_it_was_sent(tmp_path, name):
    """Texts are kept as they are; what shows them must escape them."""
    event = Message(session="s", user="u", text=TEXTS[name])
    journal = Journal.open(tmp_path)
    await journal.append(Batch(arrival=1, source="t", events=sent(event)))
    ((_, kept),) = journal.replay()
    await journal.close()

    assert kept.events == [event, event]


@pytest.mark.parametrize(
    ("field", "limit"), [("emoji", MAX_EMOJI), ("user", MAX_NAME), ("text", MAX_TEXT)]
)
def test_too_long_is_refused_not_cut(field, limit):
    """Cutting could split a character; so a megabyte of marks is refused with the limit named."""
    kind = {"emoji": "reaction", "user": "join", "text": "message"}[field]
    for size, taken in ((limit, 1), (limit + 1, 0), (1_000_000, 0)):
        body = json.dumps({"type": kind, "session": "s", field: "\u0301" * size}).encode()
        events, refusals, _ = decode(body)

        assert len(events) == taken
        assert all(str(limit) in refusal.reason for refusal in refusals)


def test_half_a_character_is_refused_alone():
    """A lone surrogate is no text; its neighbours are taken."""
    for half in ("\\ud83d", "\\udc4d", "\\udc4d\\ud83d"):
        line = f'{{"type":"message","session":"s","text":"{half}"}}'
        body = f'[{{"type":"join","session":"s"}},{line},{{"type":"leave","session":"s"}}]'

        events, refusals, kept = decode(body.encode())

        assert kept == [0, 2] and len(events) == 2
        assert refusals[0].index == 1 and "surrogate" in refusals[0].reason


def test_look_alike_names_are_different_people():
    """Composed and decomposed letters are not folded: an id is what the client says it is."""
    room = engine()
    room.apply([Message(session="s", user=user, text="t") for user in ("é", "e\u0301")], 10**12)

    assert room.tick(10**9 + 5).blocks[0].fields["active_users"].tolist() == [2]
