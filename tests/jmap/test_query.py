"""Lists and work on everything that matches, over real HTTP (RFC 8621 §4.4, §5; docs/jmap.md)."""

from pathlib import Path
from typing import Any

from harness import Server, eventually
from jmap_client import JmapClient

NEWEST = [{"property": "receivedAt", "isAscending": False}]
DOUBLINGS = 6
FIRST = 100


def _message(number: int) -> bytes:
    head = f"From: Bích <b{number % 7}@x.vn>\r\nSubject: Họp Đà Nẵng {number}\r\nMessage-ID: <{number}@x>\r\n"
    return f"{head}\r\nxin chào {number}\r\n".encode()


def _fill(server: Server) -> int:
    client = server.imap()
    for number in range(FIRST):
        client.append("INBOX", "", "", _message(number))
    client.select("INBOX")
    for _ in range(DOUBLINGS):
        client.copy("1:*", "INBOX")
        client.noop()
    client.logout()
    return FIRST << DOUBLINGS


def _boxes(client: JmapClient) -> dict[str, str]:
    return {box["role"]: box["id"] for box in client.call("Mailbox/get", properties=["role"])["list"]}


def _batch(client: JmapClient, batch_id: str) -> dict[str, Any]:
    found: dict[str, Any] = client.call("EmailBatch/get", ids=[batch_id])["list"][0]
    return found


def test_work_survives_kill_9_and_can_be_undone(tmp_path: Path) -> None:
    """What a portion has done is counted in the same transaction, so nothing is done twice or left out."""
    with Server(tmp_path / "mail") as server:
        client = JmapClient(server)
        count, boxes = _fill(server), _boxes(client)
        inbox, archive = {"inMailbox": boxes["inbox"]}, {"inMailbox": boxes["archive"]}

        def total(filter: dict[str, str]) -> int:
            found: int = client.call("Email/query", filter=filter, limit=0, calculateTotal=True)["total"]
            return found

        before = client.call("Email/query", filter=inbox, sort=NEWEST)
        assert len(before["ids"]) == count
        new = {"filter": inbox, "update": {"mailboxIds": {boxes["archive"]: True}}}
        batch_id = client.call("EmailBatch/set", create={"b": new})["created"]["b"]["id"]
        server.kill9()
        server.start()
        eventually(lambda: _batch(client, batch_id)["status"] == "done")
        assert _batch(client, batch_id)["done"] == total(archive) == count
        assert total(inbox) == 0
        client.call("EmailBatch/set", update={batch_id: {"status": "undone"}})
        eventually(lambda: _batch(client, batch_id)["status"] == "undone")
        after = client.call("Email/query", filter=inbox, sort=NEWEST)
        assert after["ids"] == before["ids"] and total(archive) == 0
        server.assert_no_traceback()


def test_search_with_snippets_in_one_request(server: Server) -> None:
    client = JmapClient(server, "bob")
    mail = server.imap("bob")
    for number in range(3):
        mail.append("INBOX", "", "", _message(number))
    found, snippets = client.calls(
        ("Email/query", {"filter": {"text": "da nang 2"}}),
        (
            "SearchSnippet/get",
            {
                "filter": {"text": "da nang 2"},
                "#emailIds": {"resultOf": "0", "name": "Email/query", "path": "/ids"},
            },
        ),
    )
    (one,) = found[1]["ids"]
    (snippet,) = snippets[1]["list"]
    assert snippet["emailId"] == one
    assert snippet["subject"] == "Họp <mark>Đà</mark> <mark>Nẵng</mark> <mark>2</mark>"
    assert snippet["preview"] == "xin chào <mark>2</mark>"


def test_ten_thousand_filters_within_each_other(server: Server) -> None:
    client = JmapClient(server)
    nested = b'{"operator":"NOT","conditions":[' * 10_000 + b"{}" + b"]}" * 10_000
    call = b'["Email/query",{"accountId":"%s","filter":%s},"0"]' % (client.account.encode(), nested)
    answer = client.post(
        b'{"using":["urn:ietf:params:jmap:core","urn:ietf:params:jmap:mail"],"methodCalls":[%s]}' % call
    )
    assert answer.status == 400
    assert client.call("Core/echo", hello=True)["hello"] is True
