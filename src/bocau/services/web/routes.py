"""What a route is: where, by which verbs, for whom. A test asks every one of them as everybody."""

from collections.abc import Iterable
from enum import Enum
from typing import Final, NamedTuple

from bocau.runtime.asgi import AsgiApp


class Access(Enum):
    ANYONE = "anyone"
    """Tells and changes nothing of an account, or asks for the password itself."""
    SESSION = "session"
    """The cookie of a session that is open; to change something its token, too."""
    SIGNED = "signed"
    """Whoever has the address: it was signed for one account, and ends."""
    JMAP = "jmap"
    """services.jmap asks who it is, by itself."""


READING: Final = frozenset(("GET", "HEAD"))
CHANGING: Final = frozenset(("POST",))


class Route(NamedTuple):
    path: str
    """Ends in "/": all below it. Else, and for "/" itself, this path alone."""
    verbs: frozenset[str] | None
    """None: the application behind it says so itself."""
    access: Access
    app: AsgiApp


def find(routes: Iterable[Route], path: str) -> Route | None:
    """The first that fits."""
    for route in routes:
        is_above = len(route.path) > 1 and route.path.endswith("/") and path.startswith(route.path)
        if is_above or route.path == path:
            return route
    return None
