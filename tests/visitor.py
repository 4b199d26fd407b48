"""A browser without a screen: requests by HTTPS, its cookie kept, its token sent."""

import http.client
import json
from typing import Any

from harness import HOST, Server, any_certificate

USING = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail", "urn:bocau:params:jmap"]


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Visitor:
    def __init__(self, server: Server, user: str = "alice") -> None:
        self.server = server
        self.name = server.address(user)
        self.cookie = ""
        self.csrf = ""
        self.account = ""

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Each on a connection of its own, so that any worker may answer."""
        port = self.server.port("https")
        connection = http.client.HTTPSConnection(HOST, port, timeout=30, context=any_certificate())
        said = {"Content-Type": "application/json", "User-Agent": "Visitor/1"}
        said |= {"Cookie": f"__Host-bocau={self.cookie}"} if self.cookie else {}
        said |= {"X-CSRF-Token": self.csrf} if self.csrf else {}
        said |= {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), said)
            answer = Answer(connection.getresponse())
        finally:
            connection.close()
        name, _, rest = (answer.headers.get("set-cookie") or "").partition("=")
        if name:
            self.cookie = rest.partition(";")[0]
        return answer

    def stream(self, path: str) -> tuple[http.client.HTTPSConnection, http.client.HTTPResponse]:
        """The beginning of an answer that goes on, and its connection to close."""
        port = self.server.port("https")
        connection = http.client.HTTPSConnection(HOST, port, timeout=30, context=any_certificate())
        connection.request("GET", path, headers={"Cookie": f"__Host-bocau={self.cookie}"})
        return connection, connection.getresponse()

    def login(self, password: str | None = None, **more: Any) -> Answer:
        said = {"name": self.name, "password": password or self.server.password, **more}
        answer = self.ask("POST", "/auth/login", said)
        if answer.status == 200:
            self.csrf = answer.json["csrf"]
            (self.account,) = answer.json["session"]["accounts"]
        return answer

    @property
    def is_in(self) -> bool:
        return self.ask("GET", "/auth/boot").status == 200

    def call(self, method: str, **arguments: Any) -> Any:
        """One JMAP call; returns its arguments."""
        calls = [[method, {"accountId": self.account, **arguments}, "0"]]
        answer = self.ask("POST", "/jmap/api", {"using": USING, "methodCalls": calls})
        assert answer.status == 200, (answer.status, answer.body)
        name, told, _ = answer.json["methodResponses"][0]
        assert name == method, told
        return told
