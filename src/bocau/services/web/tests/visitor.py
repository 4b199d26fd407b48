"""A browser as the application sees it: requests by ASGI, its cookie kept, its page's Origin said."""

import json
from dataclasses import dataclass, field
from typing import Any

from bocau.runtime.asgi import AsgiApp, Message
from bocau.services.web.cookie import SECURE_NAME

HOST = "mail.demo.test"
OWN = f"https://{HOST}"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Visitor:
    app: AsgiApp
    cookie: str = ""
    csrf: str = ""
    host: str = "192.0.2.1"
    headers: dict[str, str] = field(default_factory=dict)
    """Sent with each request."""

    async def ask(
        self, method: str, path: str, body: Any = None, *, scheme: str = "https", **headers: str
    ) -> Answer:
        """`headers`: x_csrf_token="…"; "" leaves one out that would be sent."""
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        said = {"host": HOST, "user-agent": "Visitor/1"}
        if method not in ("GET", "HEAD"):
            said |= {"origin": OWN, "sec-fetch-site": "same-origin", "content-type": "application/json"}
            said |= {"x-csrf-token": self.csrf} if self.csrf else {}
        if self.cookie:
            said["cookie"] = f"other=1; {SECURE_NAME}={self.cookie}"
        said |= self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        scope = {
            "type": "http",
            "method": method,
            "scheme": scheme,
            "path": path.partition("?")[0],
            "raw_path": path.partition("?")[0].encode(),
            "query_string": path.partition("?")[2].encode(),
            "client": (self.host, 5000),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in said.items() if value],
        }
        return self._keep(await exchange(self.app, scope, data))

    def _keep(self, answer: Answer) -> Answer:
        name, _, rest = answer.headers.get("set-cookie", "").partition("=")
        if name:
            self.cookie = rest.partition(";")[0]
        return answer

    async def login(self, name: str, password: str, **more: Any) -> Answer:
        answer = await self.ask("POST", "/auth/login", {"name": name, "password": password, **more})
        if answer.status == 200:
            self.csrf = answer.json["csrf"]
        return answer

    async def call(self, method: str, account: int, **arguments: Any) -> dict[str, Any]:
        """One JMAP call; an "error" response comes as {"error": type, …}."""
        using = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail", "urn:bocau:params:jmap"]
        calls = [[method, {"accountId": f"A{account}", **arguments}, "0"]]
        answer = await self.ask("POST", "/jmap/api", {"using": using, "methodCalls": calls})
        assert answer.status == 200, (answer.status, answer.body)
        found: dict[str, Any]
        name, found, _ = answer.json["methodResponses"][0]
        return found if name == method else {"error": found["type"], **found}


async def exchange(app: AsgiApp, scope: dict[str, Any], data: bytes) -> Answer:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": data, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = next(message for message in sent if message["type"] == "http.response.start")
    headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}
    body = b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body")
    return Answer(start["status"], headers, body)
