"""One line per event on standard error: text for a person at a terminal, JSON for machines.

    log = get_log("smtp")
    log.info("accepted", id="3f2a", recipients=2)

Values come from the wire, so controls, line ends, ANSI escapes and bidi marks are escaped (one event is one
line, always) and long ones are cut. Never pass a password, a SASL payload, a token or a body; fields with
such names are masked all the same.
"""

import json
import os
import re
import sys
import time
import traceback
from collections.abc import Callable
from enum import IntEnum
from typing import Any, Final

VALUE_CHARACTERS_MAX: Final = 500
TRACEBACK_CHARACTERS_MAX: Final = 8_000
MASKED: Final = frozenset(("password", "secret", "token", "credentials", "authorization", "private_key"))


class Level(IntEnum):
    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40


_state: dict[str, Any] = {"level": Level.INFO, "write": None, "fields": {}}
_BARE: Final = re.compile("[!-<>-~]+")
"""Shown as it stands: printable, without a space and "="."""
_string: Final = json.encoder.encode_basestring_ascii
_encode: Final = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), default=str).encode


def configure(
    *,
    level: Level = Level.INFO,
    as_json: bool | None = None,
    write: Callable[[bytes], object] | None = None,
    **fields: object,
) -> None:
    """Set what all logs of this process do; `fields` (role, worker) are part of every line."""
    if as_json is None:
        as_json = not sys.stderr.isatty()
    _state.update(
        level=level,
        format=_json_line if as_json else _text_line,
        write=write or _write_standard_error,
        fields=fields,
    )
    for log in _logs.values():
        log.level = level


def _write_standard_error(line: bytes) -> None:
    try:
        os.write(2, line)
    except OSError:
        pass  # A log that cannot be written must not stop the mail.


class Log:
    """What one room says."""

    __slots__ = ("level", "room")

    def __init__(self, room: str) -> None:
        self.room = room
        self.level: Level = _state["level"]

    def debug(self, event: str, **fields: object) -> None:
        if self.level <= Level.DEBUG:
            self._emit("debug", event, fields)

    def info(self, event: str, **fields: object) -> None:
        if self.level <= Level.INFO:
            self._emit("info", event, fields)

    def warning(self, event: str, **fields: object) -> None:
        if self.level <= Level.WARNING:
            self._emit("warning", event, fields)

    def error(self, event: str, **fields: object) -> None:
        self._emit("error", event, fields)

    def exception(self, event: str, error: BaseException, **fields: object) -> None:
        """An unexpected exception, with its traceback in the same one line."""
        fields["error"] = f"{type(error).__name__}: {error}"
        trace = "".join(traceback.format_exception(error))[-TRACEBACK_CHARACTERS_MAX:]
        self._emit("error", event, fields, trace)

    def _emit(self, level: str, event: str, fields: dict[str, object], trace: str = "") -> None:
        if _state["write"] is None:
            configure()
        _state["write"](_state["format"](self.room, level, event, _state["fields"] | fields, trace))


_logs: Final[dict[str, Log]] = {}


def get_log(room: str) -> Log:
    """The log of a room; the same object each time."""
    log = _logs.get(room)
    if log is None:
        log = _logs[room] = Log(room)
    return log


_second: tuple[int, str] = (-1, "")


def _timestamp() -> str:
    """RFC 3339 in UTC with milliseconds; the part before the point is made once a second."""
    global _second
    now = time.time()
    second = int(now)
    if _second[0] != second:
        _second = (second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second)))
    return f"{_second[1]}.{int(now * 1000) % 1000:03d}Z"


def _plain(name: str, value: object) -> object:
    if name in MASKED:
        return "***"
    if isinstance(value, str):
        text = str(value)
    elif value is None or isinstance(value, (bool, int, float)):
        return value
    else:
        text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
    return text if len(text) <= VALUE_CHARACTERS_MAX else text[:VALUE_CHARACTERS_MAX] + "…"


def _json_line(room: str, level: str, event: str, fields: dict[str, object], trace: str) -> bytes:
    parts = [f'{{"at":"{_timestamp()}","level":"{level}","room":{_string(room)},"event":{_string(event)}']
    parts += [f"{_string(name)}:{_json_value(name, value)}" for name, value in fields.items()]
    if trace:
        parts.append(f'"traceback":{_string(trace)}')
    return (",".join(parts) + "}\n").encode("ascii")


def _json_value(name: str, value: object) -> str:
    plain = _plain(name, value)
    return _string(plain) if isinstance(plain, str) else _encode(plain)


def _text_line(room: str, level: str, event: str, fields: dict[str, object], trace: str) -> bytes:
    shown = " ".join([f"{name}={_shown(name, value)}" for name, value in fields.items()])
    line = f"{_timestamp()} {level:<7} {room}: {_escaped(event)} {shown}".rstrip()
    if trace:
        # The one exception to "one line": at a terminal a person wants to read the traceback.
        line += "\n" + "\n".join("    " + _escaped(part) for part in trace.rstrip("\n").split("\n"))
    return line.encode("utf-8", "backslashreplace") + b"\n"


def _shown(name: str, value: object) -> str:
    # What nearly every field is: a short word that says nothing secret.
    if type(value) is str and name not in MASKED and len(value) <= VALUE_CHARACTERS_MAX:
        return value if _BARE.fullmatch(value) else _quoted(value)
    return _quoted(_plain(name, value))


def _quoted(value: object) -> str:
    text = str(value)
    if _BARE.fullmatch(text):
        return text
    text = _escaped(text)
    return f'"{text}"' if not text or " " in text or "=" in text else text


def _escaped(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
