"""The members of the ports of reactions have what the ports ask for."""

from __future__ import annotations

from roomtone.ports_reactions import ReactionLog, ReactionSignal
from roomtone.runtime import plugins


def test_members_have_what_is_asked() -> None:
    """Each store of archives is a log of reactions; each signal of reactions measures some."""
    asked = [name for name in vars(ReactionLog) if not name.startswith("_")]
    for name in plugins.MEMBERS["stores.archive"]:
        assert [
            one for one in asked if not hasattr(plugins.load("stores.archive", name), one)
        ] == []
    for name in plugins.MEMBERS["signals.reactions"]:
        made: ReactionSignal = plugins.load("signals.reactions", name)()
        assert {"bot", "user_id", "reaction_emoji"} <= set(made.measurements[0].tags)
