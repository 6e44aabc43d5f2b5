"""The catalogue of measurements as a page of the documentation, made from their declarations."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from roomtone.points import Field, Measurement
from roomtone.runtime import plugins
from roomtone.runtime.config import Settings

BEFORE = "## Alerts"
"""Where a measurement that the page does not have yet is put."""


def section(measurement: Measurement) -> str:
    """One measurement: what it is, its tags, and a row for each of its fields.

    >>> talk = Measurement("talk", "who talks", ("bot",), {"share": Field("of all", "1", 0, 1)})
    >>> print(section(talk))
    <!-- talk: made by `make catalogue` -->
    ## talk
    <BLANKLINE>
    Who talks. Tag `bot`; source measured.
    <BLANKLINE>
    | field | unit | meaning |
    |---|---|---|
    | `share` | 0 to 1 | of all |
    <BLANKLINE>
    <!-- end of talk -->
    """
    name, meaning = measurement.name, measurement.meaning
    tags = ", ".join(f"`{tag}`" for tag in measurement.tags)
    rows = [f"| `{name}` | {unit(of)} | {_cell(of.meaning)} |" for name, of in _fields(measurement)]
    return "\n".join(
        [
            f"<!-- {name}: made by `make catalogue` -->",
            f"## {name}",
            "",
            f"{meaning[:1].upper()}{meaning[1:].rstrip('.')}. "
            f"Tag{'s' * (len(measurement.tags) > 1)} {tags}; source {measurement.origin}.",
            "",
            "| field | unit | meaning |",
            "|---|---|---|",
            *rows,
            "",
            f"<!-- end of {name} -->",
        ]
    )


def unit(field: Field) -> str:
    """The range where it has two ends, the unit where it has one, and `text` for words.

    >>> unit(Field("x", "1", -1, 1)), unit(Field("x", "ms", 0)), unit(Field("x", is_text=True))
    ('-1 to 1', 'ms', 'text')
    """
    if field.is_text:
        return "text"
    if field.low is None or field.high is None:
        return field.unit
    ends = f"{field.low:g} to {field.high:g}"
    return ends if field.unit == "1" else f"{ends} {field.unit}"


def fill(page: str, measurements: Sequence[Measurement]) -> str:
    """The page with the section of each of these as it should be; all else on it stays.

    What is between the marks of a measurement that there is no more is taken out.
    """
    known = {one.name for one in measurements}
    for name in marked(page):
        if name not in known:
            page = _between(name).sub("", page)
    for one in measurements:
        made = section(one)
        if there := _between(one.name).search(page):
            page = f"{page[: there.start()]}{made}\n{page[there.end() :]}"
        else:
            page = page.replace(BEFORE, f"{made}\n\n{BEFORE}", 1)
    return page


def marked(page: str) -> list[str]:
    """The measurements that have a section on the page."""
    return re.findall(r"^<!-- (\w+): made by", page, re.M)


def _between(name: str) -> re.Pattern[str]:
    return re.compile(rf"^<!-- {name}: made by.*?^<!-- end of {name} -->\n", re.M | re.S)


def _fields(measurement: Measurement) -> list[tuple[str, Field]]:
    return [*measurement.numbers.items(), *measurement.texts.items()]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def main(path: str) -> None:
    """Bring a page up to date with what these settings measure."""
    page = Path(path)
    made = fill(page.read_text(encoding="utf-8"), plugins.measurements(Settings()))
    page.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
