"""Every method, by name. A module of this folder is one type: its METHODS are the calls it answers."""

from typing import Final

from bocau.services.jmap.context import Registered
from bocau.services.jmap.methods import (
    app_password,
    core,
    email_changes,
    email_get,
    email_query,
    password,
    second_factor,
    sign_in,
    web_session,
    thread,
)

METHODS: Final[dict[str, Registered]] = {
    **core.METHODS,
    **email_changes.METHODS,
    **email_get.METHODS,
    **thread.METHODS,
    **email_query.METHODS,
    **password.METHODS,
    **second_factor.METHODS,
    **app_password.METHODS,
    **web_session.METHODS,
    **sign_in.METHODS,
}
