"""What can go wrong in JMAP: with a whole request, with one method call, with one object (RFC 8620).

The house's errors (`base.errors`) become one of these at this edge; see `method_error` and `set_error`.
"""

from collections.abc import Container, Iterable, Sequence
from typing import Any, Final

from bocau.base import errors as e

_REQUEST_TYPE: Final = "urn:ietf:params:jmap:error:"
NAMED_MAX: Final = 100
"""Properties that an error names."""
NAMED_CHARACTERS_MAX: Final = 200


class RequestError(Exception):
    """The whole request is refused: an RFC 7807 problem (RFC 8620 §3.6.1)."""

    def __init__(self, kind: str, status: int, detail: str, limit: str = "") -> None:
        super().__init__(detail)
        self.kind = kind
        """notJSON, notRequest, unknownCapability, limit; anything else is "about:blank"."""
        self.status = status
        self.detail = detail
        self.limit = limit
        """The name of the limit that was exceeded, with kind "limit"."""

    def problem(self) -> dict[str, Any]:
        """The body of the answer."""
        known = self.kind in ("notJSON", "notRequest", "unknownCapability", "limit")
        told: dict[str, Any] = {
            "type": f"{_REQUEST_TYPE}{self.kind}" if known else "about:blank",
            "status": self.status,
            "detail": self.detail,
        }
        return told | ({"limit": self.limit} if self.limit else {})


class MethodError(Exception):
    """One method call is refused (RFC 8620 §3.6.2)."""

    def __init__(self, kind: str, description: str = "", **more: Any) -> None:
        super().__init__(kind, description)
        self.kind = kind
        self.description = description
        self.more = more

    def told(self) -> dict[str, Any]:
        """The arguments of the "error" response."""
        described = {"description": self.description} if self.description else {}
        return {"type": self.kind, **described, **self.more}


class SetError(Exception):
    """One object is not created, updated or destroyed (RFC 8620 §5.3)."""

    def __init__(self, kind: str, description: str = "", properties: Sequence[str] = (), **more: Any) -> None:
        super().__init__(kind, description)
        self.kind = kind
        self.description = description
        self.properties = list(properties)
        self.more = more

    def told(self) -> dict[str, Any]:
        """The SetError object."""
        described = {"description": self.description} if self.description else {}
        named = {"properties": self.properties} if self.properties else {}
        return {"type": self.kind, **described, **named, **self.more}


def invalid_arguments(description: str) -> MethodError:
    return MethodError("invalidArguments", description)


def invalid_properties(description: str, *properties: str) -> SetError:
    return SetError("invalidProperties", description, properties)


def check_settable(said: Iterable[str], settable: Container[str]) -> None:
    """SetError invalidProperties names all that is not the client's to set (RFC 8620 §5.3)."""
    foreign = [name[:NAMED_CHARACTERS_MAX] for name in said if name not in settable]
    if foreign:
        raise invalid_properties("not yours to set", *foreign[:NAMED_MAX])


METHOD_KINDS: Final[dict[type[e.BocauError], str]] = {
    e.NotPermitted: "forbidden",
    e.OverQuota: "overQuota",
    e.NoSuchAccount: "accountNotFound",
    e.LimitReached: "requestTooLarge",
    e.TryLater: "serverUnavailable",
    e.Refused: "serverFail",
}
SET_KINDS: Final[dict[type[e.BocauError], str]] = {
    e.NotPermitted: "forbidden",
    e.OverQuota: "overQuota",
    e.MessageTooLarge: "tooLarge",
    e.NoSuchMailbox: "notFound",
    e.NoSuchMessage: "notFound",
    e.NoSuchAddress: "notFound",
    e.AlreadyExists: "alreadyExists",
    e.HasChildren: "mailboxHasChild",
    e.BadName: "invalidProperties",
    e.LimitReached: "rateLimit",
    e.Refused: "forbidden",
}


def method_error(error: e.BocauError) -> MethodError:
    """What a method call that failed with one of the house's errors answers."""
    return MethodError(_nearest(METHOD_KINDS, error, "serverFail"), str(error))


def set_error(error: e.BocauError) -> SetError:
    """The same for one object of a /set. What may work later is no matter of one object: it is raised."""
    if isinstance(error, e.TryLater):
        raise error
    return SetError(_nearest(SET_KINDS, error, "forbidden"), str(error))


def _nearest(table: dict[type[e.BocauError], str], error: e.BocauError, otherwise: str) -> str:
    return next((table[kind] for kind in type(error).__mro__ if kind in table), otherwise)
