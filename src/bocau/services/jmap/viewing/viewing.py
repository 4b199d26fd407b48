"""What the methods and the web's routes of shown mail share: the cleaner, the seal, what is kept."""

from collections import OrderedDict
from typing import TYPE_CHECKING, Final, NamedTuple

from bocau.base.ids import AccountId
from bocau.directory import Login
from bocau.formats.html.cleaning import RULES_VERSION
from bocau.formats.html.page import Address, page
from bocau.formats.html.references import Kind, Reference
from bocau.runtime.log import Log
from bocau.services.jmap.viewing.cleaner import Cleaner
from bocau.services.jmap.viewing.opened import Opened, open_message
from bocau.services.jmap.viewing.seal import Seal, Ticket, expiry
from bocau.services.jmap.viewing.shown import Options, Shown, show

if TYPE_CHECKING:
    from bocau.runtime.fetch import Fetcher
    from bocau.services.jmap.context import JmapRooms

KEPT_CHARACTERS_MAX: Final = 32 * 1024 * 1024
KEPT_OF_ONE_MAX: Final = 4 * 1024 * 1024
"""A larger result is cleaned again each time."""


class _Key(NamedTuple):
    """An email never changes, so its number is its content's."""

    email_id: int
    path: str
    options: Options
    rules: int


class Viewing:
    """One per process."""

    def __init__(self, seal: Seal, fetcher: "Fetcher", log: Log) -> None:
        self.seal = seal
        self.fetcher = fetcher
        self.cleaner = Cleaner(log)
        self._kept: OrderedDict[_Key, tuple[Shown, int]] = OrderedDict()
        self._kept_characters = 0

    async def close(self) -> None:
        await self.cleaner.close()

    async def shown(
        self,
        rooms: "JmapRooms",
        account: AccountId,
        email_id: int,
        path: str,
        options: Options,
        opened: Opened | None = None,
    ) -> Shown:
        """The body, from what is kept or anew. NothingToShow, BlobLost."""
        key = _Key(email_id, path, options, RULES_VERSION)
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            return kept[0]
        message = opened or await open_message(rooms, account, email_id, path)
        shown = await show(message, options, self.cleaner)
        self._keep(key, shown)
        return shown

    def _keep(self, key: _Key, shown: Shown) -> None:
        pieces = [*shown.cleaned.body, *shown.cleaned.sheet]
        size = 200 + sum(len(piece) for piece in pieces if isinstance(piece, str))
        size += sum(len(one.value) + 100 for one in shown.cleaned.references)
        if size > KEPT_OF_ONE_MAX or key in self._kept:
            return
        self._kept[key] = (shown, size)
        self._kept_characters += size
        while self._kept_characters > KEPT_CHARACTERS_MAX:
            self._kept_characters -= self._kept.popitem(last=False)[1][1]

    def page_of(self, shown: Shown, ticket: Ticket) -> str:
        """The page that a view ticket opens."""
        return page(
            shown.cleaned, self._addresses(shown, ticket), scheme=ticket.scheme, language=ticket.language
        )

    def _addresses(self, shown: Shown, view: Ticket) -> Address:
        """The images of a page live as long as the page's own address."""

        def address(one: Reference) -> str:
            if one.kind is Kind.REMOTE:
                return f"/px/{self._sign(view, 'remote', one.value)}"
            number = one.value if one.kind is Kind.NUMBER else shown.numbers.get(one.value)
            return f"/cid/{self._sign(view, 'part', number)}" if number else "data:,"

        return address

    def _sign(self, view: Ticket, kind: str, path: str) -> str:
        ticket = Ticket(
            kind,  # type: ignore[arg-type]
            view.account_id,
            view.credential_id,
            view.session_id,
            view.email_id,
            path,
            view.expires_at,
        )
        return self.seal.sign(ticket)

    def view_url(
        self, login: Login, session_id: int, now: float, email_id: int, path: str, options: Options
    ) -> str:
        """The address of a page."""
        ticket = Ticket(
            "view",
            login.account_id,
            login.credential_id,
            session_id,
            email_id,
            path,
            expiry(now),
            options.shows_images,
            options.scheme,
            options.language,
        )
        return f"/view/{self.seal.sign(ticket)}"
