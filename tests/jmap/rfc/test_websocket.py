"""RFC 8887, section by section: requests and pushes on one connection."""

import json
import socket as sockets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from client import Client
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from harness import HOST, any_certificate, eventually
from jmap_client import USING

USER = "user12"
CORE = USING[0]
MESSAGE = b"From: a@x.test\r\nSubject: news\r\n\r\nhello\r\n"
WAIT_SECONDS = 20.0
MB = 1024 * 1024


@contextmanager
def _socket(client: Client, **more: Any) -> Iterator[ClientConnection]:
    url = f"ws://{HOST}:{client.server.port('http')}/jmap/ws"
    options: dict[str, Any] = {
        "subprotocols": [Subprotocol("jmap")],
        "additional_headers": {"Authorization": client.authorization},
        "max_size": 64 * MB,
    }
    with connect(url, **(options | more)) as opened:
        yield opened


def _say(socket: ClientConnection, kind: str, **more: Any) -> None:
    socket.send(json.dumps({"@type": kind, **more}))


def _hear(socket: ClientConnection) -> Any:
    return json.loads(socket.recv(WAIT_SECONDS))


def _request(socket: ClientConnection, *calls: Any, **more: Any) -> None:
    _say(socket, "Request", **{"using": USING, "methodCalls": list(calls), **more})


def _answered(socket: ClientConnection) -> None:
    """Everything said before has been heard."""
    _request(socket, id="barrier")
    assert _hear(socket)["requestId"] == "barrier"


def _closed_with(socket: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed) as caught:
        while True:
            socket.recv(WAIT_SECONDS)
    assert caught.value.rcvd is not None
    return caught.value.rcvd.code


# --- capability, handshake (§3, §4.1, §4.2) ------------------------------------------------------


def test_the_capability_has_an_address(client: Client) -> None:
    """§3"""
    told = client.session["capabilities"]["urn:ietf:params:jmap:websocket"]
    assert told["supportsPush"] is True
    assert told["url"] == f"ws://{HOST}:{client.server.port('http')}/jmap/ws"


def test_over_tls_the_address_is_wss(client: Client) -> None:
    """§3, §5: a real connection to the port of HTTPS."""
    port = client.server.port("https")
    with _socket(client) as plain:
        assert plain.subprotocol == "jmap"
    url = f"wss://{HOST}:{port}/jmap/ws"
    headers = {"Authorization": client.authorization}
    jmap, context = [Subprotocol("jmap")], any_certificate()
    with connect(url, ssl=context, subprotocols=jmap, additional_headers=headers) as socket:
        _request(socket, ["Core/echo", {"a": 1}, "c"])
        assert _hear(socket)["methodResponses"] == [["Core/echo", {"a": 1}, "c"]]


def test_one_subprotocol_of_many(client: Client) -> None:
    """§4.1"""
    with _socket(client, subprotocols=[Subprotocol("xmpp"), Subprotocol("jmap")]) as socket:
        assert socket.subprotocol == "jmap"
    for wrong in (None, [Subprotocol("xmpp")], [Subprotocol("JMAP")]):
        with pytest.raises(InvalidStatus) as caught, _socket(client, subprotocols=wrong):
            pass
        assert caught.value.response.status_code == 400


def test_without_a_login_there_is_no_socket(client: Client) -> None:
    """§4.2"""
    for headers in ({}, {"Authorization": "Basic Zm9vOmJhcg=="}, {"Authorization": "Bearer x"}):
        with pytest.raises(InvalidStatus) as caught, _socket(client, additional_headers=headers):
            pass
        assert caught.value.response.status_code == 401
        assert "www-authenticate" in caught.value.response.headers


# --- messages (§4.3, §4.3.1) ---------------------------------------------------------------------


def test_text_in_pieces_is_one_message(client: Client) -> None:
    """RFC 6455 §5.4"""
    document = json.dumps(
        {"@type": "Request", "id": "é", "using": [CORE], "methodCalls": []}, ensure_ascii=False
    )
    with _socket(client) as socket:
        socket.send(document[at : at + 7] for at in range(0, len(document), 7))
        assert _hear(socket)["requestId"] == "é"


def test_binary_is_no_request(client: Client) -> None:
    with _socket(client) as socket:
        socket.send(b"{}")
        assert _closed_with(socket) == 1003


def test_text_that_is_no_utf8_ends_the_connection(client: Client) -> None:
    """RFC 6455 §8.1"""
    with _socket(client) as socket:
        socket.send(b"\xff\xfe", text=True)
        assert _closed_with(socket) == 1007


def test_a_message_beyond_the_limit_ends_the_connection(client: Client) -> None:
    limit = client.session["capabilities"][CORE]["maxSizeRequest"]
    call = ["Core/echo", {"x": "y" * (limit - 1000)}, "c"]
    with _socket(client) as socket:
        _request(socket, call, using=[CORE])
        assert _hear(socket)["methodResponses"] == [call]
    with _socket(client) as socket, pytest.raises(ConnectionClosed):
        _request(socket, ["Core/echo", {"x": "y" * 2 * limit}, "c"], using=[CORE])
        _hear(socket)


def test_pings_are_answered(client: Client) -> None:
    with _socket(client) as socket:
        assert socket.ping(b"still there?").wait(WAIT_SECONDS)
        _answered(socket)


def test_the_client_says_goodbye(client: Client) -> None:
    with _socket(client) as socket:
        socket.close(1000)
        assert socket.close_code == 1000


# --- Request, Response (§4.3.2, §4.3.3) ----------------------------------------------------------


def test_a_response_names_its_request(client: Client) -> None:
    with _socket(client) as socket:
        _request(socket, ["Core/echo", {}, "c"], id="R1")
        told = _hear(socket)
        assert (told["@type"], told["requestId"]) == ("Response", "R1")
        assert told["sessionState"] == client.session["state"]
        _request(socket, ["Core/echo", {}, "c"])
        assert "requestId" not in _hear(socket)


def test_many_requests_at_once_are_all_answered(client: Client) -> None:
    """The answers may come in any order."""
    limit = client.session["capabilities"][CORE]["maxConcurrentRequests"]
    with _socket(client) as socket:
        for number in range(limit):
            _request(socket, ["Core/echo", {"n": number}, "c"], id=str(number))
        told = {answer["requestId"]: answer for answer in (_hear(socket) for _ in range(limit))}
    assert {name: answer["methodResponses"][0][1]["n"] for name, answer in told.items()} == {
        str(number): number for number in range(limit)
    }


def test_created_ids_go_on_to_the_next_request(client: Client) -> None:
    """RFC 8620 §3.3"""
    box = {"accountId": client.account, "create": {"m": {"name": "by socket"}}}
    with _socket(client) as socket:
        _request(socket, ["Mailbox/set", box, "s"], createdIds={})
        made = _hear(socket)["createdIds"]
        gone = {"accountId": client.account, "destroy": ["#m"]}
        _request(socket, ["Mailbox/set", gone, "d"], createdIds=made)
        told = _hear(socket)
        assert told["methodResponses"][0][1]["destroyed"] == [made["m"]] and told["createdIds"] == made


# --- RequestError (§4.3.4) -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "request_id"),
    [
        ("", "notJSON", None),
        ("{", "notJSON", None),
        ('{"@type": "Request", "id": "1", "id": "2"}', "notJSON", None),
        ("7", "notRequest", None),
        ("[]", "notRequest", None),
        ("{}", "notRequest", None),
        ('{"id": "R", "using": [], "methodCalls": []}', "notRequest", "R"),
        ('{"@type": "Response", "id": "R"}', "notRequest", "R"),
        ('{"@type": ["Request"], "id": "R"}', "notRequest", "R"),
        ('{"@type": "Request", "id": 7, "using": [], "methodCalls": []}', "notRequest", None),
        ('{"@type": "Request", "id": "R", "using": [], "methodCalls": [["Core/echo"]]}', "notRequest", "R"),
        ('{"@type": "Request", "id": "R", "using": ["urn:x"], "methodCalls": []}', "unknownCapability", "R"),
    ],
)
def test_what_is_no_request(client: Client, text: str, kind: str, request_id: str | None) -> None:
    """The problem of RFC 8620 §3.6.1; the connection goes on."""
    with _socket(client) as socket:
        socket.send(text)
        told = _hear(socket)
        assert told["@type"] == "RequestError"
        assert told["type"] == f"urn:ietf:params:jmap:error:{kind}" and told["status"] == 400
        assert told.get("requestId") == request_id
        _answered(socket)


def test_a_limit_is_named(client: Client) -> None:
    calls = [["Core/echo", {}, "c"]] * (client.session["capabilities"][CORE]["maxCallsInRequest"] + 1)
    with _socket(client) as socket:
        _request(socket, *calls, id="R", using=[CORE])
        told = _hear(socket)
        assert (told["@type"], told["requestId"]) == ("RequestError", "R")
        assert told["type"] == "urn:ietf:params:jmap:error:limit" and told["limit"] == "maxCallsInRequest"


def test_sockets_and_http_are_counted_together(client: Client) -> None:
    limit = client.session["capabilities"][CORE]["maxConcurrentRequests"]
    held = []
    try:
        for _ in range(limit):
            connection = client.connection()
            held.append(connection)
            connection.putrequest("POST", "/jmap/api")
            head = {"Authorization": client.authorization, "Content-Type": "application/json"}
            for name, value in {**head, "Content-Length": "10"}.items():
                connection.putheader(name, value)
            connection.endheaders()
        with _socket(client) as socket:
            told = eventually(lambda: _limited(socket))
            assert (told["@type"], told["limit"]) == ("RequestError", "maxConcurrentRequests")
    finally:
        for connection in held:
            connection.close()


def _limited(socket: ClientConnection) -> Any:
    _request(socket, using=[CORE])
    told = _hear(socket)
    return told if told["@type"] == "RequestError" else None


# --- push (§4.3.5) -------------------------------------------------------------------------------


def test_nothing_is_pushed_unasked(client: Client) -> None:
    with _socket(client) as socket:
        client.put(MESSAGE, client.boxes["inbox"])
        _answered(socket)
        with pytest.raises(TimeoutError):
            socket.recv(1.5)


def test_pushes_of_the_types_asked_for(client: Client) -> None:
    """§4.3.5.1, §4.3.5.2"""
    with _socket(client) as socket:
        _say(socket, "WebSocketPushEnable", dataTypes=["Mailbox", "NoSuchType"])
        _answered(socket)
        client.put(MESSAGE, client.boxes["inbox"])
        told = _hear(socket)
        assert told["@type"] == "StateChange" and isinstance(told["pushState"], str)
        assert told["changed"] == {client.account: {"Mailbox": client.state("Mailbox")}}


def test_asking_again_takes_the_place_of_what_was_asked(client: Client) -> None:
    with _socket(client) as socket:
        _say(socket, "WebSocketPushEnable", dataTypes=["Identity"])
        _say(socket, "WebSocketPushEnable", dataTypes=["EmailDelivery"])
        _answered(socket)
        client.put(MESSAGE, client.boxes["inbox"])
        assert list(_hear(socket)["changed"][client.account]) == ["EmailDelivery"]


@pytest.mark.parametrize("asked", [{}, {"dataTypes": None}, {"dataTypes": None, "pushState": None}])
def test_no_types_are_all_types(client: Client, asked: Any) -> None:
    with _socket(client) as socket:
        _say(socket, "WebSocketPushEnable", **asked)
        _answered(socket)
        client.put(MESSAGE, client.boxes["inbox"])
        assert {"Email", "Thread", "Mailbox", "EmailDelivery"} <= set(
            _hear(socket)["changed"][client.account]
        )


def test_who_comes_back_is_told_at_once(client: Client) -> None:
    """§4.3.5.2: what has changed since `pushState`."""
    with _socket(client) as socket:
        _say(socket, "WebSocketPushEnable", dataTypes=None)
        _answered(socket)
        client.put(MESSAGE, client.boxes["inbox"])
        last = _hear(socket)["pushState"]
    with _socket(client) as socket:
        _say(socket, "WebSocketPushEnable", dataTypes=None, pushState=last)
        _answered(socket)  # Nothing has: nothing is told before the answer.
    client.put(MESSAGE, client.boxes["inbox"])
    with _socket(client) as socket:
        _say(socket, "WebSocketPushEnable", dataTypes=["Email"], pushState=last)
        told = _hear(socket)
        assert told["changed"] == {client.account: {"Email": client.state("Email")}}
    with _socket(client) as socket:
        _say(socket, "WebSocketPushEnable", dataTypes=["Email"], pushState="of another server")
        assert "Email" in _hear(socket)["changed"][client.account]


@pytest.mark.parametrize("wrong", [{"dataTypes": "Email"}, {"dataTypes": [7]}, {"pushState": 7}])
def test_pushes_that_are_asked_for_wrongly(client: Client, wrong: Any) -> None:
    with _socket(client) as socket:
        _say(socket, "WebSocketPushEnable", id="P", **wrong)
        told = _hear(socket)
        assert told["@type"] == "RequestError" and told["type"].endswith(":notRequest")
        _answered(socket)


def test_pushes_end_when_they_are_disabled(client: Client) -> None:
    """§4.3.5.3; what was put down before is not told after."""
    with _socket(client) as socket:
        _say(socket, "WebSocketPushEnable", dataTypes=None)
        _answered(socket)
        client.put(MESSAGE, client.boxes["inbox"])
        assert _hear(socket)["@type"] == "StateChange"
        client.put(MESSAGE, client.boxes["inbox"])  # Waits until a second after the first.
        _say(socket, "WebSocketPushDisable")
        _answered(socket)
        client.put(MESSAGE, client.boxes["inbox"])
        with pytest.raises(TimeoutError):
            socket.recv(1.5)


def test_a_line_that_breaks_leaves_nothing_behind(client: Client) -> None:
    with _socket(client) as socket:
        _say(socket, "WebSocketPushEnable", dataTypes=None)
        _answered(socket)
        _request(socket, *[["Core/echo", {"x": "y" * 1000}, "c"]] * 30)
        socket.socket.shutdown(sockets.SHUT_RDWR)
    client.put(MESSAGE, client.boxes["inbox"])
    assert client.call("Core/echo") == {"accountId": client.account}
