"""One portion of the work on many emails: done, or undone, in one transaction (see `batches`).

portion → where its emails lie and what they have → patch → what they were, as far as the patch touches it
undone: groups that were alike before → one patch for each, the last portion first
"""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bocau.base.ids import EmailId, MailboxId
from bocau.store.batches import BATCHES, Batch, Status, progress
from bocau.store.emails import places_of
from bocau.store.emailwriting import EmailPatch, change_emails, destroy_emails
from bocau.store.keywords import Wanted
from bocau.store.uidranges import parse_text, ranges_of, text_of, uids_in
from bocau.store.values import Flags

if TYPE_CHECKING:
    from bocau.store.writing import Writing

SERIAL_BITS: Final = 32
_KEPT_BITS: Final = int(Flags.DELETED)


def work_of(patch: EmailPatch | None) -> str:
    """The patch as it is kept; None: destroy."""
    if patch is None:
        return "null"
    mailboxes = None if patch.mailboxes is None else sorted(patch.mailboxes)
    return json.dumps([patch.keywords, mailboxes, sorted(patch.into), sorted(patch.out_of)])


def patch_of(work: str) -> EmailPatch | None:
    """Back from `work_of`."""
    said = json.loads(work)
    if said is None:
        return None
    wanted, mailboxes, into, out_of = said
    return EmailPatch(
        # JSON knows no tuples.
        None if wanted is None else Wanted._make(tuple(v) if isinstance(v, list) else v for v in wanted),
        None if mailboxes is None else frozenset(mailboxes),
        frozenset(into),
        frozenset(out_of),
    )


def do_portion(tx: "Writing", found: Batch) -> Batch:
    """The next portion; returns how far the work is then."""
    row = tx.sql.row(BATCHES.next_portion, (tx.account_id, found.batch_id))
    if row is not None:
        number, text, _ = row
        email_ids, patch = _email_ids(tx, text), patch_of(found.work)
        if patch is None:
            former, failures = "", destroy_emails(tx, email_ids)
        else:
            former = _former(tx, email_ids, patch)
            failures = change_emails(tx, dict.fromkeys(email_ids, patch))
        tx.sql.execute(BATCHES.set_former, (former, tx.account_id, found.batch_id, number))
        found = found._replace(
            status=Status.RUNNING,
            done=found.done + len(email_ids) - len(failures),
            failed=found.failed + len(failures),
        )
    if found.done + found.failed >= found.total:
        found = found._replace(status=Status.DONE, finished_at=tx.job.now)
    progress(tx, found)
    return found


def pass_over(tx: "Writing", found: Batch) -> Batch:
    """Leave the next portion as it is: something refuses it as a whole."""
    is_undoing = found.status is Status.UNDOING
    statement = BATCHES.last_portion if is_undoing else BATCHES.next_portion
    row = tx.sql.row(statement, (tx.account_id, found.batch_id))
    if row is not None:
        number, text, _ = row
        former = None if is_undoing else "[]"
        tx.sql.execute(BATCHES.set_former, (former, tx.account_id, found.batch_id, number))
        found = found._replace(failed=found.failed + len(uids_in(parse_text(text))))
    progress(tx, found)
    return found


def undo_portion(tx: "Writing", found: Batch) -> Batch:
    """The last portion that was done."""
    row = tx.sql.row(BATCHES.last_portion, (tx.account_id, found.batch_id))
    if row is None:
        found = found._replace(status=Status.UNDONE, finished_at=tx.job.now, done=0)
    else:
        number, _, former = row
        patches = {
            email_id: patch
            for patch, text in _groups(former, patch_of(found.work))
            for email_id in _email_ids(tx, text)
        }
        failures = change_emails(tx, patches)
        tx.sql.execute(BATCHES.set_former, (None, tx.account_id, found.batch_id, number))
        found = found._replace(done=max(0, found.done - len(patches) + len(failures)))
    progress(tx, found)
    return found


def _email_ids(tx: "Writing", text: str) -> list[EmailId]:
    return [EmailId(tx.account_id << SERIAL_BITS | serial) for serial in uids_in(parse_text(text))]


class _Was(NamedTuple):
    """What an email was, as far as the patch touches it."""

    flags: int
    keywords: tuple[str, ...]
    mailboxes: tuple[int, ...] | None


def _former(tx: "Writing", email_ids: list[EmailId], patch: EmailPatch) -> str:
    """JSON: [[flags, keywords, mailboxes, serials], …], emails that were alike together."""
    bits, words = _touched(patch)
    has_moved = patch.mailboxes is not None or bool(patch.into or patch.out_of)
    flags: dict[EmailId, int] = {}
    keywords: dict[EmailId, str] = {}
    mailboxes: dict[EmailId, list[int]] = {}
    for place in places_of(tx, email_ids):
        flags[place.email_id] = flags.get(place.email_id, 0) | place.flags
        keywords[place.email_id] = place.keywords
        mailboxes.setdefault(place.email_id, []).append(place.mailbox_id)
    groups: dict[_Was, list[int]] = {}
    for email_id, its_flags in flags.items():
        was = _Was(
            its_flags & bits,
            _chosen(keywords[email_id].split(), words),
            tuple(sorted(mailboxes[email_id])) if has_moved else None,
        )
        groups.setdefault(was, []).append(email_id & ((1 << SERIAL_BITS) - 1))
    return json.dumps([[*was, text_of(ranges_of(sorted(some)))] for was, some in groups.items()])


def _touched(patch: EmailPatch) -> tuple[int, frozenset[str] | None]:
    """The flags and keywords that a patch may change; None: any keyword."""
    wanted = patch.keywords
    if wanted is None:
        return 0, frozenset()
    if wanted.replace:
        return 31 & ~_KEPT_BITS, None
    return wanted.add | wanted.remove, frozenset((*wanted.add_keywords, *wanted.remove_keywords))


def _chosen(keywords: Iterable[str], touched: frozenset[str] | None) -> tuple[str, ...]:
    if touched is None:
        return tuple(keywords)
    return tuple(word for word in keywords if word.lower() in touched)


def _groups(former: str, patch: EmailPatch | None) -> list[tuple[EmailPatch, str]]:
    """(the way back, the serials that go it)."""
    if patch is None:
        return []
    groups: list[list[Any]] = json.loads(former)
    return [
        (_way_back(patch, _Was(flags, tuple(keywords), mailboxes)), text)
        for flags, keywords, mailboxes, text in groups
    ]


def _way_back(patch: EmailPatch, was: _Was) -> EmailPatch:
    bits, words = _touched(patch)
    back: Wanted | None = None
    if patch.keywords is not None and words is None:
        back = Wanted(was.flags, 0, was.keywords, (), True, None, fixed=_KEPT_BITS)
    elif patch.keywords is not None and words is not None:
        away = tuple(sorted(words.difference(map(str.lower, was.keywords))))
        back = Wanted(was.flags, bits & ~was.flags, was.keywords, away, False, None)
    mailboxes = None if was.mailboxes is None else frozenset(map(MailboxId, was.mailboxes))
    return EmailPatch(back, mailboxes)
