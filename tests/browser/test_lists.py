"""Leaving a mailing list by one click, at a list server that answers (RFC 8058)."""

import pytest

from browser.webmail import Webmail
from harness import Server
from jmap_client import JmapClient
from public_web import PublicWeb

SUBJECT = "Pigeons of the week"


@pytest.fixture(scope="module")
def prefix(web: PublicWeb) -> tuple[str, ...]:
    return web.prefix()


def test_a_list_is_left_and_it_is_said(mail: Webmail, server: Server, web: PublicWeb) -> None:
    client = JmapClient(server, mail.variant.user)
    boxes = {box["role"]: box["id"] for box in client.call("Mailbox/get")["list"]}
    message = (
        f"From: pigeons@list.test\r\nTo: me@x.test\r\nSubject: {SUBJECT}\r\nList-Id: <pigeons.list.test>\r\n"
        f"List-Unsubscribe: <mailto:leave@list.test>, <{web.url}/leave?who=7>\r\n"
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\ncoo\r\n"
    )
    blob = client.upload(message.encode(), "message/rfc822")["blobId"]
    client.call("Email/import", emails={"i": {"blobId": blob, "mailboxIds": {boxes["inbox"]: True}}})
    mail.go()
    mail.read(SUBJECT)
    mail.reader.get_by_role("button", name=mail.words("readerUnsubscribe")).click()
    mail.told("readerUnsubscribed")
    heard = web.next()
    assert (heard.method, heard.path, heard.body) == ("POST", "/leave?who=7", b"List-Unsubscribe=One-Click")
    assert "cookie" not in heard.headers and "referer" not in heard.headers and web.is_quiet()
