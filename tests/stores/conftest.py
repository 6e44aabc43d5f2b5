"""Stores for each test: SQLite in a folder of its own, PostgreSQL in a database of its own."""

import pytest

from roomtone.contracts import WEATHER
from roomtone.runtime import plugins
from roomtone.stores.postgres import PostgreSQL
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


SERVERS = [
    pytest.param("postgres_url", marks=pytest.mark.servers, id="postgresql"),
    pytest.param("timescale_url", marks=pytest.mark.servers, id="timescaledb"),
]


@pytest.fixture(params=[pytest.param("url", id="sqlite"), *SERVERS])
def any_url(request):
    """The address of every kind of store in turn. Chunks are short, so that they can be dropped."""
    url = request.getfixturevalue(request.param)
    return f"{url}?chunk_hours=1" if request.param == "timescale_url" else url


@pytest.fixture
def any_member(any_url):
    """The class that such an address is for."""
    return plugins.load("stores.series", any_url.partition(":")[0])


@pytest.fixture
async def any_store(any_url, any_member):
    store = any_member(any_url)
    await store.open([WEATHER])
    yield store
    await store.close()


@pytest.fixture(params=SERVERS)
def server_url(request):
    """The address of each kind of PostgreSQL in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
async def server_store(server_url):
    store = PostgreSQL(server_url)
    await store.open([WEATHER])
    yield store
    await store.close()
