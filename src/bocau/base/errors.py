"""What can go wrong, by meaning. Wire codes are chosen at the edge, in each service's `errors.py`.

BocauError
├── PeerError                the other side broke the protocol
│   ├── SyntaxFault          what it sent cannot be read
│   ├── SequenceFault        understood, but not now
│   ├── TooLong              a line, literal or count above a named limit
│   └── PeerGone             it closed or went silent
├── Refused                  understood, and no
│   ├── NoSuchDomain · NoSuchAddress · NoSuchAccount · NoSuchMailbox · NoSuchMessage
│   ├── AlreadyExists · InUse · HasChildren · BadName
│   ├── NotPermitted · RelayDenied · AccountDisabled
│   │   └── AppPasswordWanted   right, but the account has a second factor
│   ├── BadCredentials
│   │   └── CodeWanted          the password is right, the code is missing or wrong
│   ├── OverQuota            no room now; NeverFits: more than the whole quota
│   ├── MessageTooLarge      all of it, or (HeaderTooLarge) its header
│   └── LimitReached · MailLoop
└── TryLater                 not now; the same request may succeed later
    ├── StoreBusy · DiskFull · Throttled
    └── DnsUnavailable

An AssertionError is our own bug: logged, the connection closed, never hidden.
"""


class BocauError(Exception):
    """Root of all errors that bocau raises on purpose; the text states facts, in English."""


class PeerError(BocauError): ...


class SyntaxFault(PeerError): ...


class SequenceFault(PeerError): ...


class TooLong(PeerError): ...


class PeerGone(PeerError): ...


class Refused(BocauError): ...


class NoSuchDomain(Refused): ...


class NoSuchAddress(Refused): ...


class NoSuchAccount(Refused): ...


class NoSuchMailbox(Refused): ...


class NoSuchMessage(Refused): ...


class AlreadyExists(Refused): ...


class InUse(Refused): ...


class HasChildren(Refused): ...


class BadName(Refused): ...


class NotPermitted(Refused): ...


class AppPasswordWanted(NotPermitted): ...


class RelayDenied(Refused): ...


class AccountDisabled(Refused): ...


class BadCredentials(Refused): ...


class CodeWanted(BadCredentials):
    """`was_wrong`: a code was given."""

    def __init__(self, message: str, *, was_wrong: bool = False) -> None:
        super().__init__(message)
        self.was_wrong = was_wrong


class OverQuota(Refused): ...


class NeverFits(OverQuota): ...


class MessageTooLarge(Refused): ...


class HeaderTooLarge(MessageTooLarge): ...


class LimitReached(Refused): ...


class MailLoop(Refused): ...


class TryLater(BocauError): ...


class StoreBusy(TryLater): ...


class DiskFull(TryLater): ...


class Throttled(TryLater):
    """Too many failures; `retry_seconds` says when to come back."""

    def __init__(self, message: str, retry_seconds: float = 0.0) -> None:
        super().__init__(message)
        self.retry_seconds = retry_seconds


class DnsUnavailable(TryLater): ...
