"""Email/copy (RFC 8621 §4.7, RFC 8620 §5.4): between accounts, of which a caller has one here."""

from typing import Final

from bocau.services.jmap import ids
from bocau.services.jmap.capabilities import MAIL
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.errors import MethodError, invalid_arguments
from bocau.services.jmap.standard import only, optional


async def copy(context: Context, arguments: Arguments) -> Arguments:
    """Always refused: there is no second account that one could copy from."""
    only(
        arguments, "fromAccountId", "ifFromInState", "accountId", "ifInState", "create",
        "onSuccessDestroyOriginal", "destroyFromIfInState",
    )  # fmt: skip
    source = optional(arguments, "fromAccountId", str)
    if source is None:
        raise invalid_arguments("fromAccountId is missing")
    if ids.parse_account(source) != context.account_id:
        raise MethodError("fromAccountNotFound")
    context.account(arguments)
    raise invalid_arguments("an email within one account changes its mailboxes by Email/set")


METHODS: Final = {"Email/copy": Registered(MAIL, copy)}
