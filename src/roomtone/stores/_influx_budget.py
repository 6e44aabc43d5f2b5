"""Bounds the series of a measurement: beyond the budget, new persons share one series."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence

from roomtone.points import Measurement
from roomtone.stores._influx_lines import key_of

PERSON = "user_id"
FOLDED = frozenset({PERSON, "session_id"})
"""Tags that strangers multiply without end. Those of a room are bounded by the rooms there are."""

OTHERS = "_others"
NS = 1_000_000  # in a millisecond

KEYS = 100_000  # lines' beginnings remembered per measurement: some 20 MB, then begun anew


class Budget:
    """The series that a measurement may have in InfluxDB.

    Within the budget a person has series of his own, for good; who comes later is written under
    `user_id=_others`, as points of their own that are told apart by nanoseconds: nothing is
    overwritten, means over all are exact, and writing it again changes nothing.
    """

    def __init__(self, measurement: Measurement, most: int) -> None:
        self.measurement = measurement
        self.most = most if PERSON in measurement.tags else 0  # 0: no bound
        self.folded = 0  # points that went in without their person
        self._at = [i for i, tag in enumerate(measurement.tags) if tag in FOLDED]
        self._known: set[int] = set()  # hashes of the keys of series that have been admitted
        self._keys: dict[tuple[str, ...], str] = {}
        self.looked = not self.most  # at what the server has already

    def admit(self, keys: Iterable[str]) -> None:
        """Count series that are in the server as it has them: `weather,place=here`."""
        self._known.update(map(hash, keys))
        self.looked = True

    @property
    def used(self) -> int:
        """How many series have been admitted."""
        return len(self._known)

    def place(self, values: Sequence[str], at: int) -> tuple[str, int, str]:
        """The series that a point goes to, its time there, and the precision of that."""
        key = self._key(tuple(values))
        if self._has_room(hash(key)):
            return key, at, "ms"
        others, ns = self._folded(values, at)
        return self._key(tuple(others)), ns, "ns"

    def found(self, values: Sequence[str], at: int) -> tuple[Sequence[str], int]:
        """The tags under which a point was written, and its time in nanoseconds."""
        if not self.most or hash(self._key(tuple(values))) in self._known:
            return values, at * NS
        return self._folded(values, at)

    def _folded(self, values: Sequence[str], at: int) -> tuple[list[str], int]:
        told = "\0".join(values[i] for i in self._at)
        others = [OTHERS if i in self._at else value for i, value in enumerate(values)]
        return others, at * NS + zlib.crc32(told.encode()) % NS

    def _has_room(self, series: int) -> bool:
        if not self.most or series in self._known:
            return True
        if len(self._known) >= self.most:
            return False
        self._known.add(series)
        return True

    def _key(self, values: tuple[str, ...]) -> str:
        key = self._keys.get(values)
        if key is None:
            if len(self._keys) >= KEYS:
                self._keys.clear()
            key = self._keys[values] = key_of(self.measurement, values)
        return key
