"""RFC 9425: what an account may hold, and that its state follows every change of it."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from client import Client

from harness import Server

USER = "user11"
LIMIT_BYTES = 2_000_000
MESSAGE = b"From: a@x.test\r\nSubject: q\r\n\r\n" + b"x" * 1000 + b"\r\n"
FULL = {
    "id", "resourceType", "used", "hardLimit", "scope", "name", "types", "warnLimit", "softLimit",
    "description",
}  # fmt: skip


@pytest.fixture(scope="module")
def limited(client: Client, rfc_server: Server) -> Client:
    _limit(rfc_server, "2M")
    return client


def _limit(server: Server, size: str) -> None:
    server.cli("account", "set", server.address(USER), "--quota", size)


def _octets(client: Client) -> dict[str, Any]:
    found = [one for one in client.call("Quota/get")["list"] if one["resourceType"] == "octets"]
    return dict(found[0])


@contextmanager
def _pushes(client: Client, types: str = "Quota", ping: int = 0) -> Iterator[Iterator[Any]]:
    """StateChange objects and pings of an EventSource."""
    connection = client.connection()
    path = f"/jmap/eventsource?types={types}&closeafter=no&ping={ping}"
    connection.request("GET", path, headers={"Authorization": client.authorization})
    stream = connection.getresponse()
    assert stream.readline() == b":\n"  # It follows from here on.
    try:
        yield _data(stream)
    finally:
        connection.close()


def _data(stream: http.client.HTTPResponse) -> Iterator[Any]:
    while line := stream.readline():
        if line.startswith(b"data: "):
            yield json.loads(line[6:])


def test_all_properties_are_told(limited: Client) -> None:
    """§4.1"""
    for one in limited.call("Quota/get", ids=None)["list"]:
        assert set(one) == FULL
        assert one["scope"] == "account" and one["resourceType"] in ("octets", "count")
        assert 0 <= one["used"] <= one["hardLimit"] and one["warnLimit"] <= one["hardLimit"]
        assert one["types"] and isinstance(one["name"], str)
    told = limited.call("Quota/get", ids=["octets", "nothing"], properties=["used"])
    assert set(told["list"][0]) == {"id", "used"} and told["notFound"] == ["nothing"]
    assert limited.error("Quota/get", properties=["colour"]) == "invalidArguments"


def test_mail_that_comes_and_goes_is_told(limited: Client) -> None:
    """§4.3, §5"""
    before = limited.call("Quota/get")["state"]
    used = _octets(limited)["used"]
    with _pushes(limited) as pushes:
        email = limited.put(MESSAGE, limited.boxes["inbox"])
        pushed = next(pushes)["changed"][limited.account]
        after = limited.call("Quota/get")["state"]
        assert pushed == {"Quota": after} and after != before
        changes = limited.call("Quota/changes", sinceState=before)
        assert (changes["updated"], changes["updatedProperties"]) == (["octets"], ["used"])
        assert (changes["created"], changes["destroyed"], changes["newState"]) == ([], [], after)
        assert _octets(limited)["used"] == used + len(MESSAGE)
        limited.call("Email/set", destroy=[email])
        assert next(pushes)["changed"][limited.account] == {"Quota": before}
    assert _octets(limited)["used"] == used


def test_a_mailbox_is_told(limited: Client) -> None:
    before = limited.call("Quota/get")["state"]
    with _pushes(limited) as pushes:
        box = limited.mailbox("counted")
        pushed = next(pushes)["changed"][limited.account]
        assert limited.call("Quota/changes", sinceState=before)["updated"] == ["mailboxes"]
        assert pushed == {"Quota": limited.call("Quota/get")["state"]}
        limited.call("Mailbox/set", destroy=[box])
        assert next(pushes)["changed"][limited.account] == {"Quota": before}


def test_a_limit_that_the_administrator_changes_is_told(limited: Client, rfc_server: Server) -> None:
    before = limited.call("Quota/get")["state"]
    with _pushes(limited) as pushes:
        _limit(rfc_server, "3M")
        assert limited.account in next(pushes)["changed"]
        changes = limited.call("Quota/changes", sinceState=before)
        assert (changes["updated"], changes["updatedProperties"]) == (["octets"], None)
        assert _octets(limited)["hardLimit"] == 3_000_000
        _limit(rfc_server, "2M")
        assert next(pushes)["changed"][limited.account] == {"Quota": before}


def test_what_moves_or_is_marked_is_not_told(limited: Client) -> None:
    email = limited.put(MESSAGE, limited.boxes["inbox"])
    with _pushes(limited, "Quota,EmailDelivery", ping=2) as pushes:
        patch = {"mailboxIds": {limited.boxes["archive"]: True}, "keywords": {"$seen": True}}
        limited.updated("Email", email, patch)
        told = next(pushes)
        # A place in another mailbox is news to EmailDelivery's kind of row, never to Quota.
        while "changed" in told:
            assert "Quota" not in told["changed"][limited.account]
            told = next(pushes)
        assert told == {"interval": 2}


def test_an_email_in_two_mailboxes_counts_once(limited: Client) -> None:
    """A copy by IMAP is another email, and counts."""
    email, used = limited.put(MESSAGE, limited.boxes["inbox"]), _octets(limited)["used"]
    limited.updated("Email", email, {f"mailboxIds/{limited.boxes['archive']}": True})
    assert _octets(limited)["used"] == used
    limited.updated("Email", email, {f"mailboxIds/{limited.boxes['inbox']}": None})
    assert _octets(limited)["used"] == used
    limited.call("Email/set", destroy=[email])
    assert _octets(limited)["used"] == used - len(MESSAGE)


def test_filters_and_sorts(limited: Client) -> None:
    """§4.4"""
    for wanted, found in (
        ({"resourceType": "octets"}, ["octets"]),
        ({"resourceType": "count"}, ["mailboxes"]),
        ({"type": "Mailbox"}, ["mailboxes"]),
        ({"name": "ail"}, ["mailboxes", "octets"]),
        ({"scope": "account"}, ["mailboxes", "octets"]),
        ({"scope": "domain"}, []),
        ({"operator": "NOT", "conditions": [{"type": "Email"}]}, ["mailboxes"]),
    ):
        assert sorted(limited.call("Quota/query", filter=wanted)["ids"]) == found, wanted
    assert limited.call("Quota/query", sort=[{"property": "name"}])["ids"] == ["octets", "mailboxes"]
    used = limited.call("Quota/query", sort=[{"property": "used", "isAscending": False}])["ids"]
    assert used == ["octets", "mailboxes"]
    assert limited.error("Quota/query", filter={"resourceType": 7}) == "invalidArguments"


def test_the_state_of_queries_follows(limited: Client) -> None:
    """§4.5"""
    asked = {"sort": [{"property": "used"}], "filter": {"type": "Email"}}
    before = limited.call("Quota/query", **asked)["queryState"]
    limited.put(MESSAGE, limited.boxes["inbox"])
    told = limited.call("Quota/queryChanges", **asked, sinceQueryState=before)
    assert told["removed"] == ["octets"] and told["added"] == [{"id": "octets", "index": 0}]
    assert told["newQueryState"] == limited.call("Quota/query", **asked)["queryState"]


def test_both_protocols_tell_the_same(limited: Client, rfc_server: Server) -> None:
    """RFC 9208 §4.1.2: IMAP counts in units of 1024 octets."""
    imap = rfc_server.imap(USER)
    told = _octets(limited)
    _, answers = imap.getquotaroot("INBOX")
    imap.logout()
    words = answers[1][0].decode().partition("(")[2].rstrip(")").split()
    storage = dict(zip(words[::3], zip(words[1::3], words[2::3], strict=True), strict=True))["STORAGE"]
    assert storage == (str(-(-told["used"] // 1024)), str(told["hardLimit"] // 1024))


def test_what_is_over_the_limit_is_refused(limited: Client) -> None:
    """RFC 8620 §5.3, RFC 8621 §4.8: overQuota."""
    blob = limited.upload(b"From: a@x.test\r\n\r\n" + b"x" * LIMIT_BYTES)["blobId"]
    new = {"blobId": blob, "mailboxIds": {limited.boxes["inbox"]: True}}
    told = limited.call("Email/import", emails={"i": new})
    assert told["notCreated"]["i"]["type"] == "overQuota"
