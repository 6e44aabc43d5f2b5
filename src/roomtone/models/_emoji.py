"""What an emoji says of a feeling: a small table of our own, one label of the vocabulary each."""

from __future__ import annotations

_BY_LABEL = {
    "amusement": "😂 🤣 😆 😹 😄 😅 🤪 😜 😝 😛 😁 🤡",
    "joy": "😀 😃 😊 ☺ 🙂 😸 😺 🌞 🎶 💃 🕺 😇 🥲 🌈 😌",
    "love": "❤ 😍 🥰 😘 💕 💖 💗 💘 💙 💚 💛 💜 🧡 🤍 🖤 💝 💞 💓 💟 ♥ 😻 💋 😚 😙 😗 💑 🌹 🤎",
    "excitement": "🎉 🥳 🤩 🎊 🚀 🔥 ⚡ 🙌 🎆 🎇 🪩",
    "admiration": "👏 💯 🏆 🥇 😎 🌟 ⭐ ✨ 👑 🫡 💪 🤌",
    "approval": "👍 👌 ✅ 🆗 ☑ ✔ 🤝 🤙",
    "gratitude": "🙏 💐",
    "optimism": "🤞 🍀 🌱 🌅",
    "pride": "🎓 🏅 🦚",
    "desire": "🤤 😋 😏 🥵",
    "caring": "🤗 🫂 💌 🕊",
    "sadness": "😢 😭 😞 😔 ☹ 🙁 😿 🥺 😥 😓 😪",
    "grief": "💔 🥀 ⚰ 🪦",
    "disappointment": "😟 😣 😖 😩 😫 👎 🤦",
    "anger": "😡 😠 🤬 👿 😤 💢 🖕 😾",
    "annoyance": "🙄 😒 😑 😐 🤨",
    "disgust": "🤢 🤮 💩 🤧",
    "fear": "😨 😱 😰 👻 🙀 😧",
    "nervousness": "😬 😯 🫣 🫠 🫨",
    "embarrassment": "😳 🙈 🫢 🙊",
    "surprise": "😮 😲 🤯 😵 ‼ ⁉ ❗ 😦",
    "confusion": "😕 🤷 🥴 😶 ❓ 🫤",
    "curiosity": "🤔 👀 🧐 🔍",
    "disapproval": "❌ 🚫 ✖ 🙅 ⛔",
    "realization": "💡",
}

TABLE = {emoji[0]: label for label, all_of_it in _BY_LABEL.items() for emoji in all_of_it.split()}
"""Label by emoji (its first character: skin tones, genders and variation marks do not count)."""
