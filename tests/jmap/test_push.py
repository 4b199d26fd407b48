"""Push over real connections: EventSource (RFC 8620 §7.3) and WebSocket (RFC 8887)."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from harness import HOST, Server
from jmap_client import JmapClient

CORE = "urn:ietf:params:jmap:core"
MESSAGE = b"From: a@example.org\r\nSubject: news\r\n\r\nhello\r\n"
ENDS_SECONDS = 10.0
ALL = "types=*&closeafter=no&ping=0"


@pytest.fixture(scope="module")
def alice(server: Server) -> JmapClient:
    return JmapClient(server)


class Events:
    """An EventSource that has been opened."""

    def __init__(self, client: JmapClient, query: str, **headers: str) -> None:
        self._connection = client.connection()
        said = {"Authorization": client.authorization} | {k.replace("_", "-"): v for k, v in headers.items()}
        self._connection.request("GET", f"/jmap/eventsource?{query}", headers=said)
        self.answer = self._connection.getresponse()

    def next(self) -> dict[str, Any]:
        """The next event, comments left out; {} when the stream is over."""
        found: dict[str, Any] = {}
        while line := self.answer.readline():
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name in ("event", "id", "data"):
                found[name] = json.loads(value) if name == "data" else value
            elif not name and found:
                return found
        return {}

    def close(self) -> None:
        self._connection.close()


@contextmanager
def _events(
    client: JmapClient, query: str = "types=*&closeafter=no&ping=0", **headers: str
) -> Iterator[Events]:
    opened = Events(client, query, **headers)
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def _socket(client: JmapClient, **more: Any) -> Iterator[ClientConnection]:
    url = f"ws://{HOST}:{client.server.port('http')}/jmap/ws"
    options: dict[str, Any] = {
        "subprotocols": [Subprotocol("jmap")],
        "additional_headers": {"Authorization": client.authorization},
    }
    with connect(url, **(options | more)) as opened:
        yield opened


def _ask(socket: ClientConnection, document: Any) -> Any:
    socket.send(document if isinstance(document, str) else json.dumps(document))
    return json.loads(socket.recv(20))


# --- EventSource ---------------------------------------------------------------------------------


def test_new_mail_is_told_at_once(server: Server, alice: JmapClient) -> None:
    with _events(alice) as events:
        assert events.answer.headers["content-type"] == "text/event-stream"
        server.deliver(MESSAGE, "alice")
        event = events.next()
    assert event["event"] == "state" and event["data"]["@type"] == "StateChange"
    told = event["data"]["changed"][alice.account]
    assert set(told) == {"Email", "Thread", "Mailbox", "EmailDelivery"}
    assert told["Email"] == alice.call("Email/get", ids=[])["state"]


def test_a_stream_may_end_after_its_first_event(server: Server, alice: JmapClient) -> None:
    with _events(alice, "types=EmailDelivery&closeafter=state&ping=0") as events:
        server.deliver(MESSAGE, "alice")
        assert list(events.next()["data"]["changed"][alice.account]) == ["EmailDelivery"]
        assert events.next() == {}


def test_pings_say_how_often_they_come(alice: JmapClient) -> None:
    with _events(alice, "types=*&closeafter=no&ping=1") as events:
        assert events.next() == {"event": "ping", "data": {"interval": 1}}


def test_who_comes_back_hears_what_was_missed(server: Server, alice: JmapClient) -> None:
    with _events(alice) as events:
        server.deliver(MESSAGE, "alice")
        last = events.next()["id"]
    server.deliver(MESSAGE, "alice")
    with _events(alice, Last_Event_ID=last) as events:
        assert "EmailDelivery" in events.next()["data"]["changed"][alice.account]


def test_others_hear_nothing_of_it(server: Server, alice: JmapClient) -> None:
    bob = JmapClient(server, "bob")
    with _events(bob, "types=*&closeafter=no&ping=2") as events:
        server.deliver(MESSAGE, "alice")
        assert events.next()["event"] == "ping"


# --- WebSocket -----------------------------------------------------------------------------------


def test_requests_and_errors(alice: JmapClient) -> None:
    """RFC 8887 §4.3.1 to §4.3.4."""
    with _socket(alice) as socket:
        assert socket.subprotocol == "jmap"
        calls = {"using": [CORE], "methodCalls": [["Core/echo", {"x": 1}, "c"]]}
        answer = _ask(socket, {"@type": "Request", "id": "R1", **calls})
        assert answer == {
            "@type": "Response",
            "requestId": "R1",
            "methodResponses": [["Core/echo", {"x": 1}, "c"]],
            "sessionState": alice.session["state"],
        }
        for said, kind, of in (
            ("{", "notJSON", None),
            ("[]", "notRequest", None),
            ({"@type": "Nonsense", "id": "R2"}, "notRequest", "R2"),
            ({"@type": "Request", "id": "R3"}, "notRequest", "R3"),
            (
                {"@type": "Request", "id": "R4", "using": ["urn:x"], "methodCalls": []},
                "unknownCapability",
                "R4",
            ),
        ):
            answer = _ask(socket, said)
            assert (answer["@type"], answer["requestId"]) == ("RequestError", of)
            assert answer["type"] == f"urn:ietf:params:jmap:error:{kind}"


def test_pushes_are_switched_on_and_off(server: Server, alice: JmapClient) -> None:
    """RFC 8887 §4.3.5."""
    with _socket(alice) as socket:
        socket.send(json.dumps({"@type": "WebSocketPushEnable", "dataTypes": ["EmailDelivery"]}))
        _ask(socket, {"@type": "Request", "using": [CORE], "methodCalls": []})
        server.deliver(MESSAGE, "alice")
        told = json.loads(socket.recv(20))
        assert told["@type"] == "StateChange" and list(told["changed"][alice.account]) == ["EmailDelivery"]
        socket.send(json.dumps({"@type": "WebSocketPushDisable"}))
        _ask(socket, {"@type": "Request", "using": [CORE], "methodCalls": []})
        server.deliver(MESSAGE, "alice")
        with pytest.raises(TimeoutError):
            socket.recv(1.5)
    with _socket(alice) as socket:
        again = {"@type": "WebSocketPushEnable", "dataTypes": None, "pushState": told["pushState"]}
        assert "Email" in _ask(socket, again)["changed"][alice.account]


def test_octets_are_no_requests(alice: JmapClient) -> None:
    with _socket(alice) as socket:
        socket.send(b"{}")
        with pytest.raises(ConnectionClosed) as caught:
            socket.recv(20)
    assert caught.value.rcvd is not None and caught.value.rcvd.code == 1003


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"additional_headers": {}}, 401),
        ({"additional_headers": {}, "origin": "https://evil.example"}, 401),
        ({"subprotocols": None}, 400),
    ],
)
def test_a_handshake_that_is_refused(alice: JmapClient, more: dict[str, Any], status: int) -> None:
    with pytest.raises(InvalidStatus) as caught, _socket(alice, **more):
        pass
    assert caught.value.response.status_code == status


# --- both ----------------------------------------------------------------------------------------


def test_streams_are_counted(alice: JmapClient) -> None:
    """10,000 of them would be one client's doing (E-11); two workers take 50 each."""
    opened: list[Events] = []
    try:
        while len(opened) < 101 and (not opened or opened[-1].answer.status == 200):
            opened.append(Events(alice, "types=*&closeafter=no&ping=0"))
        assert opened[-1].answer.status == 429
    finally:
        for events in opened:
            events.close()


def test_streams_end_soon_after_the_password_was_changed(server: Server) -> None:
    """D-6."""
    user = JmapClient(server, "user1")
    with _events(user) as events, _socket(user) as socket:
        began = time.monotonic()
        server.cli("account", "set", "user1@demo.test", "--password-file", "-", input="another horse\n")
        assert events.next() == {}
        with pytest.raises(ConnectionClosed):
            socket.recv(ENDS_SECONDS)
        assert time.monotonic() - began < ENDS_SECONDS
    assert user.ask("GET", "/jmap/session").status == 401


def test_streams_end_soon_after_the_account_was_disabled(server: Server) -> None:
    user = JmapClient(server, "user2")
    with _events(user) as events:
        server.cli("account", "set", "user2@demo.test", "--disable")
        assert events.next() == {}
