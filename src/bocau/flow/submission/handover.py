"""A submission of JMAP handed over to the queue and to mailboxes, and written down in the same transaction
(RFC 8621 §7).

    at once:  flow.submit ─┬─ placed          held:  due → flow.submit ─┬─ placed
                           └─ add "final"                               └─ end "final", or nothing at all
"""

import secrets
from collections.abc import Callable
from typing import Final, NamedTuple

from bocau.base.errors import Refused
from bocau.base.ids import AccountId, EmailId
from bocau.flow.local.delivery import Placed
from bocau.flow.queue.fates import NO, QUEUED, YES, status
from bocau.flow.submission.sent_draft import put_away
from bocau.flow.values import Arrived, Envelope, Origin
from bocau.store import Writing, submissions
from bocau.store.submissions import FINAL, Delivery, Submission

PROTOCOL: Final = "HTTP"
"""How it came, in our Received field."""


class WaitsNoMore(Refused):
    """It was canceled, or handed over by somebody else."""


class Letter(NamedTuple):
    """What is to be sent."""

    account_id: AccountId
    envelope: Envelope
    content: bytes


def arrived(letter: Letter, now: float) -> Arrived:
    """The letter as the flow takes it."""
    origin = Origin("", 0, "", PROTOCOL, account_id=letter.account_id)
    return Arrived(letter.envelope, origin, letter.content, new_trace_id(), now)


def new_trace_id() -> str:
    return secrets.token_hex(8)


def adding(new: Submission, trace_id: str, made: list[Submission]) -> Callable[[Writing, Placed], None]:
    """Keep a submission that is sent with this very write; `made` holds it then."""

    def job(tx: Writing, placed: Placed) -> None:
        done = new._replace(
            undo_status=FINAL, queue_id=tx.queue.added.get(trace_id), delivery=deliveries(placed)
        )
        made[:] = [submissions.add(tx.of(new.account_id), done)]

    return job


def ending(held: Submission, trace_id: str) -> Callable[[Writing, Placed], None]:
    """End the waiting of a submission with this very write. WaitsNoMore."""

    def job(tx: Writing, placed: Placed) -> None:
        own, queue_id = tx.of(held.account_id), tx.queue.added.get(trace_id)
        if not submissions.end(
            own, held.submission_id, FINAL, queue_id=queue_id, delivery=deliveries(placed)
        ):
            raise WaitsNoMore(f"submission {held.submission_id} waits no more")
        put_away(own, EmailId(held.email_id))

    return job


def deliveries(placed: Placed) -> Delivery:
    """How it stands with each recipient when all is placed."""
    told: Delivery = {}
    for reached in placed.reached:
        error = placed.error(reached)
        if error is not None:
            fate = status(NO, f"550 5.1.1 {error}")
        elif reached.remote:
            fate = status(QUEUED, "250 2.0.0 queued")
        else:
            fate = status(YES, "250 2.1.5 delivered")
        told[str(reached.recipient.address)] = fate
    return told
