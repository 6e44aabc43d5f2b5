"""The list stores keep what they are given as it is, open to a test's eyes."""

from datetime import timedelta

from roomtone.contracts import REMARK, START, remark
from roomtone.contracts_archive import a_conversation
from roomtone.listed import ListArchive, ListSeriesStore


async def test_points_are_told_apart_by_their_own_times():
    """A block's rows are kept by measurement, each row's time, and tags."""
    store = ListSeriesStore()
    await store.open([REMARK])
    await store.write([REMARK.gather([remark(0, 0.5, label="a"), remark(9, 0.25)])])

    assert [time for _, time, _ in store.rows] == [START, START + timedelta(seconds=9)]
    assert [*store.rows.values()] == [{"strength": 0.5}, {"strength": 0.25}]
    assert [*store.texts.values()] == [{"label": "a"}, {}]


async def test_a_text_that_is_renewed_as_unknown_is_gone():
    """The later write counts for the fields it has, also where it does not know them."""
    store = ListSeriesStore()
    await store.open([REMARK])
    for texts in ({"label": "a", "source": "s"}, {"source": "t"}):
        await store.write([REMARK.gather([remark(0, 0.5, **texts)])])

    assert [*store.texts.values()] == [{"source": "t"}]


async def test_each_archive_has_keys_of_its_own():
    """A key is chance: two archives never share one."""
    one, other = ListArchive(), ListArchive()

    assert await one.key("k") == await one.key("k") != await other.key("k")


async def test_conversations_are_kept_by_id():
    """A test can look at what was kept without asking."""
    archive, talk = ListArchive(), a_conversation(0)
    await archive.add_conversations([talk, talk])

    assert archive.talks == {talk.id: talk}
