"""The part of an Archive that training data is made of, by what a dialect runs SQL with."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Unpack

from roomtone.kept_columns import KeptColumns
from roomtone.stores import _training_counts as counts
from roomtone.stores import _training_keep as keeping
from roomtone.stores import _training_pages as pages
from roomtone.stores import _training_revisions as revisions
from roomtone.stores._jobs import ask_of
from roomtone.stores._reactions import Job, ReactionCalls
from roomtone.stores._steps import from_ms, to_ms
from roomtone.stores._talks import Table
from roomtone.stores._training_rows import add_logs
from roomtone.stores._training_schema import messages as _declared  # noqa: F401
from roomtone.training_data import (
    AgentLog,
    Consent,
    Dataset,
    KeptConversation,
    Revision,
    TrainingSought,
)

DATASETS = Table("datasets", Dataset.__struct_fields__, keys=1)
_CONSENTS = "SELECT person, purpose, granted, at, basis, said_by FROM consents"


class TrainingCalls(ReactionCalls):
    """A TrainingArchive by the same ways to run a job."""

    async def _keep_texts(self, job: Job) -> Any:
        """Run a job that writes what people said, which may have to go without a trace one day."""
        return await self._keep(job)

    async def _wipe(self, job: Job) -> Any:
        """Run a job that deletes, so that what it deletes is not left behind."""
        return await self._keep(job, durable=True)

    async def _look_at_once(self, job: Job) -> Any:
        """Run a job of several questions, which are answered as of one moment."""
        return await self._look(job)

    async def revise(self, revisions_: Sequence[Revision]) -> None:
        if not revisions_:
            return
        run, texts = self._talks.run, self._talks.TEXTS
        keep = self._wipe if any(one.why == "deleted" for one in revisions_) else self._keep_texts
        await keep(lambda c: run(c, revisions.revise(texts, revisions_)))

    async def keep(
        self, conversations: Sequence[KeptConversation]
    ) -> tuple[Mapping[int, int], Sequence[int]]:
        run, texts = self._talks.run, self._talks.TEXTS
        found: tuple[Mapping[int, int], Sequence[int]] = {}, []
        if conversations:
            found = await self._keep_texts(lambda c: run(c, keeping.keep(texts, conversations)))
        return found

    async def add_agent_logs(self, logs: Sequence[AgentLog]) -> None:
        if logs:
            await self._keep_texts(lambda c: self._talks.run(c, add_logs(self._talks.TEXTS, logs)))

    async def training_page(
        self,
        *,
        after: int = 0,
        messages: int = 5_000,
        needs: Collection[str] | None = None,
        **sought: Unpack[TrainingSought],
    ) -> tuple[Sequence[KeptConversation], int | None]:
        found: tuple[Sequence[KeptConversation], int | None] = await self._look_at_once(
            lambda c: self._talks.run(c, pages.page(after, messages, needs, sought))
        )
        return found

    async def training_columns(
        self,
        *,
        after: int = 0,
        messages: int = 5_000,
        needs: Collection[str],
        **sought: Unpack[TrainingSought],
    ) -> tuple[KeptColumns, int | None]:
        found: tuple[KeptColumns, int | None] = await self._look_at_once(
            lambda c: self._talks.run(c, pages.columns(after, messages, needs, sought))
        )
        return found

    async def training_counts(
        self, *, brief: bool = False, **sought: Unpack[TrainingSought]
    ) -> Mapping[str, Any]:
        counted = counts.brief if brief else counts.counts
        found: Mapping[str, Any] = await self._look_at_once(
            lambda c: self._talks.run(c, counted(self._talks.TEXTS, sought))
        )
        return found

    async def mark_exported(
        self, ids: Sequence[int], dataset: str = "", *, flag: bool = True
    ) -> int:
        run, texts = self._talks.run, self._talks.TEXTS
        there: int = await self._keep(
            lambda c: run(c, revisions.mark(texts, ids, dataset, flag)), durable=True
        )
        return there

    async def consents(self, users: Sequence[str] | None = None) -> Sequence[Consent]:
        if users is None:
            rows = await self._asked(f"{_CONSENTS} ORDER BY person, purpose", [])
        else:
            sql = f"{_CONSENTS} WHERE person IN ({{}}) ORDER BY person, purpose"
            rows = await self._look(lambda c: self._talks.run(c, ask_of(sql, dict.fromkeys(users))))
        return [
            Consent(
                user=user,
                purpose=purpose,
                granted=bool(granted),
                at=from_ms(at),
                basis=basis,
                by=by,
            )
            for user, purpose, granted, at, basis, by in rows
        ]

    async def set_consents(self, consents: Sequence[Consent]) -> None:
        if consents:
            run, texts = self._talks.run, self._talks.TEXTS
            await self._keep(lambda c: run(c, revisions.consent(texts, consents)), durable=True)

    async def put_dataset(self, dataset: Dataset) -> None:
        name, text = self._talks.NAMED, self._talks.STORED
        values = [getattr(dataset, field) for field in DATASETS.columns]
        row = [
            to_ms(dataset.made)
            if field == "made"
            else value
            if not isinstance(value, str)
            else (name if field == "id" else text)(value)
            for field, value in zip(DATASETS.columns, values, strict=True)
        ]
        await self._keep(lambda c: self._talks.put(c, DATASETS.upsert, [row]), durable=True)

    async def datasets(
        self,
        *,
        user: str | None = None,
        id: str | None = None,
        status: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> Sequence[Dataset]:
        columns = ", ".join(f"d.{name}" for name in DATASETS.columns)
        name = self._talks.NAMED
        given = {
            "EXISTS (SELECT 1 FROM dataset_people p WHERE p.dataset = d.id AND p.person = ?)": user,
            "d.id = ?": id,
            "d.status = ?": status,
        }
        given = {what: name(value) for what, value in given.items() if value is not None}
        where = f" WHERE {' AND '.join(given)}" if given else ""
        part = "" if limit is None else " LIMIT ? OFFSET ?"
        rows = await self._asked(
            f"SELECT {columns} FROM datasets d{where} ORDER BY d.made DESC, d.id DESC{part}",
            [*given.values(), *([] if limit is None else [limit, offset])],
        )
        told = [dict(zip(DATASETS.columns, row, strict=True)) for row in rows]
        return [Dataset(**{**one, "made": from_ms(one["made"])}) for one in told]

    async def count_datasets(self, *, user: str | None = None) -> int:
        held = "SELECT count(*) FROM dataset_people WHERE person = ?"
        sql = "SELECT count(*) FROM datasets" if user is None else held
        rows = await self._asked(sql, [] if user is None else [self._talks.NAMED(user)])
        return int(rows[0][0])

    async def drop_dataset(self, id: str) -> bool:
        name = self._talks.NAMED(id)
        await self._keep(
            lambda c: self._talks.put(c, "DELETE FROM dataset_people WHERE dataset = ?", [[name]])
        )
        gone = await self._keep(
            lambda c: self._talks.fetch(c, "DELETE FROM datasets WHERE id = ? RETURNING id", [name])
        )
        return bool(gone)
