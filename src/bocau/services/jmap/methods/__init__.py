"""Every method, by name. A module of this folder is one type: its METHODS are the calls it answers."""

from typing import Final

from bocau.services.jmap.context import Registered
from bocau.services.jmap.methods import core, email_get, email_query

METHODS: Final[dict[str, Registered]] = {
    **core.METHODS,
    **email_get.METHODS,
    **email_query.METHODS,
}
