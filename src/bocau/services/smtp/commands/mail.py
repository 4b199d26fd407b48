"""MAIL and RCPT (RFC 5321 §4.1.1.2–3, RFC 1870 §6.1, RFC 6531 §3.5, RFC 6409 §4.3)."""

from typing import TYPE_CHECKING

from bocau.base.errors import Refused, TryLater
from bocau.formats.address import Address, literal_of
from bocau.protocols.smtp import Reply
from bocau.protocols.smtp.events import MailFrom, RcptTo
from bocau.services.smtp import replies
from bocau.services.smtp.errors import reply_to

if TYPE_CHECKING:
    from bocau.services.smtp.session import SmtpSession


async def mail(session: "SmtpSession", event: MailFrom) -> Reply:
    """Begin a transaction."""
    session.check_login()
    if session.service.profile.requires_login and session.login is None:
        return session.service.login_first(session.connection.tls)
    if event.size is not None and event.size > session.service.settings.limits.message_bytes_max:
        return replies.TOO_LARGE
    if not (event.is_ascii or event.smtputf8):
        return replies.NEEDS_SMTPUTF8
    if session.login is not None:
        session.service.flow.check_sender(session.login.account_id, event.reverse_path)
    session.transaction.mail = event
    return replies.SENDER_OK


async def recipient(session: "SmtpSession", event: RcptTo) -> Reply:
    """Accept one recipient, or say why not: what is refused here needs no bounce."""
    transaction, service = session.transaction, session.service
    assert transaction.mail is not None
    if len(transaction.recipients) >= service.settings.limits.recipients_max:
        return replies.TOO_MANY_RECIPIENTS
    if not (event.is_ascii or transaction.mail.smtputf8):
        return replies.NEEDS_SMTPUTF8
    address = _at_home(session, event.address)
    try:
        if session.login is not None:
            service.flow.check_submission_recipient(session.login.account_id, address)
        else:
            service.flow.check_recipient(address, transaction.mail.size)
    except (Refused, TryLater) as error:
        return session.refuse_recipient(address, reply_to(error))
    transaction.add(event, address)
    return replies.RECIPIENT_OK


def _at_home(session: "SmtpSession", address: Address) -> Address:
    """`<postmaster>`, and the postmaster of the very address that was called, are ours (RFC 5321 §4.5.1)."""
    domain = address.domain
    if domain and not (
        domain.startswith("[")
        and address.key[0] == "postmaster"
        and domain == literal_of(session.connection.local_host)
    ):
        return address
    return Address(address.local_part, session.service.postmaster_domain())
