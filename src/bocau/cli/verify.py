"""`bocau verify`: check every invariant of the stored mail."""

from typing import TYPE_CHECKING

import click

from bocau.cli.failures import FAILED
from bocau.cli.output import counted, json_option, print_json
from bocau.cli.progress import ProgressLine
from bocau.cli.running import with_rooms
from bocau.cli.where import where_options

if TYPE_CHECKING:
    from bocau.app import Rooms
    from bocau.config import Settings
    from bocau.store.verify import Progress


@click.command()
@where_options
@json_option
def command(settings: "Settings", as_json: bool) -> int:
    """Check every invariant of the stored mail and name what is broken; the server may be running.

    Counters against rows, uids and modseqs in order, the change log replayed against the state, every body
    with its length and hash, accounts against their mailboxes, the files of the full-text
    index. Exit status 1 when anything is broken.

    \b
    Example:  bocau verify
    """
    checked: dict[str, int] = {}

    async def job(rooms: "Rooms") -> list[dict[str, str]]:
        from bocau.store.verify import verify

        line = ProgressLine()

        def report(progress: "Progress") -> None:
            checked[progress.phase] = progress.total
            line(progress.phase, progress.done, progress.total)

        faults = [{"where": f.where, "fault": f.text} async for f in verify(rooms.store, report=report)]
        line.end()
        return faults + _accounts_without_mail(rooms) + _index_faults(rooms)

    faults = with_rooms(settings, job)
    if as_json:
        print_json({"is_sound": not faults, "checked": checked, "faults": faults})
    else:
        for fault in faults:
            click.echo(f"{fault['where']}: {fault['fault']}")
        counts = ", ".join(f"{phase} {count:,}" for phase, count in checked.items())
        click.echo((counted(len(faults), "fault") if faults else "all is well") + f" (checked: {counts})")
    return FAILED if faults else 0


def _index_faults(rooms: "Rooms") -> list[dict[str, str]]:
    """Broken files of the full-text index; the running server makes them anew when it meets them."""
    from bocau.store.search.checking import accounts_indexed, index_faults

    index = rooms.store.search
    return [
        {"where": f"index of account {account_id}", "fault": f"{fault}; `bocau index rebuild` makes it anew"}
        for account_id in accounts_indexed(index)
        for fault in index_faults(index, account_id)
    ]


def _accounts_without_mail(rooms: "Rooms") -> list[dict[str, str]]:
    """An account whose making was interrupted between directory and store; the next start finishes it."""
    from bocau.app.accounts import accounts_without_mailboxes

    return [
        {"where": f"account {account.account_id} ({account.address})", "fault": "it has no mailboxes"}
        for account in accounts_without_mailboxes(rooms)
    ]
