"""What an emoji says by itself when someone reacts with it: ten types, how surely, and how kindly.

The ten types are those of the documents' predecessor; which emoji belongs to which is our own word.
The same emoji means many things, so this is where a judge begins and never where it ends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

VERSION = "1"

TYPES = (
    "POSITIVE_STRONG",
    "POSITIVE_MILD",
    "NEUTRAL_THOUGHTFUL",
    "NEGATIVE_MILD",
    "NEGATIVE_STRONG",
    "SADNESS",
    "SURPRISE",
    "CONFUSION",
    "MYSTICAL_WONDER",
    "TECHNICAL_APPRECIATION",
)

COARSE_OF = {
    **{one: one for one in TYPES[:5]},
    "SADNESS": "NEGATIVE_MILD",
    "SURPRISE": "NEUTRAL_THOUGHTFUL",
    "CONFUSION": "NEUTRAL_THOUGHTFUL",
    "MYSTICAL_WONDER": "POSITIVE_MILD",
    "TECHNICAL_APPRECIATION": "POSITIVE_MILD",
}
"""The five types of the documents' own map, to which the other five belong."""

POLARITY_OF = {
    "POSITIVE_STRONG": 1.0,
    "POSITIVE_MILD": 0.6,
    "NEUTRAL_THOUGHTFUL": 0.0,
    "NEGATIVE_MILD": -0.5,
    "NEGATIVE_STRONG": -1.0,
    "SADNESS": -0.5,
    "SURPRISE": 0.1,
    "CONFUSION": -0.2,
    "MYSTICAL_WONDER": 0.6,
    "TECHNICAL_APPRECIATION": 0.7,
}
"""How kind a type is, -1 to 1, where the table says nothing of the emoji itself."""

CUSTOM, UNKNOWN = 0.30, 0.20
"""How sure one is of an emoji that a server made for itself, and of one that nobody told us of."""

_LISTED = (
    ("POSITIVE_STRONG", 0.95, "❤ 😍 🥰 🤩 💯 🏆 🥇 🎯 💖 💗 💝"),
    ("POSITIVE_STRONG", 0.90, "🔥 🎉 🥳 💕 💞 💓 😘 💙 💚 💛 💜 🧡 🤍 🖤 🩷 🩵 ♥ ❣ 👏 🙌 ⭐ 🌟"),
    ("POSITIVE_STRONG", 0.85, "😻 💘 🚀 🎊 👑 💐 🌹 🤌 ❤‍🔥 💪 🤗"),
    ("POSITIVE_MILD", 0.90, "👍 👌 ✅ ☑ ✔ 🙏"),
    ("POSITIVE_MILD", 0.85, "😊 🙂 😀 😃 😄 😁 ☺ 😎 🆗 ➕ 🤝 🫶 😌"),
    ("POSITIVE_MILD", 0.75, "😂 🤣 😆 😅 😇 🤠 😉 😋 ✌ 🤙 🤞 🫡 👋 💃 🕺 🌈 ☀ 🌞 🌸 🌻 🍀 🎶 🎵"),
    ("NEUTRAL_THOUGHTFUL", 0.80, "🤔 🧐 👀 💭 🤨"),
    ("NEUTRAL_THOUGHTFUL", 0.60, "😐 😶 🫥 😴 🥱 👁 📌 🔖 🤷 ☕ 🍿 😏 🙃 🫠 🤐 🐢 👽 🤖"),
    ("NEGATIVE_MILD", 0.85, "👎 😕 🙁 ☹ 😒 🙄 😑 😬 ❌ ✖ 🚫"),
    ("NEGATIVE_MILD", 0.75, "😟 😣 😖 😩 😫 🤦 😤 🥴 ➖ 😓 🫤 ⛔ 🙅 😰 😧 😨"),
    ("NEGATIVE_STRONG", 0.95, "😡 🤬 🤮 🖕 💩"),
    ("NEGATIVE_STRONG", 0.90, "😠 👿 🤢 💢 🗑 🤡"),
    ("SADNESS", 0.90, "😢 😭 💔 😞 😔"),
    ("SADNESS", 0.80, "😥 😿 🥺 🥀 😪 🕯 🫂 🥲 🪦"),
    ("SURPRISE", 0.90, "😮 😲 😯 🤯 😱"),
    ("SURPRISE", 0.75, "😳 🙀 ‼ ⁉ ❗ 😦 🫢 🫨"),
    ("CONFUSION", 0.85, "❓ ❔ 😵 🤪"),
    ("MYSTICAL_WONDER", 0.85, "✨ 🌌 🔮 🪄 💫 🌠"),
    ("MYSTICAL_WONDER", 0.75, "🌙 🌊 🦋 🕊 🧘 ☯ 🌅 🦄"),
    ("TECHNICAL_APPRECIATION", 0.85, "🧠 💡 🤓 🔬 🧪 💻 📚"),
    ("TECHNICAL_APPRECIATION", 0.75, "⚙ 🛠 🔧 📈 🧮 📊 🐛 🎓 📝"),
)

# Where an emoji is kinder, or less kind, than others of its type.
_KINDNESS = {
    "🥲": -0.1, "🫂": 0.2, "🥺": -0.1, "🕯": -0.3, "😱": -0.2, "🤯": 0.4, "😳": -0.1,
    "😅": 0.3, "😂": 0.5, "🤣": 0.5, "🥱": -0.6, "😴": -0.4, "😐": -0.3, "🤨": -0.3,
    "🙃": -0.2, "👎": -0.8, "🐛": -0.2, "🤡": -0.9, "🤷": -0.1, "🫠": -0.2, "😏": 0.1,
}  # fmt: skip

# What platforms call them that send a name instead of the character.
_NAMES = (
    "❤:heart,red_heart,<3 👍:+1,thumbsup,thumbs_up,like 👎:-1,thumbsdown,thumbs_down,dislike "
    "😂:joy 🤣:rofl 😢:cry 😭:sob 😍:heart_eyes 🥰:smiling_face_with_3_hearts 🔥:fire "
    "🎉:tada 🙏:pray 👏:clap 🙌:raised_hands 🤔:thinking,thinking_face 👀:eyes 😮:open_mouth "
    "😡:rage 😠:angry 💔:broken_heart 🚀:rocket 💯:100 ✅:white_check_mark ✨:sparkles "
    "😊:blush 🙂:slightly_smiling_face 😄:smile 👋:wave 🤯:exploding_head 😕:confused "
    "💡:bulb 🧠:brain 🤓:nerd_face 🤗:hugging_face,hugs 🙄:rolling_eyes,face_with_rolling_eyes "
    "👌:ok_hand ❌:x ❓:question 🤷:shrug 🤦:facepalm 🫡:saluting_face 💪:muscle ⭐:star"
)


class Kind(NamedTuple):
    """What an emoji says by itself."""

    type: str  # one of TYPES
    confidence: float  # 0 to 1
    polarity: float  # -1 to 1: how kind it is


_DROPPED = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff\u2640\u2642\U000e0020-\U000e007f]")
_JOINER = "\u200d"
_CUSTOM = re.compile(r"<a?:[^:<>\s]{1,64}:\d{1,24}>|:?[A-Za-z0-9_+\-]{1,64}:?\Z")


def fold(emoji: str) -> str:
    """The emoji without skin tone, gender and variation mark.

    >>> fold("👍🏽") == fold("👍"), fold("🤷🏾‍♀️"), fold("❤️‍🔥") == "❤" + "\\u200d" + "🔥"
    (True, '🤷', True)
    """
    return _DROPPED.sub("", emoji.strip()[:64]).strip(_JOINER)


TABLE: Mapping[str, Kind] = {
    fold(emoji): Kind(kind, sure, _KINDNESS.get(emoji, POLARITY_OF[kind]))
    for kind, sure, listed in _LISTED
    for emoji in listed.split()
}
"""By the folded emoji. Changing a row changes what old reactions mean: raise VERSION with it."""

_BY_NAME = {
    name: emoji
    for emoji, _, names in (row.partition(":") for row in _NAMES.split())
    for name in names.split(",")
}


def kind(emoji: str, own: Mapping[str, Kind] | None = None) -> Kind:
    """What an emoji says by itself; `own` comes first, by the emoji as it is sent or folded.

    A custom emoji is neutral and little is known of it, and so is one that is not listed.

    >>> kind("❤️").type, kind(":thumbsup:").type, kind("<:pepe:123456>").confidence
    ('POSITIVE_STRONG', 'POSITIVE_MILD', 0.3)
    >>> kind("🦖")
    Kind(type='NEUTRAL_THOUGHTFUL', confidence=0.2, polarity=0.0)
    """
    folded = fold(emoji)
    if own and (found := own.get(emoji) or own.get(folded)):
        return found
    known = TABLE.get(folded) or TABLE.get(folded.split(_JOINER)[0])
    known = known or TABLE.get(_BY_NAME.get(folded.strip(":").lower(), ""))
    if known:
        return known
    sure = CUSTOM if _CUSTOM.match(folded) else UNKNOWN
    return Kind("NEUTRAL_THOUGHTFUL", sure, 0.0)


def character(emoji: str) -> str:
    """The emoji that a name stands for, else the folded emoji itself.

    >>> character(":tada:"), character("👍🏿"), character("<:pepe:123456>")
    ('🎉', '👍', '<:pepe:123456>')
    """
    folded = fold(emoji)
    return _BY_NAME.get(folded.strip(":").lower(), folded)
