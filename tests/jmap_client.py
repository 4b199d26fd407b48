"""A small JMAP client over real HTTP, by name and password."""

import http.client
import json
from base64 import b64encode
from typing import Any

from harness import HOST, Server

USING = [
    "urn:ietf:params:jmap:core",
    "urn:ietf:params:jmap:mail",
    "urn:ietf:params:jmap:submission",
    "urn:ietf:params:jmap:vacationresponse",
    "urn:ietf:params:jmap:mdn",
    "urn:ietf:params:jmap:quota",
    "urn:ietf:params:jmap:blob",
    "urn:bocau:params:jmap",
]


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class JmapClient:
    def __init__(self, server: Server, user: str = "alice", password: str | None = None) -> None:
        self.server = server
        self.user = user
        credentials = f"{server.address(user)}:{password or server.password}"
        self.authorization = f"Basic {b64encode(credentials.encode()).decode()}"
        self._account = ""

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(HOST, self.server.port("http"), timeout=60)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Each on a connection of its own, so that any worker may answer."""
        said = {"Authorization": self.authorization} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        connection = self.connection()
        try:
            connection.request(method, path, body, {name: value for name, value in said.items() if value})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    @property
    def session(self) -> Any:
        return self.ask("GET", "/jmap/session").json

    @property
    def account(self) -> str:
        if not self._account:
            self._account = self.session["primaryAccounts"]["urn:ietf:params:jmap:mail"]
        return self._account

    def post(self, document: Any) -> Answer:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        return self.ask("POST", "/jmap/api", body, Content_Type="application/json")

    def calls(self, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
        """The responses to calls named "0", "1", …; each with the account's id."""
        account = self.account
        listed = [[name, {"accountId": account, **told}, str(at)] for at, (name, told) in enumerate(calls)]
        answer = self.post({"using": USING, "methodCalls": listed})
        assert answer.status == 200, answer.body
        return list(answer.json["methodResponses"])

    def call(self, name: str, **arguments: Any) -> Any:
        """The arguments of the one response."""
        ((_, told, _),) = self.calls((name, arguments))
        return told

    def upload(self, data: bytes, kind: str = "application/octet-stream") -> Any:
        return self.ask("POST", f"/jmap/upload/{self.account}", data, Content_Type=kind).json
