"""Every method, by name. A module of this folder is one type: its METHODS are the calls it answers."""

from typing import Final

from bocau.services.jmap.context import Registered
from bocau.services.jmap.methods import (
    app_password,
    blob,
    blob_upload,
    core,
    correspondent,
    email_changes,
    email_copy,
    email_get,
    email_import,
    email_parse,
    email_query,
    email_view,
    identity,
    password,
    quota,
    second_factor,
    sign_in,
    thread,
    unsubscribe,
    vacation,
    web_session,
)

METHODS: Final[dict[str, Registered]] = {
    **core.METHODS,
    **blob.METHODS,
    **blob_upload.METHODS,
    **identity.METHODS,
    **vacation.METHODS,
    **correspondent.METHODS,
    **quota.METHODS,
    **email_changes.METHODS,
    **email_get.METHODS,
    **email_import.METHODS,
    **email_copy.METHODS,
    **email_parse.METHODS,
    **thread.METHODS,
    **email_query.METHODS,
    **email_view.METHODS,
    **unsubscribe.METHODS,
    **password.METHODS,
    **second_factor.METHODS,
    **app_password.METHODS,
    **web_session.METHODS,
    **sign_in.METHODS,
}
