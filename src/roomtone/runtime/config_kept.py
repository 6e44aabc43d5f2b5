"""What can be set of what is kept: for how long, of whom, and who must have agreed."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """A part of the settings, whose names are checked."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Memory(Section):
    """What bots remember of people by themselves."""

    turns: bool = Field(
        default=True,
        description="true: every measured turn leaves a memory of its pair; false: only what is "
        "posted to `/v1/memories`",
    )
    reactions: bool = Field(
        default=True, description="true: so does every reaction that names the bot it is to"
    )


class Consent(Section):
    """What people must have agreed to before it is done."""

    ask: list[Literal["analytics", "memory"]] = Field(
        default=[],
        description="purposes for which nobody counts as agreed before they said so; empty: who "
        "said nothing is measured and remembered; training is always asked for",
    )


class Training(Section):
    """What may be learnt from."""

    assume_consent: bool = Field(
        default=False,
        description="true: whoever talks to a bot counts as having agreed to training until they "
        "say no, as in the documents; `doctor` warns of it, as no law that we know of allows it",
    )


class Retention(Section):
    """How long what is kept is kept."""

    raw_days: float = Field(
        default=7, gt=0, description="days of 5-second points; enough for a week's review"
    )
    minute_days: float = Field(
        default=90, gt=0, description="days of one-minute means; hourly ones are kept for good"
    )
    journal_days: float = Field(
        default=30,
        gt=0,
        description="days of raw events, from which everything else can be made again",
    )
    conversation_days: float = Field(
        default=0,
        ge=0,
        description="days of conversations after they ended, with all that was said in them; "
        "0: for good",
    )
    reaction_days: float = Field(
        default=0, ge=0, description="days of reactions and what they meant; 0: for good"
    )
    agent_log_days: float = Field(
        default=0, ge=0, description="days of what components made of messages; 0: for good"
    )
    dead_letter_days: float = Field(
        default=0,
        ge=0,
        description="days of what could not be taken in, beside the newest few thousand; "
        "0: for good",
    )
    dataset_days: float = Field(
        default=0,
        ge=0,
        description="days of datasets that were made, with their files; 0: for good",
    )
