"""Read bocau.toml strictly: a wrong key or value is refused with file, line and the right spelling.

text → tomllib → table ← --set key=value
table → key by key against `schema` → File
"""

import dataclasses
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from types import UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from bocau.config.errors import ConfigError
from bocau.config.schema import File

FILE_BYTES_MAX: Final = 1024 * 1024
OVERRIDE_SOURCE: Final = "--set"
WORDS: Final[dict[type, str]] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text in quotes",
    list: "a list",
    dict: "a table",
}
"""How people call the types of TOML."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Given:
    """The text after `--set key=`: a TOML value, or else bare text."""

    text: str


@dataclasses.dataclass(frozen=True, slots=True)
class _Source:
    """The file that the keys come from, to name places in errors."""

    name: str
    text: str

    def place(self, key: str) -> str:
        line = line_of(self.text, key)
        return f"{self.name}:{line}" if line else self.name


def read(path: Path | None, overrides: Sequence[str] = (), defaults: dict[str, Any] | None = None) -> File:
    """Decode a file (None: only `defaults`), changed by `key=value` texts. Raises ConfigError."""
    text = "" if path is None else _text(path)
    source = _Source(str(path or "configuration"), text)
    table: dict[str, Any] = {**(defaults or {}), **_parsed(source)}
    for override in overrides:
        _set(table, override)
    file: File = _decode_table(File, table, "", source)
    return file


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
        if len(data) > FILE_BYTES_MAX:
            raise ConfigError(f"{path}: longer than {FILE_BYTES_MAX} bytes")
        return data.decode("utf-8")
    except OSError as exc:
        raise ConfigError(f"{path}: {exc.strerror}; name another file with --config") from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{path}:{data.count(10, 0, exc.start) + 1}: not UTF-8") from exc


def _parsed(source: _Source) -> dict[str, Any]:
    try:
        return tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as exc:
        reason, _, place = str(exc).partition(" (at ")
        line = re.search(r"line (\d+)", place)
        where = f"{source.name}:{line[1]}" if line else source.name
        raise ConfigError(f"{where}: not TOML: {reason}") from exc


# --- --set key=value ---------------------------------------------------------------


def _set(table: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key:
        raise ConfigError(
            f"{OVERRIDE_SOURCE} {override}: write it as key=value, e.g. dns.resolver=127.0.0.1:5353"
        )
    *parents, leaf = _path(key)
    for parent in parents:
        child = table.get(parent)
        table[parent] = table = dict(child) if isinstance(child, dict) else {}
    table[leaf] = _Given(text)


def _path(key: str) -> list[str]:
    """The parts of a dotted key; below a key that holds a dictionary it is one part ("example.org")."""
    kind: Any = File
    rest, path = key, []
    while rest and dataclasses.is_dataclass(kind):
        part, _, rest = rest.partition(".")
        path.append(part)
        kind = get_type_hints(kind).get(part)
    if rest and get_origin(kind) is not dict:
        raise ConfigError(f"{OVERRIDE_SOURCE} {key}: {unknown_key(key)}")
    return [*path, rest] if rest else path


def _toml_value(text: str) -> Any:
    """`text` as a TOML value, or None when it is none."""
    try:
        return tomllib.loads(f"value = {text}\n").get("value")
    except tomllib.TOMLDecodeError:
        return None


# --- one table, one value ------------------------------------------------------------


def _decode_table(kind: type[Any], table: dict[str, Any], prefix: str, source: _Source) -> Any:
    kinds = get_type_hints(kind, include_extras=True)
    values: dict[str, Any] = {}
    for name, raw in table.items():
        key = prefix + name
        if name not in kinds:
            raise _refusal(source, key, raw, unknown_key(key))
        if not dataclasses.is_dataclass(kinds[name]):
            values[name] = _decode_value(kinds[name], raw, key, source)
        elif isinstance(raw, dict):
            values[name] = _decode_table(kinds[name], raw, f"{key}.", source)
        else:
            raise _refusal(source, key, raw, f"is a table: write [{key}] and its keys below")
    for field in dataclasses.fields(kind):
        has_default = (
            field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
        )
        if field.name not in values and not has_default:
            raise ConfigError(f"{source.name}: {prefix}{field.name} is missing")
    return kind(**values)


def _decode_value(kind: Any, raw: Any, key: str, source: _Source) -> Any:
    if isinstance(raw, _Given):
        return _decode_given(kind, raw, key)
    if get_origin(kind) is dict and isinstance(raw, dict):
        inner = get_args(kind)[1]
        return {name: _decode_value(inner, value, f"{key}.{name}", source) for name, value in raw.items()}
    try:
        return convert(kind, raw)
    except ValueError as exc:
        raise _refusal(source, key, raw, str(exc)) from exc


def _decode_given(kind: Any, given: _Given, key: str) -> Any:
    value = _toml_value(given.text)
    errors = []
    for candidate in (value, given.text):
        try:
            if candidate is not None:
                return convert(kind, candidate)
        except ValueError as exc:
            errors.append(exc)
    # Text for a number says less than the number's own fault.
    wants_text = value is None or isinstance(value, str)
    raise ConfigError(f"{OVERRIDE_SOURCE} {key}={given.text}: {errors[-1 if wants_text else 0]}")


def convert(kind: Any, raw: Any) -> Any:
    """One value to its type. Raises ValueError with a text for people."""
    inner = _without_none(kind)
    parse = getattr(inner, "parse", None)
    if get_origin(inner) is tuple:
        values = raw if isinstance(raw, list) else [raw]
        return tuple(convert(get_args(inner)[0], value) for value in values)
    if get_origin(inner) is Literal:
        return _chosen(get_args(inner), raw)
    if parse is not None and isinstance(raw, str):
        return parse(raw)
    if get_origin(inner) is dict or isinstance(raw, dict):
        raise ValueError(f"must be {WORDS[dict]}" if get_origin(inner) is dict else "is no table")
    base = getattr(inner, "__origin__", str if parse else inner)
    if base is float and type(raw) is int:
        raw = float(raw)
    if type(raw) is not base:
        raise ValueError(f"must be {WORDS[base]}, not {WORDS.get(type(raw), 'a date or time')}")
    for bounds in getattr(inner, "__metadata__", ()):
        bounds.check(raw)
    return raw


def _without_none(kind: Any) -> Any:
    if get_origin(kind) not in (Union, UnionType):
        return kind
    return next(part for part in get_args(kind) if part is not type(None))


def _chosen(choices: Sequence[str], raw: Any) -> Any:
    if raw in choices:
        return raw
    hint = _closest(str(raw), choices)
    raise ValueError(f"must be one of {', '.join(choices)}" + (f"; did you mean {hint}?" if hint else ""))


def _refusal(source: _Source, key: str, raw: Any, reason: str) -> ConfigError:
    if isinstance(raw, _Given):
        return ConfigError(f"{OVERRIDE_SOURCE} {key}={raw.text}: {reason}")
    return ConfigError(f"{source.place(key)}: {key}: {reason}")


# --- spelling ------------------------------------------------------------------------


def all_keys(kind: Any = File, prefix: str = "") -> list[str]:
    """Every dotted key, tables left out."""
    keys = []
    for name, hint in get_type_hints(kind).items():
        keys += all_keys(hint, f"{prefix}{name}.") if dataclasses.is_dataclass(hint) else [prefix + name]
    return keys


def unknown_key(key: str) -> str:
    """What to say of a key that is not there."""
    tables = [name for name, kind in get_type_hints(File).items() if dataclasses.is_dataclass(kind)]
    hint = _closest(key, [*all_keys(), *tables]) or _same_leaf(key)
    return (
        f"unknown key; did you mean {hint}?" if hint else "unknown key; `bocau config doc` lists all of them"
    )


def _same_leaf(key: str) -> str | None:
    """`size_max_bytes` in the wrong table, or misspelt there."""
    by_leaf = {known.rpartition(".")[2]: known for known in all_keys()}
    leaf = _closest(key.rpartition(".")[2], list(by_leaf))
    return by_leaf[leaf] if leaf else None


def _closest(word: str, words: Sequence[str]) -> str | None:
    import difflib

    return next(iter(difflib.get_close_matches(word, words, 1, 0.7)), None)


# --- places --------------------------------------------------------------------------

_HEADER = re.compile(r"\s*\[+\s*([^\]]+?)\s*\]+")
_KEY = re.compile(r"""\s*((?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[\w-]+))*)\s*=""")


def line_of(text: str, key: str) -> int | None:
    """The line on which a dotted key (or the first key of a table) stands; tomllib does not tell."""
    table = ""
    for index, line in enumerate(text.split("\n"), 1):
        if header := _HEADER.match(line):
            table = _bare(header[1])
            found = table
        elif match := _KEY.match(line):
            found = f"{table}.{_bare(match[1])}" if table else _bare(match[1])
        else:
            continue
        if found == key or (found.startswith(f"{key}.")):
            return index
        # An inline table holds the key further right on this line.
        if key.startswith(f"{found}.") and not header:
            return index
    return None


def _bare(key: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in key.split("."))
