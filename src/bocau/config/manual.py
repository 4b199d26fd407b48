"""The configuration's documentation, made from the schema and its doc strings: `bocau config doc`."""

import ast
import dataclasses
import inspect
from collections.abc import Iterator
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from bocau.config import schema
from bocau.config.values import (
    FilePath,
    Hostname,
    IpAddress,
    ListenAddress,
    NameServer,
    Range,
    Server,
    SupportUrl,
    Words,
)

INTRODUCTION: Final = """# Configuration

One TOML file, `/etc/bocau/bocau.toml` unless `--config` names another. A wrong key or value stops the
start with file, line and the right spelling. `--set key=value` overrides any key for one run. All else
(domains, accounts, aliases, groups, passwords) is state of the server and changed by its commands.

This page is made by `bocau config doc`; do not edit it by hand.
"""

KINDS: Final = {
    bool: "true or false",
    int: "number",
    float: "number",
    str: "text",
    Hostname: "host name",
    IpAddress: "IP address",
    FilePath: "path",
    Server: "host:port",
    NameServer: "address:port",
    ListenAddress: "address",
    SupportUrl: "web address",
    Words: "words",
}


def markdown() -> str:
    """The whole page."""
    tables = [
        (name, kind) for name, kind in get_type_hints(schema.File).items() if dataclasses.is_dataclass(kind)
    ]
    sections = [INTRODUCTION, "".join(_section("", schema.File))]
    sections += ["".join(_section(name, kind)) for name, kind in tables]
    return "\n".join(sections)


def key_docs() -> dict[str, str]:
    """Every dotted key and what it means."""
    docs: dict[str, str] = {}
    for name, kind in get_type_hints(schema.File).items():
        if dataclasses.is_dataclass(kind):
            docs |= {f"{name}.{key}": text for key, text in field_docs(kind).items()}
        else:
            docs[name] = field_docs(schema.File)[name]
    return docs


def in_force(file: schema.File) -> dict[str, Any]:
    """Every dotted key and its value, as it would stand in the file."""
    values: dict[str, Any] = {}
    for field in dataclasses.fields(file):
        value = getattr(file, field.name)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            inner = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
            values |= {f"{field.name}.{key}": _plain(item) for key, item in inner.items()}
        else:
            values[field.name] = _plain(value)
    return values


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def _section(name: str, kind: Any) -> Iterator[str]:
    yield f"## [{name}]\n\n" if name else "## Before the first table\n\n"
    yield f"{inspect.getdoc(kind)}\n\n"
    docs, kinds = field_docs(kind), get_type_hints(kind, include_extras=True)
    yield "| key | value | default | meaning |\n|---|---|---|---|\n"
    for field in dataclasses.fields(kind):
        if dataclasses.is_dataclass(kinds[field.name]):
            continue
        yield f"| `{field.name}` | {_kind(kinds[field.name])} | {_default(field)} | {docs[field.name]} |\n"


def field_docs(kind: Any) -> dict[str, str]:
    """The string below each field of a dataclass, on one line."""
    body = ast.parse(inspect.getsource(kind)).body[0]
    assert isinstance(body, ast.ClassDef)
    docs = {}
    for node, after in zip(body.body, body.body[1:], strict=False):
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            docs[node.target.id] = " ".join(str(after.value.value).split())
    return docs


def _kind(kind: Any) -> str:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple:
        return f"list of {_kind(arguments[0])}"
    if origin is dict:
        return f"table of {_kind(arguments[1])}"
    if origin is Literal:
        return ", ".join(f"`{choice}`" for choice in arguments)
    if hasattr(kind, "__metadata__"):
        return f"{_kind(kind.__origin__)}{_range(kind.__metadata__[0])}"
    if type(None) in arguments:
        return _kind(next(part for part in arguments if part is not type(None)))
    return KINDS[kind]


def _range(bounds: Range) -> str:
    if bounds.above is not None:
        return f" above {bounds.above:g}"
    return f" from {bounds.least}" + (f" to {bounds.most}" if bounds.most is not None else "")


def _default(field: "dataclasses.Field[Any]") -> str:
    if field.default is dataclasses.MISSING:
        return "none" if field.default_factory is not dataclasses.MISSING else "**needed**"
    return f"`{toml(field.default)}`" if field.default is not None else "none"


def toml(value: Any) -> str:
    """A value as it stands in the file."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, tuple | list):
        return f"[{', '.join(toml(item) for item in value)}]"
    if isinstance(value, dict) and not value:
        return "{}"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{toml(key)} = {toml(item)}' for key, item in value.items())} }}"
    if value is None:
        return "(none)"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
