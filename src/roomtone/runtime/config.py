"""What can be set, and why each default is what it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from roomtone.runtime.config_access import Access
from roomtone.runtime.config_kept import Consent, Memory, Retention, Section, Training

PREFIX = "ROOMTONE_"


class Server(Section):
    """Where the server listens."""

    host: str = Field(
        default="127.0.0.1",
        description="address to listen on; another than this machine's needs a key to have been "
        "made",
    )
    port: int = Field(default=8003, ge=0, le=65535, description="TCP port; 0 takes a free one")
    insecure: bool = Field(
        default=False,
        description="listen where other machines reach though no key was made, so that nobody is "
        "asked who they are",
    )
    realtime_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="a second TCP port for the same server; 0: none; pages made for the documents "
        "look for Socket.IO at 3002",
    )
    realtime_origins: list[str] = Field(
        default=[],
        description="other sites whose pages may listen over Socket.IO, like "
        "`http://localhost:3000`; empty: only pages of this server",
    )


class Engine(Section):
    """How rooms are scored and watched."""

    alarms_per_hour: float = Field(
        default=0.5,
        gt=0,
        le=60,
        description="false alarms per hour and session that you put up with; the detector "
        "calibrates itself to it; 0.5 is one in two hours",
    )
    detector: Literal["calibrated", "documents"] = Field(
        default="calibrated",
        description="`documents` is the plain mixture of half-space trees and z-score, to compare",
    )
    seed_weights: bool = Field(
        default=False,
        description="true: the literal formula, where a channel that a room does not have "
        "counts as zero; false: it is left out and the other weights are scaled up",
    )
    quality_formula: Literal["people", "seed"] = Field(
        default="people",
        description="how the quality of a turn is made: `people` from what the person says back, "
        "which holds against ratings by people; `seed` is the documents' formula",
    )
    quality_penalties: bool = Field(
        default=False,
        description="true: the quality of a reply as training data loses .1 below 10 words and .1 "
        "above 5 s, as the documents' code has it and their text has not",
    )
    write_nonrating_zero_feedback: bool = Field(
        default=False,
        description="true: reactions that are no rating stand in `user_feedback` too, with zeros, "
        "as the documents' table has them; they drag every mean down, which is why this is off",
    )
    session_idle_s: int = Field(
        default=1800,
        ge=60,
        description="seconds without an event that end a session, and seconds without a turn that "
        "end a conversation; half an hour",
    )
    tag_session_id: bool = Field(
        default=False,
        description="true: what is measured of turns makes a series for each session; false: the "
        "session is a text beside the numbers, and there are far fewer series",
    )


def _listed(value: object) -> object:
    """A list of URLs as an environment variable has it: JSON, or the URLs with spaces between."""
    if not isinstance(value, str):
        return value
    return json.loads(value) if value.lstrip().startswith("[") else value.split()


Urls = Annotated[list[str], NoDecode, BeforeValidator(_listed)]


class Sources(Section):
    """Which live sources the server listens to by itself."""

    listen: Urls = Field(
        default=[],
        description="URLs of live sources that `serve` listens to, as in `redis://localhost:6379`; "
        "none: what is posted is all that comes in",
    )


class Stores(Section):
    """Where things are kept; the scheme of each URL names the store."""

    series: str = Field(default="", description="points by time; empty: SQLite in the data folder")
    archive: str = Field(
        default="", description="alerts and summaries; empty: SQLite in the data folder"
    )
    memory: str = Field(
        default="",
        description="what bots remember of people; empty: SQLite in the data folder",
    )
    mirror: str = Field(
        default="",
        description="a second store that gets every point too, as in `influxdb://`; nobody reads "
        "from it or waits for it; empty: none",
    )


class Channels(Section):
    """How news spreads."""

    news: str = Field(
        default="local://",
        description="`local` stays in this process: all that one server needs; "
        "`redis://host:6379/0` reaches other processes",
    )
    documents: str = Field(
        default="",
        description="a Redis to publish `engagement:update` and `anomaly:detected` on, in the "
        "documents' own payloads; empty: nowhere",
    )


class Models(Section):
    """What infers, and where it runs; the scheme of each URL names the member."""

    emotion: str = Field(
        default="local://",
        description="what reads emotion in turns: `local://` is inside the package and sends "
        "nothing anywhere: with the extra `models` a network (`minilm://`), else n-grams "
        "(`hashed://`, thirty times as fast); `openai://host/v1?model=NAME` asks a server, which "
        "then sees the texts",
    )
    embedding: str = Field(
        default="local://",
        description="what turns texts into vectors for memories: `local://` is inside the package "
        "and sends nothing anywhere, by MiniLM with the extra `models`, else by hashed "
        "words (`minilm://` and `hashed://` insist); `openai://host/v1?model=NAME` asks "
        "a server, which then sees the texts",
    )
    judge: str = Field(
        default="local://",
        description="what says what reactions meant: `local://` is inside the package and sends "
        "nothing anywhere; `openai://host/v1?model=NAME` asks a server, which then sees the talk",
    )


class Reactions(Section):
    """How reactions are judged, and what that may cost."""

    every_s: float = Field(
        default=5,
        ge=0.1,
        description="seconds between two looks at what waits to be judged; at once for a model "
        "that costs nothing; the documents look every 3600",
    )
    least_confidence: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="below it a person is asked, whatever the model says; the model inside the "
        "package leaves what it is not sure of by itself",
    )
    before: int = Field(
        default=5, ge=0, le=20, description="messages before the one reacted to that are shown"
    )
    wait_s: float = Field(
        default=600,
        ge=0,
        description="seconds that a reaction waits for its message; what comes later than ten "
        "minutes does not come",
    )
    attempts: int = Field(
        default=5,
        ge=1,
        le=100,
        description="times that a model is asked of a reaction that it fails on; then a person can",
    )
    timeout_s: float = Field(
        default=120, gt=0, description="seconds that a model may take for one call"
    )
    questions_at_once: int = Field(
        default=1,
        ge=1,
        le=4,
        description="questions to a server that judges that run side by side; a crash may cost as "
        "many calls as are in flight",
    )
    price_in: float = Field(
        default=0, ge=0, description="price of a thousand tokens read, in your currency"
    )
    price_out: float = Field(
        default=0, ge=0, description="price of a thousand tokens written, in your currency"
    )
    calls_per_day: int = Field(
        default=0, ge=0, description="calls of a model a day (UTC); the rest waits; 0: no bound"
    )
    money_per_day: float = Field(
        default=0, ge=0, description="what may be spent a day (UTC); the rest waits; 0: no bound"
    )


class Relationships(Section):
    """How the owner of the truth tells how people stand to bots."""

    scale: Literal[1, 100] = Field(
        default=100,
        description="what the best trust, affection and attunement are called where "
        "`PUT /v1/relationships` does not say; 100 as in the documents, or 1; never guessed",
    )


class Cluster(Section):
    """Which engine the processes of a cluster share."""

    partition: str = Field(
        default="main",
        pattern=r"^[A-Za-z0-9_.-]{1,50}$",
        description="processes that name the same Redis and the same partition belong together; "
        "one engine owns it",
    )
    standby: bool = Field(
        default=False,
        description="an engine whose partition is owned waits and takes over when the owner is "
        "gone, where it would else refuse to start",
    )


class Limits(Section):
    """The bounds that keep one client from spoiling it for the others."""

    max_events: int = Field(
        default=1000,
        ge=1,
        description="events in one request; at 200 bytes each a fifth of `max_body`",
    )
    max_body: int = Field(
        default=1_000_000,
        ge=1000,
        description="bytes of one request, before and after unpacking; some ms of decoding",
    )
    max_traces_body: int = Field(
        default=8_000_000,
        ge=1000,
        description="bytes of one export of OpenTelemetry traces, before and after unpacking; "
        "exporters send up to 512 spans at once, each with the whole history of its talk",
    )
    max_sessions: int = Field(
        default=20_000,
        ge=1,
        description="live sessions in all; each costs some kilobytes and its share of a tick",
    )
    max_sessions_per_client: int = Field(
        default=2_000, ge=1, description="live sessions one client address may open; a tenth of all"
    )
    max_users_per_session: int = Field(
        default=200_000,
        ge=1,
        description="people remembered in one session; a stadium and a half",
    )


class Log(Section):
    """What is logged, and in which form."""

    format: Literal["auto", "console", "json"] = Field(
        default="auto",
        description="`json` is one object per line; `auto` is for people on a terminal and JSON "
        "elsewhere",
    )
    level: Literal["debug", "info", "warning", "error"] = Field(
        default="warning",
        description="from which level on; a server that is well says nothing",
    )


class Settings(BaseSettings):
    """Every setting with its default. Made directly it reads nothing else; see `load`."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix=PREFIX, env_nested_delimiter="__"
    )

    data: Path = Field(
        default=Path("roomtone-data"),
        description="folder of journal and database; in the working folder, where you see it",
    )
    server: Server = Server()
    access: Access = Access()
    engine: Engine = Engine()
    sources: Sources = Sources()
    stores: Stores = Stores()
    channels: Channels = Channels()
    models: Models = Models()
    reactions: Reactions = Reactions()
    memory: Memory = Memory()
    consent: Consent = Consent()
    training: Training = Training()
    relationships: Relationships = Relationships()
    cluster: Cluster = Cluster()
    limits: Limits = Limits()
    retention: Retention = Retention()
    log: Log = Log()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only arguments: environment and files come in through `load`, which knows where from."""
        return (init_settings,)

    @property
    def url(self) -> str:
        """Where this machine reaches the server with these settings."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.server.host, self.server.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.server.port}"

    @property
    def journal_folder(self) -> Path:
        return self.data / "journal"

    @property
    def datasets_folder(self) -> Path:
        return self.data / "datasets"

    @property
    def series_url(self) -> str:
        return self.stores.series or self._sqlite()

    @property
    def archive_url(self) -> str:
        return self.stores.archive or self._sqlite()

    @property
    def memory_url(self) -> str:
        return self.stores.memory or self._sqlite()

    def _sqlite(self) -> str:
        return f"sqlite:///{self.data / 'roomtone.db'}"
