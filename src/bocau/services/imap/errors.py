"""What a refusal is called on the wire: a table from meaning to response code (RFC 9051 §7.1)."""

from typing import Final

from bocau.base import errors as e
from bocau.protocols.imap.replies import Status, Tagged


class BadNumber(e.SyntaxFault):
    """A message number that does not exist: BAD, not NO."""


class BadCharset(e.Refused):
    """A search in a charset that we do not read (RFC 9051 §6.4.4)."""


TABLE: Final[dict[type[e.BocauError], tuple[Status, bytes]]] = {
    e.PeerError: (Status.BAD, b"CLIENTBUG"),
    e.SyntaxFault: (Status.BAD, b""),
    e.SequenceFault: (Status.BAD, b"CLIENTBUG"),
    e.TooLong: (Status.BAD, b"TOOBIG"),
    e.PeerGone: (Status.BAD, b""),
    e.Refused: (Status.NO, b"CANNOT"),
    BadCharset: (Status.NO, b"BADCHARSET (US-ASCII UTF-8)"),
    e.NoSuchDomain: (Status.NO, b"NONEXISTENT"),
    e.NoSuchAddress: (Status.NO, b"NONEXISTENT"),
    e.NoSuchAccount: (Status.NO, b"CONTACTADMIN"),
    e.NoSuchMailbox: (Status.NO, b"NONEXISTENT"),
    e.NoSuchMessage: (Status.NO, b"EXPUNGEISSUED"),
    e.AlreadyExists: (Status.NO, b"ALREADYEXISTS"),
    e.InUse: (Status.NO, b"INUSE"),
    e.HasChildren: (Status.NO, b"HASCHILDREN"),
    e.BadName: (Status.NO, b"CANNOT"),
    e.NotPermitted: (Status.NO, b"NOPERM"),
    # Shown to the user (RFC 9051 §7.1): no program could guess what to do.
    e.AppPasswordWanted: (Status.NO, b"ALERT"),
    e.RelayDenied: (Status.NO, b"NOPERM"),
    e.AccountDisabled: (Status.NO, b"AUTHENTICATIONFAILED"),
    e.BadCredentials: (Status.NO, b"AUTHENTICATIONFAILED"),
    e.CodeWanted: (Status.NO, b"AUTHENTICATIONFAILED"),
    e.OverQuota: (Status.NO, b"OVERQUOTA"),
    e.NeverFits: (Status.NO, b"OVERQUOTA"),
    e.MessageTooLarge: (Status.NO, b"TOOBIG"),
    e.HeaderTooLarge: (Status.NO, b"TOOBIG"),
    e.LimitReached: (Status.NO, b"LIMIT"),
    e.MailLoop: (Status.NO, b"CANNOT"),
    e.TryLater: (Status.NO, b"UNAVAILABLE"),
    e.StoreBusy: (Status.NO, b"INUSE"),
    e.DiskFull: (Status.NO, b"UNAVAILABLE"),
    e.Throttled: (Status.NO, b"UNAVAILABLE"),
    e.DnsUnavailable: (Status.NO, b"UNAVAILABLE"),
}


def tagged(tag: bytes, error: e.BocauError) -> Tagged:
    """The reply for an error; a class not in the table answers as its nearest ancestor."""
    for kind in type(error).__mro__:
        found = TABLE.get(kind)
        if found is not None:
            status, code = found
            return Tagged(tag, status, str(error) or "refused", code)
    raise AssertionError(f"no wire code for {type(error).__name__}")


def target_missing(tag: bytes) -> Tagged:
    """APPEND, COPY, MOVE to a mailbox that does not exist: the client may CREATE it (RFC 9051 §7.1)."""
    return Tagged(tag, Status.NO, "no such mailbox", b"TRYCREATE")
