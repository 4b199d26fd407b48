"""Logging in by a browser, and what its session may."""

from typing import Any

import pyotp
import pytest

from bocau.base.errors import AppPasswordWanted
from bocau.directory import LoginAttempt, Scope
from bocau.directory.web_sessions import IDLE_SECONDS, LIFETIME_SECONDS, REMEMBERED_SECONDS, SESSIONS_MAX
from bocau.formats.address import parse_address
from bocau.services.web.tests.conftest import ALICE, BOB, PASSWORD, Site
from bocau.services.web.tests.visitor import Visitor

FOREIGN = "https://evil.example"


async def is_in(visitor: Visitor) -> bool:
    return (await visitor.ask("GET", "/auth/boot")).status == 200


async def test_in_and_out(site: Site) -> None:
    visitor = site.visitor()
    answer = await visitor.login(ALICE.upper(), PASSWORD)
    assert answer.status == 200
    boot = answer.json
    assert boot["session"]["username"] == ALICE and len(boot["csrf"]) > 40
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-bocau=") and len(visitor.cookie) == 43
    assert cookie.endswith("; Path=/; HttpOnly; SameSite=Lax; Secure")
    assert (await visitor.ask("GET", "/auth/boot")).json == boot
    old = visitor.cookie
    assert (await visitor.ask("POST", "/auth/logout")).status == 204
    assert visitor.cookie == ""
    visitor.cookie = old
    assert not await is_in(visitor)


async def test_a_page_begins_with_the_preferences(site: Site) -> None:
    visitor = await site.logged_in()
    await visitor.call("Preferences/set", site.accounts[ALICE], update={"singleton": {"language": "vi"}})
    preferences = (await visitor.ask("GET", "/auth/boot")).json["preferences"]
    assert (preferences["id"], preferences["language"]) == ("singleton", "vi")


async def test_a_page_begins_with_the_mailboxes(site: Site) -> None:
    """So that the first request can ask for the mail in one of them."""
    visitor = await site.logged_in()
    boot = (await visitor.ask("GET", "/auth/boot")).json
    mailboxes = boot["mailboxes"]
    assert boot["pushState"] == mailboxes["state"].partition("-")[0]
    assert mailboxes == await visitor.call("Mailbox/get", site.accounts[ALICE], ids=None)
    assert "inbox" in {one["role"] for one in mailboxes["list"]}


@pytest.mark.parametrize(
    "said",
    [
        {"name": ALICE, "password": "wrong"},
        {"name": "nobody@demo.test", "password": PASSWORD},
        {"name": ALICE, "password": ""},
        {"name": "x\0", "password": "\0"},
    ],
)
async def test_wrong_ones_are_told_apart_by_nobody(site: Site, said: dict[str, Any]) -> None:
    answer = await site.visitor().ask("POST", "/auth/login", said)
    assert (answer.status, answer.json) == (401, {"error": "credentials"})
    assert "set-cookie" not in answer.headers


async def test_only_the_main_password_opens_a_browser(site: Site) -> None:
    """An app password would make its program's leak the account's."""
    alice = site.accounts[ALICE]
    _, secret = await site.directory.create_app_password(alice, "phone", frozenset((Scope.IMAP, Scope.JMAP)))
    _, token = await site.directory.create_token(alice, "program", frozenset((Scope.JMAP,)))
    for password in (secret, token):
        assert (await site.visitor().login(ALICE, password)).json == {"error": "credentials"}


async def test_throttled_as_every_login(site: Site) -> None:
    visitor = site.visitor()
    for _ in range(10):
        await visitor.login(ALICE, "wrong")
    answer = await visitor.login(ALICE, PASSWORD)
    assert answer.status == 429 and answer.json["error"] == "wait" and answer.json["retrySeconds"] > 200
    assert (await site.visitor(host="198.51.100.1").login(ALICE, PASSWORD)).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": FOREIGN},
        {"origin": "null"},
        {"origin": "http://mail.demo.test"},
        {"origin": "https://mail.demo.test.evil.example"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
async def test_no_page_of_another_site_logs_in_or_out(site: Site, headers: dict[str, str]) -> None:
    said = {"name": ALICE, "password": PASSWORD}
    assert (await site.visitor().ask("POST", "/auth/login", said, **headers)).status == 403
    visitor = await site.logged_in()
    assert (await visitor.ask("POST", "/auth/logout", **headers)).status == 403
    assert await is_in(visitor)


async def test_login_takes_json_alone(site: Site) -> None:
    said = {"name": ALICE, "password": PASSWORD}
    visitor = site.visitor()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        assert (await visitor.ask("POST", "/auth/login", said, content_type=kind)).status == 400
    for body in (b"", b"[]", b"{", b'{"name":1,"password":"x"}', b'{"name":"a","name":"b","password":"c"}'):
        assert (await visitor.ask("POST", "/auth/login", body)).status == 400
    assert (await visitor.ask("POST", "/auth/login", said | {"name": "x" * 9000})).status == 400
    assert (await visitor.ask("POST", "/auth/login", said | {"remember": "yes"})).status == 400


async def test_a_session_wants_its_token(site: Site) -> None:
    visitor, alice = await site.logged_in(), site.accounts[ALICE]
    other = await site.logged_in(BOB)
    assert (await visitor.call("Core/echo", alice))["accountId"] == f"A{alice}"
    body = {"using": ["urn:ietf:params:jmap:core"], "methodCalls": []}
    for headers in (
        {"x_csrf_token": ""},
        {"x_csrf_token": other.csrf},
        {"x_csrf_token": visitor.csrf + "é"},
        {"origin": FOREIGN},
        {"sec_fetch_site": "cross-site"},
    ):
        assert (await visitor.ask("POST", "/jmap/api", body, **headers)).status == 401
    assert (await visitor.ask("POST", "/auth/logout", x_csrf_token="")).status == 403


async def test_another_site_reads_nothing_by_the_cookie(site: Site) -> None:
    visitor = await site.logged_in()
    for headers in ({"origin": FOREIGN}, {"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors"}):
        assert (await visitor.ask("GET", "/auth/boot", **headers)).status == 401
        assert (await visitor.ask("GET", "/jmap/session", **headers)).status == 401
        assert visitor.csrf.encode() not in (await visitor.ask("GET", "/mail/inbox", **headers)).body
    followed = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
    assert visitor.csrf.encode() in (await visitor.ask("GET", "/mail/inbox", **followed)).body


async def test_a_login_is_a_new_session_and_ends_the_old_one(site: Site) -> None:
    """D-6: nobody can choose the session's cookie, before or after."""
    visitor = site.visitor(cookie="chosen-by-somebody")
    await visitor.login(ALICE, PASSWORD)
    first = visitor.cookie
    assert first != "chosen-by-somebody"
    await visitor.login(ALICE, PASSWORD)
    assert visitor.cookie != first
    assert not await is_in(site.visitor(cookie=first))


async def test_a_session_ends_when_unused(site: Site) -> None:
    visitor = await site.logged_in()
    for _ in range(3):
        site.clock.time += IDLE_SECONDS - 1
        assert await is_in(visitor)
        await site.directory._logins._notes.close()
    site.clock.time += IDLE_SECONDS
    assert not await is_in(visitor)


async def test_a_remembered_session_lasts_longer_but_not_for_ever(site: Site) -> None:
    visitor = await site.logged_in(remember=True)
    began = site.clock.time
    while site.clock.time + REMEMBERED_SECONDS - 1 < began + LIFETIME_SECONDS:
        site.clock.time += REMEMBERED_SECONDS - 1
        assert await is_in(visitor)
        await site.directory._logins._notes.close()
    site.clock.time = began + LIFETIME_SECONDS
    assert not await is_in(visitor)


async def test_so_many_sessions_and_no_more(site: Site) -> None:
    first = await site.logged_in()
    for _ in range(SESSIONS_MAX):
        site.clock.time += 1
        await site.logged_in()
    assert not await is_in(first)
    assert len(site.directory.web_sessions.of_account(site.accounts[ALICE])) == SESSIONS_MAX


async def test_what_is_kept_opens_nothing(site: Site) -> None:
    visitor = await site.logged_in()
    text = site.directory._database.read(lambda sql: str(sql.rows("SELECT * FROM web_sessions")))
    assert visitor.cookie not in text
    for (secret,) in site.directory._database.read(lambda sql: sql.rows("SELECT secret FROM web_sessions")):
        assert not await is_in(site.visitor(cookie=secret))


async def test_a_disabled_account_is_out(site: Site) -> None:
    visitor = await site.logged_in()
    await site.directory.set_account(parse_address(ALICE), is_disabled=True)
    assert not await is_in(visitor)
    assert (await site.visitor().login(ALICE, PASSWORD)).json == {"error": "credentials"}
    await site.directory.set_account(parse_address(ALICE), is_disabled=False)
    assert not await is_in(visitor)


async def test_a_changed_password_ends_all_other_sessions(site: Site) -> None:
    visitor, other, alice = await site.logged_in(), await site.logged_in(), site.accounts[ALICE]
    before = visitor.cookie
    new = {"update": {"singleton": {"current": "wrong", "new": "better horse"}}}
    refused = (await visitor.call("Password/set", alice, **new))["notUpdated"]["singleton"]
    assert (refused["type"], refused["properties"]) == ("invalidProperties", ["current"])
    new["update"]["singleton"]["current"] = PASSWORD
    for guessed in ("Mật khẩu 123", "alice-2026", "short"):
        tried = {"update": {"singleton": {"current": PASSWORD, "new": guessed}}}
        refused = (await visitor.call("Password/set", alice, **tried))["notUpdated"]["singleton"]
        assert (refused["type"], refused["properties"]) == ("invalidProperties", ["new"]), guessed
    assert (await visitor.call("Password/set", alice, **new))["updated"] == {"singleton": None}
    assert visitor.cookie != before and await is_in(visitor)
    assert not await is_in(site.visitor(cookie=before)) and not await is_in(other)
    assert (await site.visitor().login(ALICE, PASSWORD)).status == 401
    assert (await site.visitor().login(ALICE, "better horse")).status == 200
    await site.directory.set_account(parse_address(ALICE), password="by the admin")
    assert not await is_in(visitor)


async def test_sessions_are_seen_and_ended(site: Site) -> None:
    visitor, other, alice = await site.logged_in(), await site.logged_in(), site.accounts[ALICE]
    bob = await site.logged_in(BOB)
    found = (await visitor.call("WebSession/get", alice))["list"]
    assert [one["isCurrent"] for one in found] == [True, False]
    assert found[1]["userAgent"] == "Visitor/1" and found[1]["clientHost"] == "192.0.2.1"
    ended = await bob.call("WebSession/set", site.accounts[BOB], destroy=[found[1]["id"], "W0", "x"])
    assert set(ended["notDestroyed"]) == {found[1]["id"], "W0", "x"}
    assert (await visitor.call("WebSession/set", alice, destroy=[found[1]["id"]]))["destroyed"]
    assert await is_in(visitor) and await is_in(bob) and not await is_in(other)


async def test_app_passwords(site: Site) -> None:
    visitor, alice = await site.logged_in(), site.accounts[ALICE]
    new = {"label": "phone", "scopes": ["imap"], "password": PASSWORD}
    for wrong in (
        {"password": "x"},
        {"scopes": ["admin"]},
        {"scopes": ["web"]},
        {"scopes": []},
        {"label": ""},
    ):
        answer = await visitor.call("AppPassword/set", alice, create={"a": new | wrong})
        assert answer["notCreated"]["a"]["properties"] == list(wrong)
    made = (await visitor.call("AppPassword/set", alice, create={"a": new}))["created"]["a"]
    login = await site.directory.login(ALICE, made["secret"], LoginAttempt("192.0.2.9", Scope.IMAP, True))
    (listed,) = (await visitor.call("AppPassword/get", alice))["list"]
    assert listed["id"] == made["id"] == f"P{login.credential_id}"
    assert "secret" not in listed and listed["scopes"] == ["imap"]
    assert (await visitor.call("AppPassword/set", alice, destroy=[made["id"]]))["destroyed"] == [made["id"]]
    assert not site.directory.is_still_valid(login)


async def test_the_keys_are_for_the_owner_alone(site: Site) -> None:
    """An app password for JMAP reads mail; it does not make passwords or end sessions."""
    alice = site.accounts[ALICE]
    _, token = await site.directory.create_token(alice, "program", frozenset((Scope.JMAP,)))
    program = site.visitor(headers={"authorization": f"Bearer {token}"})
    for method in ("AppPassword/get", "WebSession/get", "SignIn/get", "SecondFactor/get"):
        assert (await program.call(method, alice))["error"] == "forbidden"
    for method in ("AppPassword/set", "WebSession/set", "Password/set", "SecondFactor/set"):
        assert (await program.call(method, alice))["error"] == "forbidden"
    visitor = await site.logged_in()
    assert (await visitor.call("SignIn/get", site.accounts[BOB]))["error"] == "accountNotFound"


class Phone:
    """An authenticator app."""

    def __init__(self, site: Site, secret: str) -> None:
        self.site = site
        self.totp = pyotp.TOTP(secret)

    def code(self, later_seconds: int = 0) -> str:
        return self.totp.at(int(self.site.clock.time) + later_seconds)

    def next_code(self) -> str:
        self.site.clock.time += 30
        return self.code()


async def turned_on(site: Site, visitor: Visitor) -> tuple[Phone, list[str]]:
    alice = site.accounts[ALICE]
    begin = {"singleton": {"password": PASSWORD, "isPending": True}}
    told = (await visitor.call("SecondFactor/set", alice, update=begin))["updated"]["singleton"]
    assert told["uri"].startswith("otpauth://totp/") and told["qr"].startswith("<svg")
    phone = Phone(site, told["secret"])
    confirm = {"singleton": {"code": phone.code(), "isEnabled": True}}
    done = (await visitor.call("SecondFactor/set", alice, update=confirm))["updated"]["singleton"]
    return phone, done["recoveryCodes"]


async def test_a_second_factor_is_pending_until_a_code_confirms_it(site: Site) -> None:
    visitor, alice = await site.logged_in(), site.accounts[ALICE]
    begin = {"singleton": {"password": PASSWORD, "isPending": True}}
    assert (await visitor.call("SecondFactor/set", alice, update=begin))["updated"]
    (told,) = (await visitor.call("SecondFactor/get", alice))["list"]
    assert told == {"id": "singleton", "isEnabled": False, "isPending": True, "recoveryCodesLeft": 0}
    assert (await site.visitor().login(ALICE, PASSWORD)).status == 200
    wrong = {"singleton": {"code": "000000", "isEnabled": True}}
    answer = await visitor.call("SecondFactor/set", alice, update=wrong)
    assert answer["notUpdated"]["singleton"]["properties"] == ["code"]


async def test_the_second_factor_is_asked_for(site: Site) -> None:
    visitor, other = await site.logged_in(), await site.logged_in()
    before = visitor.cookie
    phone, recovery_codes = await turned_on(site, visitor)
    assert await is_in(visitor) and visitor.cookie != before and not await is_in(other)
    new = site.visitor()
    assert (await new.login(ALICE, PASSWORD)).json == {"error": "code"}
    assert (await new.login(ALICE, "wrong", code=phone.next_code())).json == {"error": "credentials"}
    code = phone.next_code()
    assert (await new.login(ALICE, PASSWORD, code=f"{code[:3]} {code[3:]}")).status == 200
    # RFC 6238 §5.2: never a second time.
    again = await new.login(ALICE, PASSWORD, code=code)
    assert (again.status, again.json) == (401, {"error": "code", "wrong": True})
    assert (await new.login(ALICE, PASSWORD, code=phone.code(-60))).status == 401
    assert (await new.login(ALICE, PASSWORD, code=phone.code(60))).status == 401
    assert (await new.login(ALICE, PASSWORD, code=recovery_codes[3].upper())).status == 200
    assert (await new.login(ALICE, PASSWORD, code=recovery_codes[3])).status == 401
    (told,) = (await new.call("SecondFactor/get", site.accounts[ALICE]))["list"]
    assert (told["isEnabled"], told["recoveryCodesLeft"]) == (True, 9)


async def test_wrong_codes_are_counted_over_all_networks(site: Site) -> None:
    phone, _ = await turned_on(site, await site.logged_in())
    site.clock.time += 60
    for number in range(10):
        guesser = site.visitor(host=f"198.51.{number}.1")
        assert (await guesser.login(ALICE, PASSWORD, code="000000")).json["wrong"]
    assert (await site.visitor(host="203.0.113.1").login(ALICE, PASSWORD, code=phone.code())).status == 429
    site.clock.time += 301
    assert (await site.visitor(host="203.0.113.1").login(ALICE, PASSWORD, code=phone.code())).status == 200


async def test_codes_count_as_passwords_do_from_one_network(site: Site) -> None:
    """The right password does not make the count begin anew."""
    phone, _ = await turned_on(site, await site.logged_in())
    visitor = site.visitor(host="198.51.100.1")
    site.clock.time += 60
    for _ in range(5):
        await visitor.login(ALICE, PASSWORD, code="000000")
        await visitor.login(ALICE, PASSWORD)
        with pytest.raises(AppPasswordWanted):
            await site.directory.login(ALICE, PASSWORD, LoginAttempt(visitor.host, Scope.IMAP, True))
    for _ in range(5):
        await visitor.login(ALICE, "wrong")
    assert (await visitor.login(ALICE, PASSWORD, code=phone.code())).status == 429


async def test_programs_need_an_app_password_then(site: Site) -> None:
    attempt, alice = LoginAttempt("192.0.2.9", Scope.IMAP, True), site.accounts[ALICE]
    running = await site.directory.login(ALICE, PASSWORD, attempt)
    phone, _ = await turned_on(site, await site.logged_in())
    assert not site.directory.is_still_valid(running)
    with pytest.raises(AppPasswordWanted):
        await site.directory.login(ALICE, PASSWORD, attempt)
    _, secret = await site.directory.create_app_password(alice, "phone", frozenset((Scope.IMAP,)))
    assert site.directory.is_still_valid(await site.directory.login(ALICE, secret, attempt))
    basic = site.visitor(headers={"authorization": "Basic YWxpY2VAZGVtby50ZXN0OmNvcnJlY3QgaG9yc2U="})
    assert (await basic.ask("GET", "/jmap/session")).status == 403
    visitor = site.visitor()
    await visitor.login(ALICE, PASSWORD, code=phone.next_code())
    off = {"singleton": {"password": PASSWORD, "code": "000000", "isEnabled": False}}
    assert (await visitor.call("SecondFactor/set", alice, update=off))["notUpdated"]
    off["singleton"]["code"] = phone.next_code()
    assert "singleton" in (await visitor.call("SecondFactor/set", alice, update=off))["updated"]
    assert await is_in(visitor)
    await site.directory.login(ALICE, PASSWORD, attempt)
    assert (await basic.ask("GET", "/jmap/session")).status == 200


async def test_new_recovery_codes_end_the_old_ones(site: Site) -> None:
    visitor, alice = await site.logged_in(), site.accounts[ALICE]
    phone, old = await turned_on(site, visitor)
    renew = {"singleton": {"password": PASSWORD, "code": phone.next_code(), "renewRecoveryCodes": True}}
    told = (await visitor.call("SecondFactor/set", alice, update=renew))["updated"]["singleton"]
    new = told["recoveryCodes"]
    assert len(new) == 10 and not set(new) & set(old)
    assert (await site.visitor().login(ALICE, PASSWORD, code=old[0])).status == 401
    assert (await site.visitor().login(ALICE, PASSWORD, code=new[0])).status == 200


async def test_the_secret_is_not_kept_as_it_is(site: Site) -> None:
    phone, codes = await turned_on(site, await site.logged_in())
    rows = site.directory._database.read(
        lambda sql: sql.rows("SELECT * FROM second_factors") + sql.rows("SELECT * FROM recovery_codes")
    )
    assert phone.totp.secret not in str(rows) and codes[0] not in str(rows)


async def test_logins_are_remembered_with_those_that_failed(site: Site) -> None:
    visitor, alice = await site.logged_in(), site.accounts[ALICE]
    imap = LoginAttempt("192.0.2.7", Scope.IMAP, True)
    for _ in range(3):
        await site.directory.login(ALICE, PASSWORD, imap)
        await site.visitor(host="198.51.100.1").login(ALICE, "wrong")
    await site.directory._logins._notes.close()
    found = (await visitor.call("SignIn/get", alice))["list"]
    told = [(one["way"], one["outcome"], one["clientHost"], one["client"]) for one in reversed(found)]
    # The same again within an hour is told once.
    assert told == [
        ("web", "ok", "192.0.2.1", "Visitor/1"),
        ("imap", "ok", "192.0.2.7", ""),
        ("web", "wrongPassword", "198.51.100.1", "Visitor/1"),
    ]
