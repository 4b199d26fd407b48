"""EmailUnsubscribe/set: leave a mailing list by one click (RFC 8058 §3.2), because a person has asked for it.

RFC 8058 §4 wants a valid DKIM signature over the fields before anything is sent without a person; here
nothing ever is. The request tells the list nothing but what its own URL says: no cookie, no login.
"""

from typing import Final

from bocau.base.errors import Refused, TryLater
from bocau.formats.header import first_values
from bocau.formats.list_unsubscribe import Way, unsubscribe
from bocau.formats.words import decode_words
from bocau.services.jmap import ids
from bocau.services.jmap.capabilities import BOCAU
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.errors import SetError, invalid_properties
from bocau.services.jmap.hourly import Hourly
from bocau.services.jmap.methods.email_view import viewing_of
from bocau.services.jmap.standard import run_set, take_set
from bocau.services.jmap.viewing.opened import NothingToShow, open_message

PER_HOUR_MAX: Final = 60
"""Of one account on one worker."""
BODY: Final = b"List-Unsubscribe=One-Click"
HEADERS: Final = {"Content-Type": "application/x-www-form-urlencoded"}

_hourly: Final = Hourly(PER_HOUR_MAX)


async def set_(context: Context, arguments: Arguments) -> Arguments:
    call = take_set(context, arguments)
    call.check_state("0")

    async def create(name: str, new: Arguments) -> Arguments:
        return await _leave(context, new)

    async def update(name: str, patch: Arguments) -> None:
        raise SetError("forbidden", "what was sent is sent")

    async def destroy(name: str) -> None:
        raise SetError("notFound")

    await run_set(context, call, create, update, destroy)
    return call.response("0", "0")


async def _leave(context: Context, new: Arguments) -> Arguments:
    said = new.get("emailId")
    if set(new) != {"emailId"} or not isinstance(said, str):
        raise invalid_properties("emailId and nothing else", *new)
    email_id = ids.parse_email(context.account_id, context.real_id(said))
    url = await _url(context, email_id)
    _hourly.count(context.account_id, context.rooms.clock.monotonic())
    try:
        status = await viewing_of(context).fetcher.post(url, HEADERS, BODY)
    except (Refused, TryLater) as error:
        raise SetError("notSent", str(error)) from None
    if not 200 <= status < 300:
        raise SetError("notSent", f"the list answered {status}", status=status)
    context.rooms.log.info("unsubscribed", account=context.account_id, email=email_id, status=status)
    return {"id": f"N{email_id}", "status": status}


async def _url(context: Context, email_id: int | None) -> str:
    if email_id is None:
        raise SetError("notFound", properties=["emailId"])
    try:
        message = await open_message(context.rooms, context.account_id, email_id, "")
    except NothingToShow:
        raise SetError("notFound", properties=["emailId"]) from None
    values = first_values(message.header, 0, len(message.header))
    fields = [decode_words(values.get(name, b"")) for name in (b"list-unsubscribe", b"list-unsubscribe-post")]
    found = unsubscribe(*fields)
    if found is None or found.way is not Way.ONE_CLICK:
        raise SetError("forbidden", "this message offers no one-click way")
    return found.target


METHODS: Final = {"EmailUnsubscribe/set": Registered(BOCAU, set_)}
