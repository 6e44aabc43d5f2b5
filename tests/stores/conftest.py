"""A SQLite store in a folder of its own, for each test."""

import pytest

from roomtone.contracts import WEATHER
from roomtone.stores.sqlite import SQLite


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/roomtone.db"


@pytest.fixture
async def store(url):
    store = SQLite(url)
    await store.open([WEATHER])
    yield store
    await store.close()
