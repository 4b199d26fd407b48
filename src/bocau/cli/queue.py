"""`bocau queue`: mail that waits for other servers."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import click

from bocau.cli.failures import Failure
from bocau.cli.output import (
    counted,
    done,
    json_option,
    print_json,
    print_one,
    print_rows,
    size,
    span,
    text_of,
    when,
)
from bocau.cli.running import with_rooms
from bocau.cli.where import where_options

if TYPE_CHECKING:
    from bocau.app import Rooms
    from bocau.base.ids import QueueId
    from bocau.config import Settings
    from bocau.store.queue import QueuedMessage, QueuedRecipient, QueuedSummary, QueueReading, QueueWriting

COLUMNS: Final = ("id", "size", "age", "next_try", "sender", "recipients", "last_reply")
RECIPIENT_COLUMNS: Final = ("address", "status", "attempts", "next_try")
PAGE: Final = 1000


@click.group()
def command() -> None:
    """Mail that waits for other servers.

    \b
    Example:  bocau queue list
              bocau queue retry --all
    """


def _page(after: int) -> "Callable[[QueueReading], Sequence[QueuedSummary]]":
    return lambda queue: queue.list(after=after, limit=PAGE)


def summary_row(summary: "QueuedSummary") -> dict[str, Any]:
    return {
        "id": summary.queue_id,
        "trace_id": summary.trace_id,
        "sender": summary.reverse_path,
        "first_recipient": summary.first_recipient,
        "recipient_count": summary.recipient_count,
        "size_bytes": summary.size_bytes,
        "arrived_at": when(summary.created_at),
        "expires_at": when(summary.expires_at),
        "next_attempt_at": when(summary.next_attempt_at or None),
        "last_attempt_at": when(summary.last_attempt_at),
        "is_held": summary.is_held,
        "last_reply": summary.last_reply,
    }


def shown(summary: "QueuedSummary", now: float) -> dict[str, Any]:
    """A line for people."""
    more = summary.recipient_count - 1
    return {
        "id": summary.queue_id,
        "size": size(summary.size_bytes),
        "age": span(now - summary.created_at),
        "next_try": "held" if summary.is_held else next_try(summary.next_attempt_at, now),
        "sender": summary.reverse_path or "<>",
        "recipients": summary.first_recipient + (f" and {more} more" if more > 0 else ""),
        "last_reply": summary.last_reply,
    }


def next_try(at: float | None, now: float) -> str:
    return f"in {span(at - now)}" if at and at > now else "now"


def recipient_row(recipient: "QueuedRecipient") -> dict[str, Any]:
    return {
        "address": recipient.address,
        "status": recipient.status.name.lower(),
        "attempts": recipient.attempts,
        "destination": recipient.destination,
        "next_attempt_at": when(recipient.next_attempt_at or None) if recipient.is_open else None,
        "last_attempt_at": when(recipient.last_attempt_at),
        "last_reply": recipient.last_reply,
    }


def message_row(message: "QueuedMessage") -> dict[str, Any]:
    return {
        "id": message.queue_id,
        "trace_id": message.trace_id,
        "sender": message.reverse_path,
        "size_bytes": message.size_bytes,
        "arrived_at": when(message.created_at),
        "expires_at": when(message.expires_at),
        "is_held": message.is_held,
        "envid": message.envid,
    }


@command.command("list")
@where_options
@json_option
def list_queue(settings: "Settings", as_json: bool) -> None:
    """List what waits, oldest first.

    \b
    Example:  bocau queue list --json
    """

    async def job(rooms: "Rooms") -> "list[QueuedSummary]":
        found: list[QueuedSummary] = []
        while page := rooms.queue_read(_page(found[-1].queue_id if found else 0)):
            found += page
        return found

    found, now = with_rooms(settings, job), time.time()
    rows = map(summary_row, found) if as_json else (shown(summary, now) for summary in found)
    print_rows(rows, COLUMNS, as_json=as_json, none="the queue is empty")


@command.command()
@click.argument("number", metavar="ID", type=click.IntRange(1))
@where_options
@json_option
def show(settings: "Settings", number: int, as_json: bool) -> None:
    """Show one message with what became of each recipient.

    \b
    Example:  bocau queue show 17
    """

    async def job(rooms: "Rooms") -> "QueuedMessage":
        return _existing(rooms, number)

    message = with_rooms(settings, job)
    recipients = list(map(recipient_row, message.recipients))
    if as_json:
        print_json(message_row(message) | {"recipients": recipients})
        return
    facts = message_row(message) | {
        "sender": message.reverse_path or "<>",
        "size_bytes": size(message.size_bytes),
    }
    print_one({name.removesuffix("_bytes"): value for name, value in facts.items()}, as_json=False)
    click.echo()
    now = time.time()
    for recipient, row in zip(message.recipients, recipients, strict=True):
        row["next_try"] = next_try(recipient.next_attempt_at, now) if row["status"] == "waiting" else None
    print_rows(recipients, RECIPIENT_COLUMNS, as_json=False)
    click.echo()
    for row in recipients:
        if row["last_reply"]:
            click.echo(f"{row['address']}: {text_of(row['last_reply'])}")


@command.command()
@click.argument("numbers", metavar="[ID]...", nargs=-1, type=click.IntRange(1))
@click.option("--all", "everything", is_flag=True, help="All that waits and is not held.")
@where_options
@json_option
def retry(settings: "Settings", numbers: tuple[int, ...], everything: bool, as_json: bool) -> None:
    """Try again at once.

    \b
    Example:  bocau queue retry 17
              bocau queue retry --all
    """
    if bool(numbers) == everything:
        raise click.UsageError("Name messages by their ID, or say --all.")

    async def job(rooms: "Rooms") -> int:
        if everything:
            return await rooms.queue_write(lambda queue: queue.retry_now())
        ids = [_existing(rooms, number).queue_id for number in numbers]
        return await rooms.queue_write(lambda queue: sum(queue.retry_now(queue_id) for queue_id in ids))

    count = with_rooms(settings, job)
    done(f"{counted(count, 'recipient')} will be tried now", {"recipient_count": count}, as_json=as_json)


def _act(act: "Callable[[QueueWriting, QueueId], bool]", queue_id: "QueueId", queue: "QueueWriting") -> bool:
    return act(queue, queue_id)


def _verb(
    name: str, past: str, text: str, act: "Callable[[QueueWriting, QueueId], bool]", refusal: str
) -> None:
    """One of hold, release, drop: the same shape, another verb."""

    @where_options
    @json_option
    def run(settings: "Settings", numbers: tuple[int, ...], as_json: bool) -> None:
        async def job(rooms: "Rooms") -> None:
            for number in numbers:
                queue_id = _existing(rooms, number).queue_id
                if not await rooms.queue_write(partial(_act, act, queue_id)):
                    raise Failure(f"message {number} {refusal}")

        with_rooms(settings, job)
        done(f"{past} {', '.join(map(str, numbers))}", {"ids": list(numbers), "done": past}, as_json=as_json)

    run.__doc__ = f"{text}\n\n\b\nExample:  bocau queue {name} 17\n"
    argument = click.argument("numbers", metavar="ID...", nargs=-1, required=True, type=click.IntRange(1))
    command.command(name)(argument(run))


_verb(
    "hold",
    "held",
    "Keep messages from being tried and from expiring.",
    lambda q, i: q.hold(i),
    "is held already",
)
_verb("release", "released", "Let held messages go on, at once.", lambda q, i: q.release(i), "is not held")
_verb(
    "drop",
    "dropped",
    "Remove messages without telling the sender.",
    lambda q, i: q.drop(i),
    "has left the queue meanwhile",
)


def _existing(rooms: "Rooms", number: int) -> "QueuedMessage":
    from bocau.base.ids import QueueId

    message: QueuedMessage | None = rooms.queue_read(lambda queue: queue.show(QueueId(number)))
    if message is None:
        raise Failure(f"no message {number} in the queue; `bocau queue list` shows them")
    return message
