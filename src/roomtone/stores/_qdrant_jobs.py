"""What is asked of Qdrant, one blocking call each: for a thread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from qdrant_client import QdrantClient, models

from roomtone.emotions import LABELS
from roomtone.errors import StoreError
from roomtone.ports_memory import Near, Vectors
from roomtone.records import TIERS, MemoriesSought, Memory, MemoryUse
from roomtone.stems import stems
from roomtone.stores._qdrant_address import Address, beside, collection
from roomtone.stores._qdrant_points import (
    INDEXED,
    as_memory,
    condition,
    fields_of,
    lacking,
    payload,
    sizes,
)

PAGE = 500
"""How many points come in one answer."""

TIED = 64
"""How many more than asked for are looked at, so that of equally near ones the first ids come."""


NEWEST = 2_000
"""Through how many of a person's memories words are looked for, those said last."""


class Jobs:
    """A client of a server or of a folder. Raises what the client raises."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._homes: dict[str, str] = {}  # bot's collection: the model that it began with
        if address.server:
            self._client: Any = QdrantClient(
                url=address.server,
                api_key=address.key or None,
                timeout=max(1, round(address.timeout_s)),
                check_compatibility=False,
            )
        else:
            self._client = QdrantClient(path=address.folder)

    def close(self) -> None:
        """Let go."""
        self._client.close()

    def all_of_them(self) -> list[str]:
        """The bots' collections, without those beside them."""
        names = (one.name for one in self._client.get_collections().collections)
        mine = (name for name in names if name.startswith(self._address.prefix))
        return sorted(name for name in mine if "~~" not in name)

    def _with_side(self, name: str) -> list[str]:
        names = [one.name for one in self._client.get_collections().collections]
        return [one for one in names if one == name or one.startswith(f"{name}~~")]

    def _home(self, name: str) -> str | None:
        """The model that a collection began with; None where there is no such collection."""
        if name not in self._homes:
            if not self._client.collection_exists(name):
                return None
            rows, _ = self._client.scroll(name, limit=1, with_payload=["home"])
            if not rows:
                return None
            self._homes[name] = rows[0].payload.get("home", "")
        return self._homes[name]

    def _make(self, name: str, vectors: Sequence[Vectors]) -> None:
        """A new, empty collection for vectors like these."""
        wanted = sizes(vectors)
        if wanted:
            wanted.setdefault(
                "emotion",
                models.VectorParams(size=len(LABELS), distance=models.Distance.COSINE),
            )
        if self._client.collection_exists(name):
            self._client.delete_collection(name)  # it was empty
        self._client.create_collection(name, vectors_config=wanted)
        if self._address.server:
            for field, kind in INDEXED.items():
                self._client.create_payload_index(name, field, kind, wait=True)

    def add(
        self, bot: str, rows: Sequence[tuple[Memory, dict[str, list[float]]]], model: str
    ) -> list[str]:
        name = collection(self._address.prefix, bot)
        home = self._home(name)
        if home is None:
            self._make(name, [own for _, own in rows])  # type: ignore[misc]
            home = self._homes[name] = model if any(own for _, own in rows) else ""
        known = {one.id: one.payload for one in self._client.retrieve(name, _ids(rows))}
        fresh: dict[str, tuple[dict[str, Any], dict[str, list[float]]]] = {}
        later: dict[str, tuple[dict[str, Any], dict[str, list[float]]]] = {}
        for memory, own in rows:
            if memory.id not in known and memory.id not in fresh:
                plain = {**payload(memory), "home": home, "models": []}
                fresh[memory.id] = (plain, own)
                continue
            there = known.get(memory.id) or fresh[memory.id][0]
            said = (there["content"], there["response"]) == (memory.content, memory.response)
            if said and own and model not in there["models"] and memory.id not in fresh:
                later[memory.id] = (there, own)
        self._put(name, home, model, {**fresh, **later})
        return list(fresh)

    def _put(
        self,
        name: str,
        home: str,
        model: str,
        rows: Mapping[str, tuple[dict[str, Any], dict[str, list[float]]]],
    ) -> None:
        """Payloads into the bot's collection; vectors there too, or into the one beside it."""
        if not rows:
            return
        for plain, own in rows.values():
            plain["models"] = [*plain["models"], *([model] if own else [])]
        here = model == home
        side = beside(name, model)
        if not here:
            held = [(id, plain, own) for id, (plain, own) in rows.items() if own]
            if held and not self._client.collection_exists(side):
                self._make(side, [own for _, _, own in held])  # type: ignore[misc]
            points = [_point(i, p, v) for i, p, v in held]
            if points:
                self._client.upsert(side, points, wait=True)
        for id, (plain, own) in rows.items():
            if not here and len(plain["models"]) > bool(own):  # it has vectors here that stay
                self._client.set_payload(name, {"models": plain["models"]}, [id], wait=True)
        points = [
            _point(id, plain, own if here else {})
            for id, (plain, own) in rows.items()
            if here or len(plain["models"]) <= bool(own)
        ]
        if points:
            self._client.upsert(name, points, wait=True)

    def change(self, id: str, bot: str, fields: Mapping[str, Any]) -> bool:
        name = collection(self._address.prefix, bot)
        if self._home(name) is None or not self._client.retrieve(name, [id], with_payload=False):
            return False
        plain = fields_of(fields)
        spoils = bool({"content", "response"} & fields.keys())
        for one in self._with_side(name):
            if spoils and one != name:
                self._client.delete(one, [id], wait=True)
                continue
            if spoils:
                plain["models"] = []
                own = self._client.get_collection(name).config.params.vectors or {}
                if own:
                    self._client.delete_vectors(name, list(own), [id], wait=True)
            if self._client.retrieve(one, [id], with_payload=False):
                self._client.set_payload(one, plain, [id], wait=True)
        return True

    def count(self, uses: Sequence[MemoryUse]) -> None:
        for bot in dict.fromkeys(use.bot for use in uses):
            name = collection(self._address.prefix, bot)
            if self._home(name) is None:
                continue
            own = [use for use in uses if use.bot == bot]
            rows = self._client.retrieve(name, list({use.id for use in own}))
            known = {str(row.id): row.payload for row in rows}
            for use in own:
                if (plain := known.get(use.id)) is None:
                    continue
                for field in ("accesses", "answered", "used", "helped", "judged"):
                    plain[field] = plain.get(field, 0) + getattr(use, field)
                if use.accesses:
                    at = fields_of({"accessed": use.at})["accessed"]
                    plain["accessed"] = max(at, plain.get("accessed") or 0)
            fields = ("accesses", "answered", "used", "helped", "judged", "accessed")
            sides = self._with_side(name)
            for id, plain in known.items():
                told = {field: plain.get(field) for field in fields}
                for one in sides:
                    if one == name or self._client.retrieve(one, [id], with_payload=False):
                        self._client.set_payload(one, told, [id], wait=True)

    def forget(self, bot: str | None, sought: Mapping[str, Any]) -> int:
        gone = 0
        for name in self._of(bot):
            which = condition(sought)
            gone += self._client.count(name, which).count
            for one in self._with_side(name):
                self._client.delete(
                    one, models.FilterSelector(filter=which or models.Filter()), wait=True
                )
            if not self._client.count(name).count:  # what was deleted is in no segment either
                for one in self._with_side(name):
                    self._client.delete_collection(one)
                self._homes.pop(name, None)
        return gone

    def _of(self, bot: str | None) -> list[str]:
        if bot is None:
            return self.all_of_them()
        name = collection(self._address.prefix, bot)
        return [name] if self._client.collection_exists(name) else []

    def search(
        self,
        bot: str,
        asked: list[float],
        model: str,
        name: str,
        limit: int,
        sought: Mapping[str, Any],
    ) -> list[tuple[Memory, float]]:
        own = collection(self._address.prefix, bot)
        home = self._home(own)
        if home is None:
            return []
        where = own if home == model else beside(own, model)
        if not self._client.collection_exists(where):
            return []
        size = (self._client.get_collection(where).config.params.vectors or {}).get(name)
        if size is None:
            return []
        if size.size != len(asked):
            raise StoreError(
                f"a vector of {len(asked)} numbers was sought among those of {size.size}; name "
                "the model that made it"
            )
        found = self._client.query_points(
            where,
            query=asked,
            using=name,
            query_filter=condition(sought),
            limit=limit + TIED,
            with_payload=True,
        ).points
        best = sorted(found, key=lambda one: (-round(one.score, 5), str(one.id)))[:limit]
        return [(as_memory(one.payload), round(max(-1.0, min(1.0, one.score)), 6)) for one in best]

    def recall(
        self,
        bot: str,
        asked: list[float],
        which: tuple[str, str, int],
        words: tuple[Sequence[str], int],
        sought: Mapping[str, Any],
    ) -> Near:
        """The nearest of each tier; and where one has more, the latest that hold a word."""
        model, name, limit = which
        near: list[tuple[Memory, float]] = []
        is_full = False
        for tier in TIERS:
            found = self.search(bot, asked, model, name, limit + 1, {**sought, "tier": tier})
            is_full |= len(found) > limit
            near += found[:limit]
        if not is_full:
            return Near(near, [])
        known = {memory.id for memory, _ in near}
        left = dict.fromkeys(words[0], words[1])
        worded: list[str] = []
        own = collection(self._address.prefix, bot)
        texts = self._latest(own, condition(sought), ["at", "content", "response"])
        for _, id, plain in texts[:NEWEST]:
            held = set(stems(plain["content"])) | set(stems(plain["response"]))
            here = [word for word, more in left.items() if more and word in held]
            for word in here:
                left[word] -= 1
            if here and id not in known:
                worded.append(id)
        return Near(near, [(memory, None) for memory in self.get(worded, bot)])

    def _latest(self, name: str, which: Any, needed: list[str]) -> list[tuple[int, str, Any]]:
        """A collection's points, the one said last first: when, its id, and what is needed."""
        rows = self._scroll(name, which, needed)
        every = [(row.payload["at"], str(row.id), row.payload) for row in rows]
        return sorted(every, key=lambda row: row[:2], reverse=True)

    def page(self, sought: MemoriesSought) -> tuple[list[Memory], int]:
        which, search = condition(sought), (sought.get("search") or "").casefold()
        needed = ["at", "content", "response"] if search else ["at"]
        every: list[tuple[int, str, str]] = []
        for name in self._of(sought.get("bot")):
            for at, id, plain in self._latest(name, which, needed):
                said = f"{plain['content']}\0{plain['response']}" if search else ""
                if search in said.casefold():
                    every.append((at, id, name))
        every.sort(reverse=True)
        first = sought.get("offset", 0)
        wanted = every[first : first + sought.get("limit", 100)]
        found = {}
        for name in {name for _, _, name in wanted}:
            for row in self._client.retrieve(name, [id for _, id, own in wanted if own == name]):
                found[str(row.id)] = as_memory(row.payload)
        return [found[id] for _, id, _ in wanted if id in found], len(every)

    def _scroll(self, name: str, which: Any, needed: Any) -> Iterator[Any]:
        place = None
        while True:
            rows, place = self._client.scroll(
                name, scroll_filter=which, limit=PAGE, offset=place, with_payload=needed
            )
            yield from rows
            if place is None:
                return

    def get(self, ids: Sequence[str], bot: str | None) -> list[Memory]:
        """Those of these ids that there are, in this order."""
        wanted = list(dict.fromkeys(ids))
        found: dict[str, Memory] = {}
        for name in self._of(bot) if wanted else ():
            for row in self._client.retrieve(name, wanted):
                found[str(row.id)] = as_memory(row.payload)
        return [found[id] for id in wanted if id in found]

    def unembedded(self, model: str, limit: int) -> list[Memory]:
        """Those without vectors of this model."""
        found: list[Memory] = []
        for name in self.all_of_them():
            rows = self._scroll(name, lacking(model), True)
            found += [as_memory(row.payload) for row in rows]
        return sorted(found, key=lambda one: (one.at, one.id), reverse=True)[:limit]

    def bots(self) -> dict[str, int]:
        """How many memories each bot has."""
        found = {}
        for name in self.all_of_them():
            rows, _ = self._client.scroll(name, limit=1, with_payload=["bot"])
            if rows:
                found[rows[0].payload["bot"]] = self._client.count(name).count
        return dict(sorted(found.items()))


def _ids(rows: Sequence[tuple[Memory, Any]]) -> list[str]:
    return list({memory.id for memory, _ in rows})


def _point(id: str, plain: dict[str, Any], vectors: Any) -> models.PointStruct:
    return models.PointStruct(id=id, payload=plain, vector=vectors)
