"""EmailView and EmailUnsubscribe (docs/jmap.md): what is told of a message, and of whom it comes from."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bocau.base.ids import AccountId
from bocau.formats.address import Address
from bocau.runtime.log import get_log
from bocau.services.jmap.viewing.seal import Seal
from bocau.services.jmap.viewing.viewing import Viewing
from bocau.store import Writing
from bocau.store.correspondents import meet

from .desk import ALICE, Desk

PNG = b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
OURS = (
    b"Received: from x (x [192.0.2.1])\r\n\t(using TLSv1.3 with cipher X)\r\n"
    b"\tby localhost with %s id 1;\r\n\t%s\r\n"
)
DATE = b"Mon, 2 Jun 2025 10:00:00 +0000"


class People:
    """A directory of one domain."""

    def may_send_as(self, account: AccountId, address: Address) -> bool:
        return str(address) == "alice@example.org"

    def is_local_domain(self, domain: str) -> bool:
        return domain == "example.org"

    def domains(self) -> list[Any]:
        return [SimpleNamespace(name="example.org")]


class Web:
    def __init__(self) -> None:
        self.posted: list[tuple[str, Mapping[str, str], bytes]] = []
        self.status = 202

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        self.posted.append((url, headers, body))
        return self.status


@pytest.fixture
async def web(desk: Desk) -> AsyncIterator[Web]:
    web = Web()
    viewing = Viewing(Seal(lambda purpose: b"k" * 32), cast("Any", web), get_log("viewing"))
    desk.rooms = replace(desk.rooms, directory=cast("Any", People()), viewing=viewing)
    desk.context.rooms = desk.rooms
    yield web
    await viewing.close()


def message(body: bytes = b"<p>Hello</p>", fields: bytes = b"", kind: bytes = b"text/html") -> bytes:
    start = b"From: Lan <lan@far.example>\r\n" if b"From:" not in fields else b""
    return fields + start + b"MIME-Version: 1.0\r\nContent-Type: " + kind + b"\r\n\r\n" + body


async def view(desk: Desk, data: bytes, **arguments: Any) -> dict[str, Any]:
    email = await desk.deliver(data)
    told = await desk.call("EmailView/get", ids=[f"M{email}"], **arguments)
    return dict(told["list"][0])


@pytest.mark.usefixtures("web")
async def test_a_body_has_an_address_of_its_own(desk: Desk) -> None:
    told = await view(desk, message(b"<p>Hi</p><img src=https://a.example/x.png>"))
    assert told["url"].startswith("/view/") and told["kind"] == "html"
    assert told["hasRemoteImages"] and not told["quoteStart"] and told["unsubscribe"] is None
    shown = await view(desk, message(b"<img src=https://a.example/x.png>"), images="shown")
    assert not shown["hasRemoteImages"] and shown["url"] != told["url"]


@pytest.mark.usefixtures("web")
async def test_images_of_a_trusted_sender_are_shown_when_trust_is_asked_for(desk: Desk) -> None:
    data = message(b"<img src=https://a.example/x.png>")
    assert (await view(desk, data, images="trusted"))["hasRemoteImages"]
    await desk.call("Preferences/set", update={"singleton": {"imageSenders": ["LAN@far.example"]}})
    told = await view(desk, data, images="trusted", properties=["hasRemoteImages", "isTrusted"])
    assert told["isTrusted"] and not told["hasRemoteImages"]
    assert (await view(desk, data))["hasRemoteImages"]


@pytest.mark.usefixtures("web")
async def test_others_mail_is_not_found(desk: Desk) -> None:
    asked = [f"M{2 << 32 | 1}", f"M{ALICE << 32 | 99}", "M1", "x", "M1_", "M1_0"]
    told = await desk.call("EmailView/get", ids=asked)
    assert told["list"] == [] and told["notFound"] == asked


@pytest.mark.usefixtures("web")
@pytest.mark.parametrize("arguments", [{"images": "all"}, {"scheme": "blue"}, {"language": "fr"}, {"x": 1}])
async def test_arguments_are_checked(desk: Desk, arguments: dict[str, Any]) -> None:
    assert (await desk.call("EmailView/get", ids=[], **arguments))["error"] == "invalidArguments"


@pytest.mark.usefixtures("web")
async def test_only_so_many_at_once(desk: Desk) -> None:
    asked = [f"M{number}" for number in range(1, 52)]
    assert (await desk.call("EmailView/get", ids=asked))["error"] == "requestTooLarge"


@pytest.mark.usefixtures("web")
async def test_attachments_have_safe_names_and_types(desk: Desk) -> None:
    """t3, t4: never rendered from what the message says they are."""
    parts = [
        b"Content-Type: text/html\r\n"
        b'Content-Disposition: attachment; filename="../../x.html"\r\n\r\n<script>',
        b"Content-Type: image/png\r\n"
        b"Content-Disposition: attachment; filename*=utf-8''%E2%80%AEgnp.exe\r\n\r\nMZ",
        b"Content-Type: application/x\r\nContent-Disposition: attachment; filename=p.bin\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + PNG,
        b"Content-Type: image/png\r\nContent-ID: <used@x>\r\nContent-Transfer-Encoding: base64\r\n\r\n" + PNG,
        b"Content-Type: message/rfc822\r\n\r\nFrom: a@b.example\r\n\r\nenclosed",
    ]
    body = b"--b\r\nContent-Type: text/html\r\n\r\n<img src=cid:used@x>\r\n"
    body += b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"
    told = await view(desk, message(body, kind=b"multipart/related; boundary=b"))
    number = told["id"]
    assert [tuple(one.values()) for one in told["attachments"]] == [
        (f"{number}_2", "x.html", "application/octet-stream", 8, True),
        (f"{number}_3", "gnp.exe", "application/octet-stream", 2, True),
        (f"{number}_4", "p.bin", "image/png", 70, False),
        (f"{number}_6", "message.eml", "message/rfc822", 29, False),
    ]
    enclosed = (await desk.call("EmailView/get", ids=[f"{number}_6"]))["list"][0]
    assert enclosed["sender"]["address"] == "a@b.example" and enclosed["kind"] == "text"


@pytest.mark.usefixtures("web")
async def test_a_quotation_for_the_composer(desk: Desk) -> None:
    told = await view(desk, message(b"<p onclick=x>Hi<img src=cid:a>"), properties=["quoteHtml"])
    assert told["quoteHtml"] == '<div><p>Hi<img src="cid:a"></p></div>'


@pytest.mark.usefixtures("web")
async def test_what_is_too_deep_is_shown_as_text(desk: Desk) -> None:
    told = await view(desk, message(b"<div>" * 3000 + b"deep"))
    assert told["kind"] == "text"


# --- who wrote it ---------------------------------------------------------------------------------


async def sender(desk: Desk, fields: bytes) -> dict[str, Any]:
    return dict((await view(desk, message(fields=fields)))["sender"])


@pytest.mark.usefixtures("web")
async def test_a_stranger_is_one_until_the_first_letter(desk: Desk) -> None:
    fields = b"From: Lan <Lan@far.example>\r\n"
    assert (await sender(desk, fields))["isFirstContact"]
    assert not (await sender(desk, fields))["isFirstContact"]
    other = b"From: minh@far.example\r\n"

    def write(tx: Writing) -> None:
        meet(tx, [(Address("minh", "far.example"), "")], 1)

    await desk.store.write(ALICE, write)
    assert not (await sender(desk, other))["isFirstContact"]


@pytest.mark.usefixtures("web")
async def test_who_is_known_by_a_copy_alone_is_no_stranger(desk: Desk) -> None:
    fields = b"From: Lan <Lan@far.example>\r\n"
    await desk.deliver(message(fields=fields))

    def keep_a_copy(tx: Writing) -> None:
        inbox = tx.mailbox_named("INBOX").mailbox_id
        tx.copy(inbox, ((1, 1),), tx.mailbox_named("Archive").mailbox_id)
        tx.expunge(inbox, only_deleted=False)

    await desk.store.write(ALICE, keep_a_copy)
    assert not (await sender(desk, fields))["isFirstContact"]


@pytest.mark.usefixtures("web")
async def test_a_colleague_has_logged_in_here(desk: Desk) -> None:
    """Our own topmost Received field alone says so (RFC 3848): below it anybody may write."""
    who = b"From: bob@example.org\r\n"
    told = await sender(desk, OURS % (b"ESMTPSA", DATE) + who)
    assert told["isColleague"] and not told["isFirstContact"]
    results = {one["name"]: one["result"] for one in told["checks"]}
    assert results == {
        "tls": "pass",
        "login": "pass",
        **dict.fromkeys(("spf", "dkim", "dmarc"), "notChecked"),
    }
    by_jmap = b"Received: by localhost with HTTP id 1;\r\n\t" + DATE + b"\r\n" + who
    assert (await sender(desk, by_jmap))["isColleague"]
    forged = OURS % (b"ESMTPS", DATE) + OURS % (b"ESMTPSA", DATE) + who
    assert not (await sender(desk, forged))["isColleague"]
    foreign = (OURS % (b"ESMTPSA", DATE)).replace(b"by localhost", b"by mx.evil.example") + who
    assert not (await sender(desk, foreign))["isColleague"]


@pytest.mark.usefixtures("web")
@pytest.mark.parametrize(
    ("fields", "kind", "about"),
    [
        (b"From: x@examp1e.org\r\n", "lookAlike", "example.org"),
        (b'From: "ceo@example.org" <x@far.example>\r\n', "nameIsAddress", "ceo@example.org"),
        ("From: Pаypal <x@far.example>\r\n".encode(), "mixedScript", "Pаypal"),
        (b"From: x@far.example\r\nReply-To: y@other.example\r\n", "replyElsewhere", "y@other.example"),
    ],
)
async def test_what_is_odd_is_told(desk: Desk, fields: bytes, kind: str, about: str) -> None:
    assert {"kind": kind, "about": about} in (await sender(desk, fields))["warnings"]


@pytest.mark.usefixtures("web")
@pytest.mark.parametrize(
    ("way", "is_odd"),
    [
        (b"ESMTPS", True),
        (b"ESMTP", True),
        (b"SMTP", True),
        (b"UTF8SMTPS", True),
        (b"ESMTPSA", False),
        (b"UTF8SMTPSA", False),
        (b"LMTP", False),
        (b"HTTP", False),
    ],
)
async def test_a_stranger_with_an_address_of_ours_is_odd(desk: Desk, way: bytes, is_odd: bool) -> None:
    """Anybody can write a From; who is of this server logs in to send (RFC 6409 §3.3)."""
    fields = OURS % (way, DATE) + b"From: Boss <boss@example.org>\r\n"
    warning = {"kind": "ownDomain", "about": "example.org"}
    assert (await sender(desk, fields))["warnings"] == ([warning] if is_odd else [])


@pytest.mark.usefixtures("web")
@pytest.mark.parametrize(("way", "is_trusted"), [(b"ESMTPS", False), (b"ESMTPSA", True)])
async def test_images_are_not_shown_to_who_borrows_a_trusted_name(
    desk: Desk, way: bytes, is_trusted: bool
) -> None:
    await desk.call("Preferences/set", update={"singleton": {"imageSenders": ["boss@example.org"]}})
    fields = OURS % (way, DATE) + b"From: Boss <boss@example.org>\r\nContent-Type: text/html\r\n"
    data = fields + b"\r\n<img src=https://a.example/x.png>"
    told = await view(desk, data, images="trusted", properties=["hasRemoteImages", "isTrusted"])
    assert (told["isTrusted"], told["hasRemoteImages"]) == (is_trusted, not is_trusted)


@pytest.mark.usefixtures("web")
async def test_what_was_put_here_by_hand_came_from_nowhere(desk: Desk) -> None:
    foreign = (OURS % (b"ESMTPS", DATE)).replace(b"by localhost", b"by mx.old.example")
    assert (await sender(desk, foreign + b"From: boss@example.org\r\n"))["warnings"] == []


@pytest.mark.usefixtures("web")
@pytest.mark.parametrize(
    "fields",
    [
        b"From: Lan <lan@far.example>\r\nReply-To: office@mail.far.example\r\n",
        b"From: lan@far.example\r\nReply-To: list@lists.example\r\nList-Id: <l.lists.example>\r\n",
        b'From: "lan@far.example" <lan@far.example>\r\n',
        "From: Trần Văn Đức <x@far.example>\r\n".encode(),
        b"From: nobody\r\n",
        b"From: \r\n",
        b"Subject: From: is missing\r\n",
    ],
)
async def test_what_is_usual_is_not(desk: Desk, fields: bytes) -> None:
    assert (await sender(desk, fields))["warnings"] == []


# --- leaving a list -------------------------------------------------------------------------------

LIST = b"List-Unsubscribe: <https://l.example/u?1>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"


async def leave(desk: Desk, fields: bytes) -> dict[str, Any]:
    email = await desk.deliver(message(fields=fields))
    return await desk.call("EmailUnsubscribe/set", create={"a": {"emailId": f"M{email}"}})


async def test_one_click_posts_what_the_rfc_says(desk: Desk, web: Web) -> None:
    """RFC 8058 §3.2."""
    told = await leave(desk, LIST)
    assert told["created"]["a"]["status"] == 202
    assert web.posted == [
        (
            "https://l.example/u?1",
            {"Content-Type": "application/x-www-form-urlencoded"},
            b"List-Unsubscribe=One-Click",
        )
    ]
    web.status = 500
    assert (await leave(desk, LIST))["notCreated"]["a"]["type"] == "notSent"


async def test_without_the_offer_nothing_is_sent(desk: Desk, web: Web) -> None:
    only_web = b"List-Unsubscribe: <https://l.example/u?1>\r\n"
    assert (await leave(desk, only_web))["notCreated"]["a"]["type"] == "forbidden"
    told = await desk.call("EmailUnsubscribe/set", create={"a": {"emailId": "M1"}, "b": {"url": "x"}})
    assert [one["type"] for one in told["notCreated"].values()] == ["notFound", "invalidProperties"]
    assert web.posted == []
