"""What an archive must do for training data: conversations in bulk, consent, and datasets."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol, Unpack

from roomtone.kept_columns import KeptColumns
from roomtone.training_data import (
    AgentLog,
    Consent,
    Dataset,
    KeptConversation,
    Revision,
    TrainingSought,
)


class TrainingArchive(Protocol):  # stores/
    """The part of an Archive that training data is made of. Every failure is a StoreError."""

    async def revise(self, revisions: Sequence[Revision]) -> None:
        """Replace these messages' texts, keep what stood there, and renew all that is counted.

        A deleted message leaves neither its text nor its revisions' texts. Repeats do nothing.
        """

    async def keep(
        self, conversations: Sequence[KeptConversation]
    ) -> tuple[Mapping[int, int], Sequence[int]]:
        """Take in what was kept elsewhere, with its ids where those are free: the id that each
        conversation has here by the one that it had, and the ids here of those that are new.

        What is there already gets what it lacks, and nothing twice. Reactions come along, as far
        as they are told; memories have a store of their own. Training flags follow what people
        agreed to here.
        """

    async def add_agent_logs(self, logs: Sequence[AgentLog]) -> None:
        """Add, or renew those of the same session, turn, role and agent."""

    async def training_page(
        self,
        *,
        after: int = 0,
        messages: int = 5_000,
        needs: Collection[str] | None = None,
        **sought: Unpack[TrainingSought],
    ) -> tuple[Sequence[KeptConversation], int | None]:
        """Conversations with larger ids than `after`, by id, until there are so many messages (but
        always one), and the id to go on behind; None at the end.

        `needs` names what is read: fields of KeptMessage and what is BESIDE messages; None is all.
        With ONLY_RATED among them those of conversations without a rating, a word of the person's
        or a revision may be left out; the conversations and what is BESIDE are there all the same.
        What is not needed may be as if nothing were known of it, and what is BESIDE is, which is
        quicker. A million messages are read in pages, in bounded memory.
        """

    async def training_columns(
        self,
        *,
        after: int = 0,
        messages: int = 5_000,
        needs: Collection[str],
        **sought: Unpack[TrainingSought],
    ) -> tuple[KeptColumns, int | None]:
        """The same page as columns, of these fields of KeptMessage and its `id`, for who looks at
        no message by itself. Conversations of which no message may be read are not in it."""

    async def training_counts(
        self, *, brief: bool = False, **sought: Unpack[TrainingSought]
    ) -> Mapping[str, Any]:
        """How much there is, whoever agreed, unless `trainable` is True: `conversations`,
        `messages`, `people`, `characters`; `trainable`, the same four of what may be learnt from;
        `exported` conversations; `training_messages` with their flag; `quality`, a histogram of
        conversation_quality in 20 bins of .05; by `bot`, `emotion`, `language`, `meaning` how many
        conversations, the 50 most frequent; and `ratings` that hold, `desirable` and `undesirable`.

        With `brief` only conversations, messages and people, and the same of what is `trainable`:
        no message is looked at, so it is quick.
        """

    async def mark_exported(
        self, ids: Sequence[int], dataset: str = "", *, flag: bool = True
    ) -> int:
        """Note that these conversations were exported; how many of them there are. With a dataset's
        id also that it holds their people, and of those who reacted to them whoever agreed; and
        without `flag` nothing but that."""

    async def consents(self, users: Sequence[str] | None = None) -> Sequence[Consent]:
        """The latest word of each of these people (of all) on each purpose they spoke of."""

    async def set_consents(self, consents: Sequence[Consent]) -> None:
        """Keep these words, unless a later one is there, and renew their messages' training flags
        in the same transaction: a withdrawal holds for the next page that is read."""

    async def put_dataset(self, dataset: Dataset) -> None:
        """Add, or renew by id."""

    async def datasets(
        self,
        *,
        user: str | None = None,
        id: str | None = None,
        status: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> Sequence[Dataset]:
        """All, newest first, or those that hold this person, have this id, stand so; of these at
        most so many, behind so many."""

    async def count_datasets(self, *, user: str | None = None) -> int:
        """How many there are, or hold this person."""

    async def drop_dataset(self, id: str) -> bool:
        """Forget it; its files are somebody else's. False if there is none."""
