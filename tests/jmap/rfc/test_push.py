"""RFC 8620 §7: states told to every worker's listeners; push subscriptions."""

import http.client
import json
import re
from typing import Any

import pytest
from client import Client

from jmap_client import USING

USER = "user9"
STREAMS = 6
"""Connections go to one of two workers: that all of these go to one is unlikely."""
KEYS = {
    "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
}
"""Of RFC 8291 §5."""


def _open(client: Client, query: str) -> http.client.HTTPResponse:
    connection = client.connection()
    connection.request("GET", f"/jmap/eventsource?{query}", headers={"Authorization": client.authorization})
    return connection.getresponse()


def _event(stream: http.client.HTTPResponse) -> tuple[str, Any]:
    name, data = "", None
    while line := stream.readline().decode().rstrip("\n"):
        kind, _, value = line.partition(": ")
        name, data = (value if kind == "event" else name), (json.loads(value) if kind == "data" else data)
    return name, data


def _state(stream: http.client.HTTPResponse) -> Any:
    while True:
        name, data = _event(stream)
        if name == "state":
            return data


def test_a_change_is_told_to_the_listeners_of_all_workers(client: Client) -> None:
    """§7.1, §7.3"""
    streams = [_open(client, "types=Mailbox,Email&closeafter=state&ping=0") for _ in range(STREAMS)]
    assert all(
        one.status == 200 and one.headers["content-type"].startswith("text/event-stream") for one in streams
    )
    email = client.put(b"From: a@x.test\r\n\r\nx\r\n", client.boxes["inbox"])
    for stream in streams:
        told = _state(stream)
        assert told["@type"] == "StateChange" and list(told["changed"]) == [client.account]
        assert set(told["changed"][client.account]) == {"Mailbox", "Email"}
        assert told["changed"][client.account]["Email"] == client.state("Email")
        assert stream.read() == b""  # closeafter=state
    assert client.email(email, "id")


def test_a_browser_says_in_the_url_what_it_was_told_last(client: Client) -> None:
    """The EventSource of a browser sends no Last-Event-ID when it begins."""
    stream = _open(client, "types=Email&closeafter=state&ping=0")
    client.put(b"From: a@x.test\r\n\r\nx\r\n", client.boxes["inbox"])
    last = re.search(rb"^id: (\d+)$", stream.read(), re.MULTILINE)
    assert last is not None
    client.put(b"From: a@x.test\r\n\r\ny\r\n", client.boxes["inbox"])
    missed = _open(client, f"types=Email&closeafter=state&ping=0&lastEventId={int(last[1])}")
    assert _state(missed)["changed"][client.account]["Email"] == client.state("Email")


def test_only_the_types_asked_for(client: Client) -> None:
    stream = _open(client, "types=Identity&closeafter=state&ping=0")
    client.put(b"From: a@x.test\r\n\r\nx\r\n", client.boxes["inbox"])
    new = {"email": client.server.address(USER), "name": "n"}
    client.call("Identity/set", create={"i": new})
    assert list(_state(stream)["changed"][client.account]) == ["Identity"]


def test_pings_tell_the_interval_that_is_kept(client: Client) -> None:
    """§7.3: the server may choose another one; a ping has no id and comes after silence alone."""
    stream = _open(client, "types=EmailDelivery&closeafter=no&ping=1")
    assert _event(stream) in (("", None), ("ping", {"interval": 1}))
    lines = []
    while b"ping" not in b"".join(lines) or lines[-1] != b"\n":
        lines.append(stream.readline())
    assert not [line for line in lines if line.startswith(b"id:")]


def test_last_event_id_of_another_server_tells_all(client: Client) -> None:
    """§7.3: what is not known may have changed."""
    client.put(b"From: a@x.test\r\n\r\nx\r\n", client.boxes["inbox"])
    connection = client.connection()
    headers = {"Authorization": client.authorization, "Last-Event-ID": "of another server"}
    connection.request("GET", "/jmap/eventsource?types=*&closeafter=state&ping=0", headers=headers)
    told = _state(connection.getresponse())["changed"][client.account]
    assert told["Email"] == client.state("Email") and "Mailbox" in told


@pytest.mark.parametrize(
    "query",
    ["types=*&closeafter=never&ping=0", "types=*&closeafter=no&ping=x", "types=*&closeafter=no&ping=-1"],
)
def test_streams_that_are_asked_for_wrongly(client: Client, query: str) -> None:
    assert _open(client, query).status == 400


# --- PushSubscription (§7.2) ---------------------------------------------------------------------


def _subscriptions(client: Client, **arguments: Any) -> Any:
    ((_, told, _),) = client.bare(("PushSubscription/get", arguments), using=USING[:1])
    return told


def _set(client: Client, **arguments: Any) -> Any:
    ((_, told, _),) = client.bare(("PushSubscription/set", arguments), using=USING[:1])
    return told


def test_push_subscriptions(client: Client) -> None:
    assert set(_subscriptions(client)) == {"list", "notFound"}  # No account, no state.
    new = {
        "deviceClientId": "a889-ffea-910",
        "url": "https://push.example.com/x",
        "types": ["Email"],
        "keys": KEYS,
    }
    told = _set(client, create={"p": new})
    made = told["created"]["p"]
    assert made["id"] and made["expires"].endswith("Z") and "url" not in made
    (found,) = _subscriptions(client, ids=[made["id"]])["list"]
    assert "url" not in found and "keys" not in found  # Never told.
    assert found["deviceClientId"] == "a889-ffea-910" and found["types"] == ["Email"]
    assert found["verificationCode"] is None
    assert _subscriptions(client, ids=[made["id"]], properties=["url"])["type"] == "forbidden"
    assert _subscriptions(client, properties=["keys"])["type"] == "forbidden"
    told = _set(client, update={made["id"]: {"verificationCode": "wrong"}})
    assert told["notUpdated"][made["id"]]["type"] == "invalidProperties"
    told = _set(client, update={made["id"]: {"types": None, "expires": "2020-01-01T00:00:00Z"}})
    assert told.get("notUpdated") or told["updated"]
    told = _set(client, update={made["id"]: {"url": "https://other.example.com/"}})
    assert told["notUpdated"][made["id"]]["type"] == "invalidProperties"
    assert _set(client, destroy=[made["id"], "P999"])["notDestroyed"]["P999"]["type"] == "notFound"


@pytest.mark.parametrize(
    "more",
    [
        {"url": "http://push.example.com/x"}, {"url": "nonsense"}, {"url": None}, {"deviceClientId": None},
        {"deviceClientId": 7}, {"types": "Email"}, {"types": [7]}, {"expires": "soon"},
        {"keys": {"auth": "x"}},
        {"verificationCode": "x"}, {"id": "x"}, {"no": 1},
    ],
)  # fmt: skip
def test_push_subscriptions_that_are_wrong(client: Client, more: Any) -> None:
    new = {"deviceClientId": "d", "url": "https://push.example.com/x"} | more
    assert _set(client, create={"p": new})["notCreated"]["p"]["type"] == "invalidProperties"


def test_others_do_not_see_them(client: Client) -> None:
    new = {"deviceClientId": "mine", "url": "https://push.example.com/y"}
    made = _set(client, create={"p": new})["created"]["p"]["id"]
    other = Client(client.server, "user10")
    assert _subscriptions(other, ids=[made])["notFound"] == [made]
    assert _set(other, destroy=[made])["notDestroyed"][made]["type"] == "notFound"
    assert _set(client, destroy=[made])["destroyed"] == [made]
