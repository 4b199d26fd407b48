"""Behind a proxy that ends TLS (`web.proxies`): people log in, each counted by the address of their own."""

import http.client
import json
from collections.abc import Iterator

import pytest

from harness import HOST, Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = ('web.proxies=["127.0.0.1"]', 'web.names=["mail.demo.test"]')
    with Server(tmp_path_factory.mktemp("server"), settings=settings) as running:
        yield running
        running.assert_no_traceback()


def login(server: Server, client: str, password: str, proto: str = "https") -> http.client.HTTPResponse:
    """As a proxy passes on what a browser sends."""
    connection = http.client.HTTPConnection(HOST, server.port("http"), timeout=60)
    fields = {
        "Host": "mail.demo.test",
        "Origin": "https://mail.demo.test",
        "Sec-Fetch-Site": "same-origin",
        "Content-Type": "application/json",
        "X-Forwarded-Proto": proto,
        "X-Forwarded-For": f"203.0.113.77, {client}",
    }
    body = json.dumps({"name": "bob@demo.test", "password": password})
    connection.request("POST", "/auth/login", body, fields)
    return connection.getresponse()


def test_a_browser_logs_in_as_by_https(server: Server) -> None:
    answer = login(server, "192.0.2.1", server.password)
    assert answer.status == 200
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-bocau=") and cookie.endswith("Secure")
    assert json.loads(answer.read())["session"]["apiUrl"] == "https://mail.demo.test/jmap/api"
    (session,) = server.json("account", "sessions", "bob@demo.test")
    assert session["client_host"] == "192.0.2.1"


def test_what_the_browser_says_of_itself_is_not_taken(server: Server) -> None:
    """By plain HTTP the page is another one: its Origin does not fit."""
    assert login(server, "192.0.2.1", server.password, proto="http").status == 403
