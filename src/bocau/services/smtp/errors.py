"""What went wrong, as a reply: one table from meaning to code (RFC 5321 §4.2.3, RFC 3463)."""

from typing import Final

from bocau.base import errors as e
from bocau.protocols.smtp import Reply

_APP_PASSWORD: Final = Reply(534, "5.7.9", "This account has a second factor: use an app password")
ERRORS: Final[dict[type[e.BocauError], Reply]] = {
    e.BocauError: Reply(451, "4.3.0", "Local error in processing"),
    e.PeerError: Reply(501, "5.5.4", "Syntax error"),
    e.SyntaxFault: Reply(501, "5.5.4", "Syntax error"),
    e.SequenceFault: Reply(503, "5.5.1", "Bad sequence of commands"),
    e.TooLong: Reply(500, "5.5.2", "Line too long"),
    e.PeerGone: Reply(421, "4.4.2", "Connection lost"),
    e.Refused: Reply(550, "5.7.1", "Refused"),
    e.NoSuchDomain: Reply(550, "5.1.2", "No such domain here"),
    e.NoSuchAddress: Reply(550, "5.1.1", "No such user here"),
    e.NoSuchAccount: Reply(550, "5.1.1", "No such user here"),
    e.NoSuchMailbox: Reply(550, "5.1.1", "No such mailbox"),
    e.NoSuchMessage: Reply(554, "5.6.0", "No such message"),
    e.AlreadyExists: Reply(554, "5.3.0", "Exists already"),
    e.InUse: Reply(451, "4.3.0", "In use, try again later"),
    e.HasChildren: Reply(554, "5.3.0", "Refused"),
    e.BadName: Reply(553, "5.1.3", "Bad name"),
    e.NotPermitted: Reply(550, "5.7.1", "Not permitted"),
    e.RelayDenied: Reply(550, "5.7.1", "Relaying denied"),
    e.AccountDisabled: Reply(550, "5.2.1", "Mailbox disabled"),
    e.BadCredentials: Reply(535, "5.7.8", "Authentication credentials invalid"),
    e.CodeWanted: Reply(535, "5.7.8", "Authentication credentials invalid"),
    e.AppPasswordWanted: _APP_PASSWORD,
    e.OverQuota: Reply(452, "4.2.2", "Mailbox full"),
    e.NeverFits: Reply(552, "5.2.2", "Larger than the mailbox may ever be"),
    e.MessageTooLarge: Reply(552, "5.3.4", "Message is larger than this server takes"),
    e.HeaderTooLarge: Reply(552, "5.3.4", "The header is larger than this server takes"),
    e.LimitReached: Reply(450, "4.7.1", "Sending limit reached, try again later"),
    e.MailLoop: Reply(554, "5.4.6", "Mail loop: too many hops"),
    e.TryLater: Reply(451, "4.3.0", "Try again later"),
    e.StoreBusy: Reply(451, "4.3.0", "Store is busy, try again later"),
    e.DiskFull: Reply(452, "4.3.1", "Insufficient system storage"),
    e.Throttled: Reply(451, "4.7.1", "Slow down, try again later"),
    e.DnsUnavailable: Reply(451, "4.4.3", "DNS does not answer, try again later"),
}

LOGIN_ERRORS: Final[dict[type[e.BocauError], Reply]] = {
    e.SyntaxFault: Reply(501, "5.5.2", "Malformed authentication exchange"),
    e.AccountDisabled: Reply(535, "5.7.8", "Authentication credentials invalid"),
    e.NotPermitted: Reply(535, "5.7.8", "Authentication credentials invalid"),
    e.AppPasswordWanted: _APP_PASSWORD,
    e.Throttled: Reply(454, "4.7.0", "Too many failed logins, try again later"),
    e.TryLater: Reply(454, "4.7.0", "Temporary authentication failure"),
}
"""Where AUTH speaks differently. It never tells why a login failed (RFC 4954 §6), but to who has the right
password, and needs another one."""


def reply_to(error: BaseException) -> Reply:
    """The reply of the nearest class in the table."""
    for kind in type(error).__mro__:
        if kind in ERRORS:
            return ERRORS[kind]
    return ERRORS[e.BocauError]


def login_reply_to(error: e.BocauError) -> Reply:
    for kind in type(error).__mro__:
        if kind in LOGIN_ERRORS:
            return LOGIN_ERRORS[kind]
    return reply_to(error)


def worst(replies: list[Reply]) -> Reply:
    """The one reply for a message that no recipient got: temporary if any may still succeed."""
    return min(replies, key=lambda reply: reply.code)
