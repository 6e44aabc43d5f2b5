"""The page at /docs: the API as its own OpenAPI document describes it, nothing loaded from afar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

TITLE = "Roomtone API"


def render(openapi: Mapping[str, Any]) -> str:
    """The whole page as HTML; everything that is not ours to write is escaped."""
    info = openapi["info"]
    operations = list(_operations(openapi))
    schemas: Mapping[str, Any] = openapi.get("components", {}).get("schemas", {})
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<title>{TITLE}</title><link rel="icon" href="data:,">'
        '<link rel="stylesheet" href="/plain.css"></head><body><main>',
        f"<h1>{TITLE}, version {escape(info['version'])}</h1>",
        f"<p>{_text(info.get('summary', ''))}</p><p>{_text(info.get('description', ''))}</p>",
        '<p>Machines read <a href="/openapi.json">/openapi.json</a> and, for the events, '
        '<a href="/v1/schema">/v1/schema</a>. Live frames come by WebSocket at <code>/v1/live'
        "</code>, or by <code>curl -N 'http://127.0.0.1:8003/v1/stream?topics=pulse'</code>.</p>",
        "<nav><ul>",
        *(f'<li><a href="#{key}">{title}</a></li>' for key, title, _ in operations),
        "</ul></nav>",
        *(section for _, _, section in operations),
        "<h2>Shapes</h2>",
        *(_shape(name, shape) for name, shape in schemas.items()),
        "</main></body></html>",
    ]
    return "\n".join(parts)


def _operations(openapi: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Key, title and section of each operation."""
    for path, item in openapi["paths"].items():
        for method, operation in item.items():
            key = escape(operation["operationId"])
            title = f"<code>{escape(method.upper())} {escape(path)}</code>"
            parts = [f'<section id="{key}"><h2>{title}</h2>']
            parts.append(f"<p>{_text(operation.get('description', ''))}</p>")
            if operation.get("parameters"):
                parts.append(_parameters(operation["parameters"]))
            for kind, content in operation.get("requestBody", {}).get("content", {}).items():
                parts.append(f"<p>Body ({escape(kind)}): {_type(content.get('schema', {}))}</p>")
            parts.append("<ul>")
            for status, response in operation["responses"].items():
                contents: list[Mapping[str, Any]] = list(response.get("content", {}).values())
                shape = contents[0].get("schema", {}) if contents else {}
                told = f"<code>{escape(status)}</code> {escape(response['description'])}"
                parts.append(f"<li>{told}: {_type(shape)}</li>" if shape else f"<li>{told}</li>")
            parts.append("</ul></section>")
            yield key, title, "\n".join(parts)


def _parameters(parameters: list[Mapping[str, Any]]) -> str:
    rows = []
    for one in parameters:
        shape = one.get("schema", {})
        default = "" if shape.get("default") is None else f", default {shape['default']!r}"
        need = "required" if one.get("required") else "optional"
        rows.append(
            f"<tr><td><code>{escape(one['name'])}</code></td><td>{_type(shape)}</td>"
            f"<td>{escape(need + default)}</td><td>{_text(one.get('description', ''))}</td></tr>"
        )
    head = "<tr><th>name</th><th>type</th><th></th><th>meaning</th></tr>"
    return f"<table>{head}{''.join(rows)}</table>"


def _shape(name: str, shape: Mapping[str, Any]) -> str:
    rows = [
        f"<tr><td><code>{escape(field)}</code></td><td>{_type(inner)}</td>"
        f"<td>{_text(inner.get('description', ''))}</td></tr>"
        for field, inner in shape.get("properties", {}).items()
    ]
    told = _text(shape.get("description", ""))
    table = f"<table>{''.join(rows)}</table>" if rows else ""
    return (
        f'<section id="shape-{escape(name)}"><h3>{escape(name)}</h3><p>{told}</p>{table}</section>'
    )


def _type(shape: Mapping[str, Any]) -> str:
    """A schema in a few words, with links to the shapes it names."""
    if "$ref" in shape:
        name = escape(shape["$ref"].rsplit("/", 1)[-1])
        return f'<a href="#shape-{name}">{name}</a>'
    if "enum" in shape:
        return " | ".join(
            f"<code>{escape(str(value)) or '&quot;&quot;'}</code>" for value in shape["enum"]
        )
    if "anyOf" in shape:
        return " or ".join(_type(one) for one in shape["anyOf"])
    if shape.get("type") == "array":
        return f"list of {_type(shape.get('items', {}))}"
    if isinstance(shape.get("additionalProperties"), Mapping):
        return f"object of {_type(shape['additionalProperties'])}"
    return escape(str(shape.get("type", "anything")))


def _text(text: str) -> str:
    """Prose with `code` in it."""
    parts = escape(" ".join(text.split())).split("`")
    if len(parts) % 2 == 0:
        return "`".join(parts)
    return "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(parts))
