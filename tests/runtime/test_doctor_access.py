"""The doctor says who may ask."""

from __future__ import annotations

from pathlib import Path

from roomtone.runtime.access import Access
from roomtone.runtime.config import Settings
from roomtone.runtime.doctor_access import examine_access


def test_what_is_open_to_others_is_not_as_it_should_be(tmp_path: Path) -> None:
    """On this machine alone it is; with a key it is, too."""
    here = Settings(data=tmp_path)
    there = Settings(data=tmp_path, server={"host": "0.0.0.0", "insecure": True})
    assert examine_access(here)[1:3] == (
        True,
        "open: no key was made, and only this machine reaches it",
    )
    _, ok, told, remedy = examine_access(there)
    assert not ok and "may do everything" in told and "keys create" in remedy

    key, _ = Access(there).make_key("read", project="shop")
    _, ok, told, _ = examine_access(there)
    assert ok and told.startswith("1 keys of 1 projects") and "https" in told
    Access(there).revoke(key.id)
    assert not examine_access(there)[1], "nobody can ask any more"


def test_a_file_that_others_can_read_is_told(tmp_path: Path) -> None:
    """With the command that mends it; and one that is broken."""
    settings = Settings(data=tmp_path)
    access = Access(settings)
    access.make_key("read", project="default")
    access.path.chmod(0o644)
    assert "chmod 600" in examine_access(settings)[3]

    access.path.write_bytes(b"broken" * 1000)
    assert not examine_access(settings)[1]
