"""The page of measurements is made of their declarations, and of nothing else."""

from __future__ import annotations

from pathlib import Path

from roomtone.points import Field, Measurement
from roomtone.runtime.catalogue import BEFORE, fill, main, marked, section

TALK = Measurement("talk", "who talks", ("bot", "user_id"), {"share": Field("of|all", "1", 0, 1)})
MOOD = Measurement(
    "mood",
    "how they feel.",
    ("bot",),
    {"valence": Field("v", "1", -1, 1), "source": Field("whence", is_text=True)},
)
PAGE = f"# Measurements\n\nAbout.\n\n{BEFORE}\n\nMore.\n"


def test_new_ones_are_put_before_the_alerts_and_filled_again_nothing_changes() -> None:
    """What people wrote around them stays."""
    page = fill(PAGE, [TALK, MOOD])

    assert marked(page) == ["talk", "mood"]
    assert page.startswith("# Measurements\n\nAbout.\n")
    assert page.endswith(f"{BEFORE}\n\nMore.\n")
    assert fill(page, [TALK, MOOD]) == page


def test_what_changed_is_changed_and_what_is_gone_goes() -> None:
    """By the marks; a text between two sections is nobody's to take."""
    page = fill(PAGE, [TALK, MOOD]).replace(
        "<!-- end of talk -->\n", "<!-- end of talk -->\n\nBy hand.\n"
    )
    renamed = Measurement("talk", "who speaks", ("bot",), TALK.fields)
    now = fill(page, [renamed])

    assert "Who speaks. Tag `bot`;" in now
    assert "mood" not in now
    assert "By hand." in now


def test_a_row_says_what_a_field_is() -> None:
    """Numbers first, then words; what would break a table does not."""
    assert "| `share` | 0 to 1 | of\\|all |" in section(TALK)
    assert section(MOOD).index("`valence` | -1 to 1") < section(MOOD).index("`source` | text")
    assert "source given with each row." in section(MOOD)


def test_the_command_writes_the_page(tmp_path: Path) -> None:
    """All that this Roomtone measures."""
    path = tmp_path / "page.md"
    path.write_text(PAGE)
    main(str(path))

    assert {"engagement", "user_emotion", "relationship_progression"} <= {*marked(path.read_text())}
