"""Makes a sentence of what weighed most in a judgement; no text of the case is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_MEANT = {
    "RATING": "a rating of the answer",
    "AGREEMENT": "a stand on what is said",
    "EMOTIONAL": "a feeling about what is spoken of",
    "CONVERSATIONAL": "a nod",
}
_SLOTS = {
    "reply": "the message",
    "asked": "the message before it",
    "earlier": "an earlier message",
    "later": "what was written afterwards",
}
_CUES = {
    "asks": "asks for something",
    "asks_view": "asks for a view",
    "asks_you": "asks the other about itself",
    "delivers": "explains or hands over",
    "fact": "tells a fact or news",
    "view": "states a view or a plan",
    "agrees": "says yes or no to a view",
    "life": "speaks of what happened to somebody",
    "comfort": "shares a feeling",
    "greets": "greets or parts",
    "acknowledges": "confirms or thanks",
    "refuses": "does not give what was asked for",
    "content": "is content with it",
    "discontent": "complains of it",
    "requests": "asks for something",
    "closes with a request": "ends in a request",
    "closes with a question to you": "ends in a question about the other",
    "closes with a question": "ends in a question",
    "closes with what is told": "ends in what is told",
    "opens agrees": "opens with a yes or no to a view",
    "opens acknowledges": "opens with a nod",
    "opens view": "opens with a view",
    "opens greets": "opens with a greeting",
    "opens comfort": "opens with a feeling that is shared",
    "opens delivers": "opens with what was asked for",
    "opens refuses": "opens with a refusal",
    "opens life": "opens with what happened to somebody",
    "opens fact": "opens with a fact or news",
    "opens with me": "opens with the one who writes",
    "opens loud": "opens with an exclamation",
    "length": "is as long as such messages are",
    "sentences": "has as many sentences as such messages have",
    "has a question": "holds a question",
    "ends in a question": "ends in a question",
    "is a question": "is a question",
    "exclaims": "exclaims",
    "has figures": "has figures",
    "has code or lists": "has code, a link or a list",
    "commas": "has many parts",
    "of me": "speaks of the one who writes",
    "of you": "speaks to the other",
}
_WHOLE = {
    "asked, and plainly answered": "something was asked for, and answered without ado",
    "speaks of what was asked": "the message speaks of what was asked",
    "speaks of something else": "the message speaks of something else than what was asked",
    "asked compares": "it was asked which is better",
    "asked this or that": "it was asked for one of two",
    "nothing asked": "nothing was asked",
    "nothing before": "nothing stands before it",
    "not the bot's": "the message is no bot's",
    "not addressed": "another person was answered",
    "kind": "the emoji is kind",
    "unkind": "the emoji is unkind",
}
_TYPES = {
    "POSITIVE_STRONG": "the emoji is warm",
    "POSITIVE_MILD": "the emoji is friendly",
    "NEUTRAL_THOUGHTFUL": "the emoji takes no side",
    "NEGATIVE_MILD": "the emoji is displeased",
    "NEGATIVE_STRONG": "the emoji is angry",
    "SADNESS": "the emoji is sad",
    "SURPRISE": "the emoji is surprised",
    "CONFUSION": "the emoji is confused",
    "MYSTICAL_WONDER": "the emoji wonders",
    "TECHNICAL_APPRECIATION": "the emoji admires a mind",
}
MOST = 3  # reasons in a sentence


def sentence(
    first: str, second: str, said: bool, weighed: Mapping[str, float], notes: Sequence[str]
) -> str:
    """Which meaning it is rather than the next likely, and the facts that spoke most for it.

    >>> sentence("RATING", "AGREEMENT", True, {"asked asks": 1.0, "reply axis 3": 2.0}, [])
    'Read as a rating of the answer: the message before it asks for something.'
    """
    reasons: list[str] = []
    for name, weight in sorted(weighed.items(), key=lambda one: -one[1]):
        reason = _reason(name)
        if weight <= 0.02 or len(reasons) == MOST:
            break
        if reason and reason not in reasons:
            reasons.append(reason)
    because = "; ".join([*reasons, *notes]) or "nothing in it weighs much"
    if said:
        return f"Read as {_MEANT[first]}: {because}."
    return f"Not sure: perhaps {_MEANT[first]}, perhaps {_MEANT[second]}; {because}."


def _reason(name: str) -> str:
    """A fact in words; empty for what has none."""
    if name in _WHOLE:
        return _WHOLE[name]
    if name.startswith("nothing before, "):
        return f"nothing stands before it, and the message {_CUES[name.partition(', ')[2]]}"
    slot, _, rest = name.partition(" ")
    if slot == "type":
        return _TYPES.get(rest, "")
    if slot in _SLOTS and rest in _CUES:
        return f"{_SLOTS[slot]} {_CUES[rest]}"
    if slot in _SLOTS and rest.startswith("feels "):
        return f"{_SLOTS[slot]} sounds of {rest.removeprefix('feels ')}"
    for mood in ("kind", "unkind"):
        if name.startswith(f"{mood} at "):
            return f"the emoji is {mood} where there is {name.removeprefix(mood + ' at ')}"
    if " and " in name:
        one, other = name.split(" and ", 1)
        return f"{one} meets {other}"
    return ""
