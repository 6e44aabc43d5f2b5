"""Who there is in each family: members are loaded by name, here and nowhere else."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any
from urllib.parse import urlsplit

from roomtone.conversations import Conversations
from roomtone.engine import Engine
from roomtone.errors import BadConfig, UnknownMember
from roomtone.points import Measurement
from roomtone.ports import (
    Archive,
    Channel,
    CoherenceModel,
    Detector,
    EmbeddingModel,
    EmotionModel,
    Feed,
    Gauge,
    Judge,
    MemoryStore,
    Outlet,
    SeriesStore,
    Source,
    TurnSignal,
)
from roomtone.ports_exports import Export, RowFile
from roomtone.runtime.config import Settings
from roomtone.training_data import KeptConversation
from roomtone.training_rows import Row

# family: name -> module:attribute. Strangers add theirs as entry points of group roomtone.<family>.
MEMBERS: dict[str, dict[str, str]] = {
    "signals": {"engagement": "roomtone.signals.engagement:Engagement"},
    "signals.turns": {  # in the order in which they are asked
        "emotion": "roomtone.signals.emotion:Emotion",
        "quality": "roomtone.signals.quality:Quality",
        "confidence": "roomtone.signals.confidence:Confidence",
        "dialogue": "roomtone.signals.dialogue:Dialogue",
        "relationship": "roomtone.signals.relationship:Relationship",
        "recall": "roomtone.signals.recall:Recall",
        "response": "roomtone.signals.response:Response",
        "character": "roomtone.signals.character:Character",
        "routing": "roomtone.signals.routing:Routing",
    },
    "signals.reactions": {"feedback": "roomtone.signals.feedback:Feedback"},
    "detectors": {
        "anomaly": "roomtone.detectors.anomaly:Anomaly",
        "stall": "roomtone.detectors.stall:Stall",
        "novelty": "roomtone.detectors.novelty:Novelty",  # for any series; not watched by default
    },
    "sources": {
        "jsonl": "roomtone.sources.jsonl",
        "chatlog": "roomtone.sources.chatlog",
        "dialogues": "roomtone.sources.dialogues",
        "demo": "roomtone.sources.demo",
        "redis": "roomtone.sources.redis:Redis",
        "discord": "roomtone.sources.discord:Discord",
        "otlp": "roomtone.sources.otlp:Otlp",
    },
    "stores.series": {
        "sqlite": "roomtone.stores.sqlite:SQLite",
        "postgresql": "roomtone.stores.postgres:PostgreSQL",
        "postgres": "roomtone.stores.postgres:PostgreSQL",
        "influxdb": "roomtone.stores.influxdb:InfluxDB",
    },
    "stores.archive": {
        "sqlite": "roomtone.stores.sqlite:SQLite",
        "postgresql": "roomtone.stores.postgres:PostgreSQL",
        "postgres": "roomtone.stores.postgres:PostgreSQL",
    },
    "stores.memory": {
        "sqlite": "roomtone.stores.sqlite:SQLite",
        "qdrant": "roomtone.stores.qdrant:Qdrant",
    },
    "channels": {
        "local": "roomtone.channels.local:Local",
        "redis": "roomtone.channels.redis:Redis",
    },
    "channels.outlet": {"redis": "roomtone.channels.outlet:RedisOutlet"},
    "models.emotion": {
        "local": "roomtone.models.emotion:Local",
        "minilm": "roomtone.models.emotion:MiniLM",
        "hashed": "roomtone.models.emotion:Emotion",
        "openai": "roomtone.models.openai:OpenAI",
    },
    "models.judge": {
        "local": "roomtone.models.judge:Judge",
        "openai": "roomtone.models.openai_judge:OpenAIJudge",
    },
    "models.coherence": {
        "local": "roomtone.models.coherence:Local",
        "minilm": "roomtone.models.coherence:MiniLM",
        "hashed": "roomtone.models.coherence:Coherence",
    },
    "models.embedding": {
        "local": "roomtone.models.embedding:Local",
        "minilm": "roomtone.models.embedding:MiniLM",
        "hashed": "roomtone.models.embedding:Hashed",
        "openai": "roomtone.models.openai_embedding:OpenAIEmbedding",
    },
    "exports": {
        "native": "roomtone.exports.native:Whole",
        "jsonl": "roomtone.exports.jsonl:JSONL",
        "csv": "roomtone.exports.csv:CSV",
        "parquet": "roomtone.exports.parquet:Parquet",
        "openai": "roomtone.exports.openai:OpenAI",
        "sharegpt": "roomtone.exports.sharegpt:ShareGPT",
        "sft": "roomtone.exports.sft:SFT",
        "prompt_completion": "roomtone.exports.prompt_completion:PromptCompletion",
        "kto": "roomtone.exports.kto:KTO",
        "dpo": "roomtone.exports.dpo:DPO",
        "openai_dpo": "roomtone.exports.openai_dpo:OpenAIDPO",
        "reward": "roomtone.exports.reward:Reward",
        "emotion": "roomtone.exports.emotion:Emotion",
        "voice": "roomtone.exports.voice:Voice",
        "memory": "roomtone.exports.memory:Memories",
        "quality": "roomtone.exports.quality:Quality",
        "multitask": "roomtone.exports.multitask:Multitask",
    },
    "exports.files": {
        "jsonl": "roomtone.exports.jsonl:Lines",
        "json": "roomtone.exports.jsonl:Array",
        "csv": "roomtone.exports.csv:Table",
        "parquet": "roomtone.exports.parquet:Columns",
    },
}


def names(family: str) -> list[str]:
    """All members of a family, ours and strangers'."""
    return sorted({*MEMBERS[family], *_others(family)})


def load(family: str, name: str) -> Any:
    """The member's class or module. Raises UnknownMember with the names there are."""
    place = MEMBERS[family].get(name)
    if place is None:
        for point in entry_points(group=f"roomtone.{family}", name=name):
            return point.load()
        raise UnknownMember(family, name, names(family))
    module, _, attribute = place.partition(":")
    loaded = import_module(module)
    return getattr(loaded, attribute) if attribute else loaded


def gauges(*, seed_weights: bool) -> list[Gauge]:
    """What is measured on the clock: engagement, and what strangers installed."""
    return [load("signals", "engagement")(seed_weights=seed_weights), *_strangers("signals")]


def turn_signals(quality_formula: str = "people") -> list[TurnSignal]:
    """What is measured of each turn: ours in their order, then what strangers installed."""
    ours: list[TurnSignal] = [
        load("signals.turns", name)(**({"formula": quality_formula} if name == "quality" else {}))
        for name in MEMBERS["signals.turns"]
    ]
    return [*ours, *_strangers("signals.turns")]


def conversations(settings: Settings) -> Conversations:
    """The conversations that these settings ask for; a live run and its replay have the same."""
    rules = settings.engine
    return Conversations(
        turn_signals(rules.quality_formula),
        idle_s=rules.session_idle_s,
        tag_session=rules.tag_session_id,
        reactions=[
            load("signals.reactions", "feedback")(zeros=rules.write_nonrating_zero_feedback),
            *_strangers("signals.reactions"),
        ],
        penalties=rules.quality_penalties,
    )


def measurements(settings: Settings) -> list[Measurement]:
    """Everything that these settings measure: of rooms on the clock, then of turns."""
    own = [gauge.measurement for gauge in gauges(seed_weights=settings.engine.seed_weights)]
    return [*own, *conversations(settings).measurements.values()]


def detectors(*, mode: str, alarms_per_hour: float) -> list[Detector]:
    """What watches the measurements: ours, and what strangers installed."""
    return [
        load("detectors", "anomaly")(mode=mode, alarms_per_hour=alarms_per_hour),
        load("detectors", "stall")(),
        *_strangers("detectors"),
    ]


def source(url: str) -> Source:
    """The source that a URL's scheme names. Raises BadConfig for one that reads files."""
    member = load("sources", _scheme(url))
    if not callable(member):
        raise BadConfig(f"{_scheme(url)} has no address; give the path of a file instead")
    made: Source = member(url)
    return made


def feed(url: str) -> Feed:
    """The live source that a URL names. Raises BadConfig for one that is told of nothing."""
    made: Any = source(url)
    if not hasattr(made, "deliveries"):
        raise BadConfig(f"{_scheme(url)} is no live source; take it in with: roomtone ingest {url}")
    listened: Feed = made
    return listened


def traces() -> Any:
    """What gathers OpenTelemetry spans into turns; web/otlp.py says what it can do."""
    return load("sources", "otlp").traces()


def outlet(url: str) -> Outlet:
    """Where the documents' payloads go, by a URL's scheme."""
    made: Outlet = load("channels.outlet", _scheme(url))(url)
    return made


def route(message: str) -> Any:
    """Which vector a question is best answered by, as `signals/routing.py` chooses."""
    return import_module("roomtone.signals.routing").route(message)


def _others(family: str) -> tuple[str, ...]:
    return _installed(family, tuple(sys.path))


@cache
def _installed(family: str, path: tuple[str, ...]) -> tuple[str, ...]:
    """Asked of the disk once: every history session has an engine of its own."""
    return tuple(sorted(point.name for point in entry_points(group=f"roomtone.{family}")))


def _strangers(family: str) -> list[Any]:
    """Every installed member of a family that is not ours, in the order of their names."""
    return [load(family, name)() for name in _others(family) if name not in MEMBERS[family]]


def engine(settings: Settings) -> Engine:
    """The engine that these settings ask for: a live run and its replay must have the same."""
    rules = settings.engine
    return Engine(
        gauges(seed_weights=rules.seed_weights),
        detectors(mode=rules.detector, alarms_per_hour=rules.alarms_per_hour),
        session_idle_s=rules.session_idle_s,
        max_users=settings.limits.max_users_per_session,
    )


def series_store(url: str, keep_days: Mapping[int, float | None] | None = None) -> SeriesStore:
    """The series store that a URL's scheme names; `keep_days` by resolution in seconds."""
    member = load("stores.series", _scheme(url))
    if keep_days is None:
        store: SeriesStore = member(url)
    else:
        keep_s = {step: None if d is None else round(d * 86_400) for step, d in keep_days.items()}
        store = member(url, keep_s=keep_s)
    return store


def series_of(settings: Settings) -> SeriesStore:
    """The series store of these settings, with how long it keeps what."""
    keep = settings.retention
    days = {0: keep.raw_days, 60: keep.minute_days, 3600: None}
    return series_store(settings.series_url, days)


def archive(url: str) -> Archive:
    """The archive that a URL's scheme names."""
    store: Archive = load("stores.archive", _scheme(url))(url)
    return store


def memory(url: str) -> MemoryStore:
    """The store of memories that a URL's scheme names."""
    store: MemoryStore = load("stores.memory", _scheme(url))(url)
    return store


def channel(url: str, name: str = "main", **more: Any) -> Channel:
    """The channel that a URL's scheme names; only those of one `name` hear each other."""
    scheme = _scheme(url)
    member: Channel = load("channels", "redis" if scheme == "rediss" else scheme)(url, name, **more)
    return member


def emotion(url: str) -> EmotionModel:
    """The model that reads emotion from text and that the URL's scheme names."""
    member: EmotionModel = load("models.emotion", _scheme(url))(url)
    return member


def coherence(url: str) -> CoherenceModel:
    """The model that reads how texts hang together and that the URL's scheme names."""
    member: CoherenceModel = load("models.coherence", _scheme(url))(url)
    return member


def embedding(url: str) -> EmbeddingModel:
    """The model that turns texts into vectors and that the URL's scheme names."""
    member: EmbeddingModel = load("models.embedding", _scheme(url))(url)
    return member


def judge(url: str) -> Judge:
    """The judge of reactions that the URL's scheme names; ours stands in for a server's."""
    scheme = _scheme(url)
    more = {"fallback": judge("local://")} if scheme == "openai" else {}
    member: Judge = load("models.judge", scheme)(url, **more)
    return member


def export(name: str) -> Export:
    """The format of that name."""
    member: Export = load("exports", name)()
    return member


def native_conversation(row: Row) -> KeptConversation:
    """The conversation that a row of the native format was made of."""
    found: KeptConversation = load("exports", "native")().back(row)
    return found


def exports() -> list[Export]:
    """All formats: ours in their order, then what strangers installed."""
    ours = [export(name) for name in MEMBERS["exports"]]
    return [*ours, *_strangers("exports")]


def row_file(name: str, row: type[Row], *, ids: bool = True) -> RowFile:
    """What writes rows of this type into a file of that name's kind."""
    member: RowFile = load("exports.files", name)(row, ids=ids)
    return member


def _scheme(url: str) -> str:
    scheme = urlsplit(url).scheme.partition("+")[0]
    return {"rediss": "redis"}.get(scheme, scheme)
