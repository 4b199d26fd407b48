"""The Email/set that another method implies (RFC 8621 §7.5, RFC 9007 §2.1): carried out after it, answered
under the same call id."""

from typing import Any

from bocau.base.errors import BocauError
from bocau.services.jmap.context import Arguments, Context
from bocau.services.jmap.errors import MethodError, invalid_arguments, method_error
from bocau.services.jmap.standard import optional

NAME = "Email/set"


def take_updates(arguments: Arguments) -> dict[str, Arguments]:
    """onSuccessUpdateEmail: patches by id or "#creation id". MethodError invalidArguments."""
    said: dict[str, Any] = optional(arguments, "onSuccessUpdateEmail", dict, {})
    if not all(isinstance(patch, dict) for patch in said.values()):
        raise invalid_arguments("onSuccessUpdateEmail holds something that is no patch")
    return said


async def imply_email_set(
    context: Context, update: dict[str, Arguments], destroy: list[str], account_id: str
) -> None:
    """Change and destroy these emails; nothing is said when there are none."""
    if not update and not destroy:
        return
    # The table of methods imports this module's users.
    from bocau.services.jmap.methods import METHODS

    arguments: Arguments = {"accountId": account_id}
    arguments |= {"update": update} if update else {}
    arguments |= {"destroy": destroy} if destroy else {}
    try:
        told = await METHODS[NAME].run(context, arguments)
    except MethodError as error:
        context.more.append(("error", error.told()))
    except BocauError as error:
        context.more.append(("error", method_error(error).told()))
    else:
        context.more.append((NAME, told))
