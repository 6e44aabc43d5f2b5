"""How a message answers the reply before it: pleased, displeased, turned down, let down."""

from __future__ import annotations

import re
from typing import NamedTuple

from roomtone.heard import ends

# What is longer is looked at in its first and its last thousand characters.
MOST_CHARS = 2_000

# The words are ours. They say what the person thinks of the answer, where a reading of emotion
# says how the person sounds: "no, the other one" sounds neutral.
_PLEASED = re.compile(
    r"\b(?:thank(?:s| you)|thx|appreciate[ds]?|perfect(?:ly)?|great|awesome|amazing|wonderful|"
    r"excellent|fantastic|lovely|brilliant|helpful|(?:that|it) (?:helps|works|sounds)|"
    r"sounds (?:good|great|fun|nice|like)|good (?:idea|point|one|to know)|well done|glad|"
    r"love (?:it|that|this)|very (?:good|nice|funny|helpful)|nice|cool|interesting|wow|"
    r"(?:ha){2,6}h?|lol)\b",
    re.I,
)
_DISPLEASED = re.compile(
    r"\b(?:wrong|incorrect|not (?:true|right|correct|what|sure|helpful|working|good)|"
    r"(?:doesn'?t|didn'?t|don'?t|does not|did not|not|no) (?:make|making|makes) (?:any )?sense|"
    r"nonsense|you (?:just |already )(?:said|told|asked|mentioned)|"
    r"i (?:just |already )(?:said|told|asked)|i said|i meant|repeat(?:ing|ed)?|are you sure|"
    r"(?:try|check|look) (?:it )?again|stupid|dumb|useless|boring|bored|weird|strange|"
    r"confus(?:ed|ing)|contradict\w*|random|off topic|huh|what do you mean|"
    r"what are you (?:talking|saying)|"
    r"(?:don'?t|do not|didn'?t) (?:understand|get it|answer|like|care|want|need|think so)|"
    r"never ?mind|hate|terrible|awful|horrible|bad|annoy\w*|disappoint\w*|frustrat\w*|"
    r"unfortunately|whatever|my question|that'?s not|isn'?t (?:what|right|true))\b",
    re.I,
)
_REFUSED = re.compile(
    r"^\W*(?:no|nope|nah|not)\b"
    r"(?![\s,.!]*(?:thank|that'?s (?:all|it|everything)|that is (?:all|it)|problem|worries|"
    r"i'?m (?:good|all set|fine)))",
    re.I,
)
_LET_DOWN = re.compile(
    r"\b(?:sorry|unfortunately|apolog\w+|afraid|unable|couldn'?t|could not|can'?t|cannot|"
    r"don'?t (?:understand|know|have)|not (?:available|able|sure)|no (?:such|results?|matching))\b",
    re.I,
)

PLEASED, DISPLEASED, REFUSED, LET_DOWN = 0.3, -0.3, -0.3, -0.2
"""What each cue adds to the sentiment of the message, which is -1 to 1: a cue is worth a third of
the scale on its side, and that the bot had to refuse something a fifth."""


class Reaction(NamedTuple):
    """What a message says of the reply before it."""

    pleased: bool = False
    displeased: bool = False
    refused: bool = False
    let_down: bool = False  # the reply before it had to say no

    @property
    def leaning(self) -> float:
        """The cues together; the four cannot add up to more than one side of the scale.

        >>> Reaction(pleased=True).leaning, Reaction(displeased=True, let_down=True).leaning
        (0.3, -0.5)
        """
        return (
            PLEASED * self.pleased
            + DISPLEASED * self.displeased
            + REFUSED * self.refused
            + LET_DOWN * self.let_down
        )


def reaction(message: str, reply_before: str) -> Reaction:
    """The cues in a message, in English; of `reply_before` that it refused or apologised.

    >>> reaction("Perfect, thank you!", "It is booked.")
    Reaction(pleased=True, displeased=False, refused=False, let_down=False)
    >>> reaction("No, I said the north.", "Sorry, there is none in the south.")
    Reaction(pleased=False, displeased=True, refused=True, let_down=True)
    >>> reaction("No, that's all, thanks", "Anything else?").refused
    False
    """
    said, before = ends(message, MOST_CHARS), ends(reply_before, MOST_CHARS)
    return Reaction(
        _PLEASED.search(said) is not None,
        _DISPLEASED.search(said) is not None,
        _REFUSED.search(said) is not None,
        _LET_DOWN.search(before) is not None,
    )


def satisfaction(sentiment: float | None, cues: Reaction) -> float | None:
    """How content a person is with what was answered, 0 to 1; None where nothing tells.

    .5 + (sentiment + cues) / 2, held between 0 and 1. `sentiment` is the message's, -1 to 1; where
    nobody could read it the cues alone count, and without any there is no ground.

    >>> satisfaction(0.5, Reaction(pleased=True)), satisfaction(None, Reaction())
    (0.9, None)
    >>> satisfaction(-0.8, Reaction(displeased=True))
    0.0
    """
    if sentiment is None and not any(cues):
        return None
    return round(min(1.0, max(0.0, 0.5 + 0.5 * ((sentiment or 0.0) + cues.leaning))), 4)
