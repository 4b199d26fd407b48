"""A draft that was sent is no draft any more, even if nobody is there to put it away (RFC 8621 §7.5.1).

Whoever submits says with `onSuccessUpdateEmail` what becomes of the draft; mail that waits for its time may
be left among the drafts until then. When it goes, it goes to Sent.
"""

from typing import Final

from bocau.base.ids import EmailId
from bocau.store import Flags, MailboxRole, Writing
from bocau.store.emails import places_of
from bocau.store.emailwriting import EmailPatch, change_emails
from bocau.store.keywords import Wanted

SCHEDULED: Final = "$scheduled"
"""What the webmail marks drafts with that wait for their time."""
_WAITS_NO_MORE: Final = Wanted(0, 0, (), (SCHEDULED,), False, None)
_SENT: Final = Wanted(int(Flags.SEEN), int(Flags.DRAFT), (), (SCHEDULED,), False, None)


def put_away(tx: Writing, email_id: EmailId) -> None:
    """From Drafts to Sent, without its keyword; an email that is no draft, or gone, is left alone."""
    places = places_of(tx, [email_id])
    if not places or not any(place.flags & Flags.DRAFT for place in places):
        return
    drafts, sent = (tx.mailbox_with_role(role) for role in (MailboxRole.DRAFTS, MailboxRole.SENT))
    patch = EmailPatch(keywords=_SENT)
    if drafts is not None and sent is not None and any(p.mailbox_id == drafts.mailbox_id for p in places):
        patch = patch._replace(into=frozenset((sent.mailbox_id,)), out_of=frozenset((drafts.mailbox_id,)))
    change_emails(tx, {email_id: patch})


def unschedule(tx: Writing, email_id: EmailId) -> None:
    """It will not be sent: a draft like others."""
    if any(SCHEDULED in place.keywords.lower().split() for place in places_of(tx, [email_id])):
        change_emails(tx, {email_id: EmailPatch(keywords=_WAITS_NO_MORE)})
