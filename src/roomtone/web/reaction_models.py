"""What the documented API answers with where it is asked what reactions meant."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Meaning = Literal["RATING", "AGREEMENT", "EMOTIONAL", "CONVERSATIONAL"]
State = Literal["waiting", "judged", "review", "reviewed", "skipped", "retracted", "unanswered"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="allow")


class Line(_Model):
    """A message around a reaction. The text comes from people: show it as text only."""

    who: Literal["user", "bot", "other"] = Field(
        description="`user` is who reacted, `other` anybody else"
    )
    text: str


class Verdict(_Model):
    """What a model made of a reaction."""

    meaning: Meaning | None = Field(description="null: not sure enough, a person decides")
    confidence: float = Field(description="of the meaning, or of the likeliest one; 0 to 1")
    probabilities: dict[str, float] = Field(description="by meaning, summing to 1; or empty")
    reasoning: str
    satisfaction: float | None = Field(description="of a rating, 0.15 to 0.95")
    score: float | None = Field(description="of a rating, 0 to 1")
    model: str
    version: str
    at: str


class Review(_Model):
    """What a person said of it."""

    meaning: Meaning | None = Field(description="null: cannot be told, or left to others")
    by: str
    at: str


class Reaction(_Model):
    """A reaction, what was said around it, and what it meant."""

    id: str
    session: str
    bot: str = Field(description="whose message it was; empty where it was no bot's")
    user: str = Field(description="empty where nobody said who it was")
    emoji: str
    type: str = Field(description="one of ten, like POSITIVE_STRONG; of the emoji by itself")
    target: str = Field(description="the id of the turn or message")
    target_is: Literal["bot", "user", "other", ""] = Field(description="empty: not known")
    at: str
    latency_s: float | None = Field(description="from the message to the reaction")
    state: State = Field(
        description="waiting: to be judged; judged: by a model; review: a person is asked; "
        "reviewed: a person said; skipped: nobody can tell; retracted: taken back; unanswered: "
        "for the reason in `why`"
    )
    meaning: Meaning | None = Field(description="what holds: a person's word, else the model's")
    by: Literal["person", "model", ""] = Field(description="who said what holds")
    reply: str | None = Field(description="what was reacted to")
    before: list[Line] = Field(description="up to 5, the oldest first")
    after: list[Line]
    verdict: Verdict | None
    review: Review | None
    weight: float | None = Field(
        description="how much this emoji of this person says, 0 to 1: little where it is given "
        "to everything"
    )
    why: str = Field(description="why it was not answered; empty otherwise")


class Reactions(_Model):
    """A page of reactions."""

    reactions: list[Reaction]
    total: int = Field(description="how many there are that were asked for")


class Pooled(_Model):
    """What people think of one message together."""

    session: str
    target: str
    reactions: int
    emoji: dict[str, int]
    meanings: dict[str, int]
    satisfaction: float | None = Field(description="of those that are ratings; null: there is none")
    certainty: float = Field(description="how much of it is theirs, 0 to 1")
    people: int = Field(description="who rated it")
    split: float = Field(description="0: all on one side; 1: as many against as for")


class Confused(_Model):
    """How often people said one thing where the model had said another, or the same."""

    model: str = Field(description="a meaning; `unsure` where the model abstained")
    person: Meaning
    count: int


class Spent(_Model):
    """What asking models cost."""

    calls: float = Field(description="a call for several reactions is shared by them")
    tokens_in: int
    tokens_out: int
    money: float = Field(description="by the prices in the settings, in their currency")


class Cost(_Model):
    """The ledger."""

    today: Spent = Field(description="since midnight UTC")
    total: Spent
    judged: int = Field(description="reactions that a model was asked of")
    calls_avoided: int = Field(description="the sum of `avoided`")
    avoided: dict[str, int] = Field(
        description="by how: `batched` into one call with others, `removed` before they were "
        "judged, `known` from before a crash"
    )
    cap_calls: int = Field(description="a day; 0: none")
    cap_money: float = Field(description="a day; 0: none")
    capped: bool = Field(description="whether today's cap is reached; the rest waits")


class Summary(_Model):
    """How the judging of reactions stands."""

    waiting: int
    waiting_for_target: int = Field(description="of these, whose message is not known yet")
    again: int = Field(description="how many are judged again, as somebody ordered")
    needs_review: int
    oldest_s: float | None = Field(description="how long the oldest has waited")
    states: dict[str, int]
    meanings: dict[str, int] = Field(description="of those where one holds")
    reviewed: int = Field(description="by a person who said a meaning")
    agreed: int = Field(description="of these, where the model had said the same")
    confusion: list[Confused]
    unanswered: dict[str, int] = Field(description="by why")
    cost: Cost
    judge: str = Field(description="the judge's name and version; empty before the first")
    trouble: str = Field(description="why nothing is judged right now; empty if all is well")


class Queued(_Model):
    """How many reactions are judged now."""

    queued: int


class Order(BaseModel):
    """What is to be judged."""

    model_config = ConfigDict(extra="forbid")

    again: bool = Field(False, description="also what another model or version judged")


class Word(BaseModel):
    """A person's word on a reaction: one of the three."""

    model_config = ConfigDict(extra="forbid")

    meaning: Meaning | None = Field(None, description="it means this")
    accept: bool = Field(False, description="the model is right, or its likeliest guess is")
    skip: bool = Field(False, description="nobody can tell")
    by: str = Field("dashboard", min_length=1, max_length=200, description="who says so")
