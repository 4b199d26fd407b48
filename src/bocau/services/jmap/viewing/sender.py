"""What is known of who wrote a message, and what is odd about it.

Only what this server knows itself is told: how the message came here, whom the account knows, what the names
look like. SPF, DKIM and DMARC are told as not checked.
"""

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bocau.base.errors import SyntaxFault
from bocau.base.ids import AccountId
from bocau.flow.submission.handover import PROTOCOL
from bocau.formats.address import Address, parse_address
from bocau.formats.address_list import Mailbox, parse_address_list
from bocau.formats.charset import storable
from bocau.formats.header import first_values
from bocau.formats.lookalike import has_mixed_scripts, imitated, registered, shown_domain
from bocau.formats.words import decode_words, unfold
from bocau.services.jmap.viewing import acquaintance

if TYPE_CHECKING:
    from bocau.services.jmap.context import JmapRooms

NAME_CHARACTERS_MAX: Final = 200
NOT_CHECKED: Final = ("spf", "dkim", "dmarc")

_ADDRESS_IN_NAME: Final = re.compile(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.)+[^\W\d_]{2,24}")
_INVISIBLE: Final = re.compile("[\u0000-\u001f\u007f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_HOP: Final = re.compile(
    r"(?:from .{0,700}?)?(?:\(using (TLS[A-Za-z0-9.]+) with cipher [^)]{0,100}\) )?"
    r"by (\S{1,255})(?: with ([A-Z0-9]{1,20}))?\b",
    re.DOTALL,
)


class Hop(NamedTuple):
    """How the message came to this server, as its own first Received field says."""

    tls_version: str = ""
    protocol: str = ""

    @property
    def is_logged_in(self) -> bool:
        """RFC 3848: the A at the end says that the client was authenticated; by JMAP it always is."""
        if self.protocol == PROTOCOL:
            return True
        return self.protocol.startswith(("ESMTP", "UTF8SMTP", "LMTP")) and self.protocol.endswith("A")

    @property
    def is_from_outside(self) -> bool:
        """By SMTP from who did not say who it is. LMTP is for programs of this host."""
        return self.protocol.startswith(("SMTP", "ESMTP", "UTF8SMTP")) and not self.is_logged_in


class Person(NamedTuple):
    name: str
    address: Address | None
    shown: str
    """The address for people: U-labels as their letters; "" when there is none."""


def hop(values: dict[bytes, bytes], hostname: str) -> Hop:
    """Of the topmost Received field, when it is ours: what is below it anybody may have written."""
    found = _HOP.match(" ".join(storable(values.get(b"received", b"")[:2000]).split()))
    if found is None or found[2].lower() != hostname.lower():
        return Hop()
    return Hop(found[1] or "", found[3] or "")


def person(field: bytes | None) -> Person:
    """The first mailbox of an address field, its name without invisible characters."""
    for one in parse_address_list((field or b"")[:4096]):
        if isinstance(one, Mailbox):
            name = _INVISIBLE.sub("", decode_words(one.name or b"")).strip()[:NAME_CHARACTERS_MAX]
            address = _address(one)
            shown = storable(b"%b@%b" % (one.local, one.host))[:320] if address is None else str(address)
            return Person(name, address, shown)
    return Person("", None, "")


def _address(mailbox: Mailbox) -> Address | None:
    try:
        return parse_address(storable(b"%b@%b" % (mailbox.local, mailbox.host)))
    except SyntaxFault:
        return None


async def sender_facts(
    rooms: "JmapRooms", account: AccountId, email_id: int, header: bytes, *, is_enclosed: bool
) -> dict[str, Any]:
    """The `sender` of an EmailView. An enclosed message came by nobody we know: nothing is checked of it."""
    values = first_values(header, 0, len(header))
    who = person(values.get(b"from"))
    came = Hop() if is_enclosed else hop(values, rooms.settings.hostname)
    is_own = who.address is not None and not is_enclosed and rooms.directory.may_send_as(account, who.address)
    is_local = who.address is not None and rooms.directory.is_local_domain(who.address.domain)
    is_colleague = is_local and came.is_logged_in
    is_known = is_own or is_colleague or who.address is None
    is_first = not is_known and not await acquaintance.is_known(rooms.store, account, email_id, who.address)
    return {
        "address": who.shown,
        "name": who.name,
        "isOwn": is_own and (came.is_logged_in or not came.protocol),
        "isColleague": is_colleague,
        "isFirstContact": is_first,
        "checks": _checks(came),
        "warnings": _warnings(rooms, account, values, who, is_forged=_is_forged(rooms, came, who)),
    }


def is_forged(rooms: "JmapRooms", values: dict[bytes, bytes], who: Person) -> bool:
    """Whether a message says that it is of a domain of this server, and came like a stranger's."""
    return _is_forged(rooms, hop(values, rooms.settings.hostname), who)


def _is_forged(rooms: "JmapRooms", came: Hop, who: Person) -> bool:
    return (
        came.is_from_outside
        and who.address is not None
        and rooms.directory.is_local_domain(who.address.domain)
    )


def _checks(came: Hop) -> list[dict[str, str | None]]:
    """name, result, detail."""
    secure = ("pass", came.tls_version) if came.tls_version else ("none", None)
    login = ("pass", came.protocol) if came.is_logged_in else ("none", None)
    unknown = ("notChecked", None)
    is_hop = came.protocol not in ("", PROTOCOL)
    checks: list[tuple[str, str, str | None]] = [("tls", *(secure if is_hop else unknown))]
    checks += [("login", *login), *((name, *unknown) for name in NOT_CHECKED)]
    return [{"name": name, "result": result, "detail": detail} for name, result, detail in checks]


def _warnings(
    rooms: "JmapRooms", account: AccountId, values: dict[bytes, bytes], who: Person, *, is_forged: bool
) -> list[dict[str, str]]:
    found: list[tuple[str, str]] = []
    if who.address is not None:
        if is_forged:
            found.append(("ownDomain", shown_domain(who.address.domain)))
        known = [domain.name for domain in rooms.directory.domains()]
        known += acquaintance.frequent_domains(rooms.store, account)
        if other := imitated(who.address.domain, known):
            found.append(("lookAlike", other))
        domain = shown_domain(who.address.domain)
        if has_mixed_scripts(domain) or has_mixed_scripts(who.name):
            found.append(("mixedScript", domain if has_mixed_scripts(domain) else who.name))
        reply = person(values.get(b"reply-to")).address
        if reply is not None and b"list-id" not in values and _is_elsewhere(reply, who.address):
            found.append(("replyElsewhere", str(reply)))
    said = _ADDRESS_IN_NAME.search(unfold(who.name.encode()).decode())
    if said is not None and said[0].lower() != who.shown.lower():
        found.append(("nameIsAddress", said[0]))
    return [{"kind": kind, "about": about} for kind, about in found]


def _is_elsewhere(reply: Address, sender: Address) -> bool:
    return registered(reply.domain) != registered(sender.domain)
