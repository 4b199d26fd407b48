"""What commands print: a table for people, or one JSON document with `--json`."""

import json
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
Row = Mapping[str, Any]

LAST_CHARACTERS_MIN: Final = 24
"""The last column of a table is cut to the terminal's width, but not below this."""


def json_option(command: Command) -> Command:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")(command)


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_rows(rows: Iterable[Row], columns: Sequence[str], *, as_json: bool, none: str = "none") -> None:
    """A list: one line each, columns aligned; headings, and a word when there is nothing, only for people."""
    rows = list(rows)
    if as_json:
        print_json(rows)
        return
    cells = [[text_of(row[column]) for column in columns] for row in rows]
    room = _terminal_columns()
    if room is None:
        _print_table(cells, room)
    elif cells:
        _print_table([[_label(column).upper() for column in columns], *cells], room)
    else:
        click.echo(none)


def _print_table(lines: list[list[str]], room: int | None) -> None:
    if not lines:
        return
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    if room is not None:
        before_last = sum(widths[:-1]) + 2 * (len(widths) - 1)
        widths[-1] = max(room - before_last, LAST_CHARACTERS_MIN)
    for line in lines:
        if room is not None and len(line[-1]) > widths[-1]:
            line[-1] = line[-1][: widths[-1] - 1] + "…"
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _terminal_columns() -> int | None:
    """None where no person looks on."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def print_one(row: Row, *, as_json: bool) -> None:
    """One thing: a line per fact."""
    if as_json:
        print_json(row)
        return
    width = max(len(_label(name)) for name in row)
    for name, value in row.items():
        click.echo(f"{_label(name).ljust(width)}  {text_of(value)}".rstrip())


def _label(name: str) -> str:
    """is_admin → admin, message_count → messages, arrived_at → arrived."""
    text = name.removeprefix("is_")
    if text.endswith("_count"):
        text = text.removesuffix("_count") + ("es" if text.endswith("alias_count") else "s")
    return text.removesuffix("_at").replace("_", " ")


def done(text: str, row: Row, *, as_json: bool) -> None:
    """What a change did: a line for people, the changed thing for programs."""
    if as_json:
        print_json(row)
    else:
        click.echo(text)


def when(seconds: float | None) -> str | None:
    """Unix seconds as RFC 3339 UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def size(count: int) -> str:
    """Bytes for people: 1.4 MB."""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def counted(count: int, one: str, many: str = "") -> str:
    """1 message, 2 messages."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def span(seconds: float) -> str:
    """How long something is ago or ahead: 40 s, 5 min, 3 h, 2 d."""
    for limit, length, unit in ((90, 1, "s"), (90 * 60, 60, "min"), (36 * 3600, 3600, "h")):
        if seconds < limit:
            return f"{max(round(seconds / length), 0)} {unit}"
    return f"{round(seconds / 86_400)} d"


def text_of(value: Any) -> str:
    """Any value on one line."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(text_of, value)) or "-"
    # What a stranger wrote (a display name, a remote's words) must not move the cursor.
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(value))
