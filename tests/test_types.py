"""The dashboard's types are the wire's: generated ones have not drifted, others are documented."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
WIRE = (ROOT / "docs" / "wire.md").read_text(encoding="utf-8")
FRAMES = (ROOT / "dashboard" / "src" / "frames.ts").read_text(encoding="utf-8")

# A frame's interface, by the topic and the kind that docs/wire.md lists it under.
INTERFACES = {
    ("pulse", "snapshot"): "PulseSnapshot",
    ("pulse", "tick"): "PulseTick",
    ("pulse", "change"): "PulseChange",
    ("session:ID", "snapshot"): "SessionSnapshot",
    ("session:ID", "tick"): "SessionTick",
    ("session:ID", "change"): "SessionChange",
    ("session:ID", "ended"): "SessionEnded",
    ("alerts", "snapshot"): "AlertsSnapshot",
    ("alerts, session:ID", "alert"): "AlertFrame",
    ("any", "gap"): "GapFrame",
    ("any", "error"): "ErrorFrame",
    ("server", "hello"): "HelloFrame",
    ("server", "beat"): "BeatFrame",
}


def generated() -> str:
    """What dashboard/write_types.py would write now."""
    spec = importlib.util.spec_from_file_location(
        "write_types", ROOT / "dashboard" / "write_types.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return str(module.render())


def declared(interface: str) -> set[str]:
    """The names of an interface's fields in frames.ts."""
    found = re.search(rf"export interface {interface}\b[^{{]*{{\n(.*?)\n}}", FRAMES, re.DOTALL)
    assert found, f"frames.ts declares no {interface}"
    return set(re.findall(r"^  (\w+)\??:", found[1], re.MULTILINE))


def documented(name: str) -> set[str]:
    """The names of a shape's own fields in the JSON samples of docs/wire.md."""
    found = re.search(rf"^// {name}\n(.*?)(?=^// |\Z|^```)", WIRE, re.DOTALL | re.MULTILINE)
    assert found, f"docs/wire.md shows no {name}"
    flat = re.sub(r"//.*", "", found[1])
    while re.search(r"[:\[]\s*{[^{}]*}", flat):  # what is nested is another shape's
        flat = re.sub(r"([:\[]\s*){[^{}]*}", r"\1null", flat)
    return set(re.findall(r'"(\w+)"\s*:', flat))


def rows() -> list[tuple[str, list[str], str]]:
    """The table of live frames: topic, kinds, payload."""
    table = WIRE[WIRE.index("| topic | `kind` |") :]
    found = []
    for line in table.splitlines()[2:]:
        if not line.startswith("|"):
            break
        topic, kinds, _, payload = (cell.strip() for cell in line.strip("|").split(" | "))
        found.append((topic.replace("`", "").strip(), re.findall(r"`(\w+)`", kinds), payload))
    return found


def test_generated_types_have_not_drifted() -> None:
    """`make types` writes them from the structs."""
    committed = (ROOT / "dashboard" / "src" / "wire.ts").read_text(encoding="utf-8")

    assert committed == generated(), "run: python dashboard/write_types.py"


def test_every_frame_is_declared() -> None:
    """One interface for each topic and kind that the wire's table lists."""
    listed = {(topic, kind) for topic, kinds, _ in rows() for kind in kinds}

    assert listed == set(INTERFACES)


def test_frames_have_the_documented_fields() -> None:
    """What a frame carries beside topic, kind and seq."""
    wrong = {}
    for topic, kinds, payload in rows():
        names = set(re.findall(r'"(\w+)"', re.sub(r":\s*{[^}]*}", "", payload)))
        union: set[str] = set()
        for kind in kinds:
            union |= declared(INTERFACES[topic, kind]) - {"topic", "kind", "seq"}
        if union != names:
            wrong[topic, *kinds] = union ^ names

    assert wrong == {}


def test_shapes_have_the_documented_fields() -> None:
    """Session, explanation, ticker and inspector rows, as their samples show them."""
    shapes = {"Session": "Session", "explain": "Explain", "Ticker": "Ticker"}
    shapes["Inspected"] = "Inspected"
    wrong = {
        name: declared(interface) ^ documented(name)
        for name, interface in shapes.items()
        if declared(interface) != documented(name)
    }

    assert wrong == {}


def test_alerts_have_the_documented_fields() -> None:
    """The generated type and the sample show the same alert."""
    found = re.search(r"export interface Alert {\n(.*?)\n}", generated(), re.DOTALL)
    assert found
    names = set(re.findall(r"^  (\w+):", found[1], re.MULTILINE))

    assert names == documented("Alert")
