"""Every route by every verb as everybody: what is not written down here is denied (F-5, F-6).

A new route without a row fails; so does one that lets in whom its row does not name.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from bocau.directory import Scope
from bocau.directory.web_sessions import IDLE_SECONDS
from bocau.formats.address import parse_address
from bocau.services.jmap.application import WELL_KNOWN, JmapApplication
from bocau.services.jmap.session_object import WEB_SOCKET
from bocau.services.web.headers import CSP
from bocau.services.web.routes import Access
from bocau.services.web.tests.conftest import ALICE, BOB, PASSWORD, Site
from bocau.services.web.tests.visitor import HOST, OWN, Answer, Visitor

VERBS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
OWNER, TOKENLESS, FOREIGN, OTHER = (
    "owner",
    "owner without token",
    "another site, owner's cookie",
    "other user",
)
PEOPLE: Final = frozenset(
    (
        *(OWNER, TOKENLESS, FOREIGN, OTHER, "nobody", "expired", "disabled", "ended"),
        *("made-up cookie", "program for IMAP"),
    )
)
WITH_COOKIE: Final = frozenset((OWNER, OTHER, TOKENLESS))
WITH_TOKEN: Final = frozenset((OWNER, OTHER))
READS: Final = ("GET", "HEAD")


@dataclass(frozen=True)
class Row:
    """One route: an address of it, its verbs, and who gets which status."""

    address: str
    verbs: tuple[str, ...]
    otherwise: int
    answers: Mapping[int, frozenset[str]] = field(default_factory=dict)
    body: Any = None

    def status(self, verb: str, who: str) -> int:
        if verb not in self.verbs:
            return 405
        return next((status for status, people in self.answers.items() if who in people), self.otherwise)


def page(address: str) -> Row:
    return Row(address, READS, 200)


ROWS: Final = {
    "/auth/login": Row("/auth/login", ("POST",), 400, {403: frozenset((FOREIGN,))}, body=[]),
    "/auth/logout": Row("/auth/logout", ("POST",), 204, {403: frozenset((TOKENLESS, FOREIGN))}),
    "/auth/boot": Row("/auth/boot", READS, 401, {200: WITH_COOKIE}),
    "/": page("/"),
    "/login": page("/login"),
    "/mail": page("/mail"),
    "/mail/": page("/mail/inbox/t/T1"),
    "/compose": page("/compose"),
    "/compose/": page("/compose/new"),
    "/settings": page("/settings"),
    "/settings/": page("/settings/security"),
    "/view/": Row("/view/made-up", READS, 404),
    "/cid/": Row("/cid/made-up", READS, 404),
    "/px/": Row("/px/made-up", READS, 404),
}
NOTHING_ASKED: Final = {"using": ["urn:ietf:params:jmap:core"], "methodCalls": []}
JMAP_ROWS: Final = {
    "/jmap/session": Row("/jmap/session", READS, 401, {200: WITH_COOKIE}),
    "/jmap/api": Row("/jmap/api", ("POST",), 401, {200: WITH_TOKEN}, body=NOTHING_ASKED),
    "/jmap/upload": Row(
        "/jmap/upload/A1", ("POST",), 401, {201: frozenset((OWNER,)), 404: frozenset((OTHER,))}, body={}
    ),
    "/jmap/download": Row("/jmap/download/A1/U1/x?type=text/plain", READS, 401, {404: WITH_COOKIE}),
    # A stream that is let in would not end: what it asks for is out of range.
    "/jmap/eventsource": Row("/jmap/eventsource?types=*&ping=x", READS, 401, {400: WITH_COOKIE}),
}


async def people(site: Site) -> dict[str, Visitor]:
    """Each as its browser or program would ask."""
    expired = await site.logged_in()
    site.clock.time += IDLE_SECONDS
    owner, other, ended = await site.logged_in(), await site.logged_in(BOB), await site.logged_in()
    carol = parse_address("carol@demo.test")
    await site.directory.create_account(carol, PASSWORD)
    disabled = await site.logged_in(str(carol))
    await site.directory.set_account(carol, is_disabled=True)
    imap = frozenset((Scope.IMAP,))
    _, secret = await site.directory.create_app_password(site.accounts[ALICE], "phone", imap)
    basic = base64.b64encode(f"{ALICE}:{secret}".encode()).decode()
    ended_cookie = ended.cookie
    await ended.ask("POST", "/auth/logout")
    evil = {"origin": "https://evil.example", "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"}
    return {
        OWNER: owner,
        TOKENLESS: Visitor(site.app, owner.cookie),
        FOREIGN: Visitor(site.app, owner.cookie, headers=evil),
        OTHER: other,
        "nobody": site.visitor(),
        "expired": expired,
        "disabled": disabled,
        "ended": Visitor(site.app, ended_cookie, ended.csrf),
        "made-up cookie": Visitor(site.app, "A" * 43, "A" * 43),
        "program for IMAP": site.visitor(headers={"authorization": f"Basic {basic}"}),
    }


def expected(row: Row, verb: str, who: str) -> int:
    # JMAP by Basic: proved, and not for this.
    if who == "program for IMAP" and row in JMAP_ROWS.values() and verb in row.verbs:
        return 403
    if verb == "OPTIONS" and row in JMAP_ROWS.values():
        return 204
    return row.status(verb, who)


def assert_guarded(answer: Answer) -> None:
    headers = answer.headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert "camera=()" in headers["permissions-policy"]
    policy = headers["content-security-policy"]
    assert policy == CSP or "sandbox" in policy or policy.startswith("default-src 'none'; style-src 'sha256-")


@pytest.mark.parametrize("path", [*ROWS, *JMAP_ROWS])
async def test_who_gets_what(site: Site, path: str) -> None:
    row = ROWS.get(path) or JMAP_ROWS[path]
    asking = await people(site)
    assert set(asking) == PEOPLE
    # The verbs of the row last: logging out works once.
    for verb in sorted(VERBS, key=lambda verb: verb in row.verbs):
        # Who has no right first, or the owner's logging out would hide that they were let in.
        for who, visitor in sorted(asking.items(), key=lambda pair: pair[0] in (OWNER, OTHER)):
            answer = await visitor.ask(verb, row.address, row.body)
            assert answer.status == expected(row, verb, who), (verb, who)
            assert_guarded(answer)
            if answer.status >= 400:
                assert b"A1" not in answer.body and ALICE.encode() not in answer.body


async def test_every_route_has_a_row(site: Site) -> None:
    for route in site.application.routes:
        assert route.path in ROWS or route.access is Access.JMAP, route.path
        assert route.verbs is not None or route.access is Access.JMAP
    jmap = next(route.app for route in site.application.routes if route.access is Access.JMAP)
    assert isinstance(jmap, JmapApplication)
    assert set(jmap._routes) == set(JMAP_ROWS)
    assert {route.path for route in site.application.routes if route.access is not Access.JMAP} == set(ROWS)


async def test_unknown_places_are_not_found(site: Site) -> None:
    for visitor in (await people(site)).values():
        for path in ("/admin", "/jmap/other", "/jmap", "/auth/", "/auth/login/", "/.well-known/other"):
            answer = await visitor.ask("POST", path, {})
            assert answer.status == 404, path
            assert_guarded(answer)
        answer = await visitor.ask("GET", WELL_KNOWN)
        assert (answer.status, answer.headers["location"]) == (307, "/jmap/session")
        assert_guarded(answer)


@pytest.mark.parametrize("verb", ["GET", "HEAD"])
async def test_reading_changes_nothing(site: Site, verb: str) -> None:
    """Every address with the owner's cookie: the account's rows are what they were."""
    owner = await site.logged_in()
    # That somebody has logged in is noted after the answer.
    await site.directory._logins._notes.close()
    before = rows_of(site)
    for row in (*ROWS.values(), *JMAP_ROWS.values()):
        await owner.ask(verb, row.address)
    await site.directory._logins._notes.close()
    assert rows_of(site) == before


def rows_of(site: Site) -> list[Any]:
    def job(sql: Any) -> list[Any]:
        names = sql.rows(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%fts%' ORDER BY 1"
        )
        return [(name, sql.rows(f'SELECT * FROM "{name}"')) for (name,) in names]

    found: list[Any] = site.directory._database.read(job)
    return found


@pytest.mark.parametrize(
    ("origin", "is_let_in"), [(OWN, True), ("", False), ("https://evil.example", False), ("null", False)]
)
async def test_a_websocket_wants_a_page_of_ours(site: Site, origin: str, is_let_in: bool) -> None:
    """There is no token in a handshake, so the Origin must be said (RFC 6455 §10.2)."""
    owner = await site.logged_in()
    said = {"host": HOST, "cookie": f"__Host-bocau={owner.cookie}", "origin": origin}
    scope = {
        "type": "websocket",
        "scheme": "wss",
        "path": WEB_SOCKET,
        "client": ("192.0.2.1", 5000),
        "subprotocols": ["jmap"],
        "headers": [(name.encode(), value.encode()) for name, value in said.items() if value],
    }
    coming = iter([{"type": "websocket.connect"}, {"type": "websocket.disconnect"}])
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return next(coming)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await site.app(scope, receive, send)
    assert ("websocket.accept" in sent) is is_let_in
