"""A logged-in browser on one connection, and what its requests cost the server."""

import http.client
import json
import os
from pathlib import Path
from typing import Any

from harness import HOST, Server, any_certificate
from jmap_client import USING
from visitor import Visitor

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_seconds(server: Server) -> float:
    """Of all processes of the server until now, limited ones included."""
    return sum(_ticks(pid) for pid in _family(server.pid)) / TICKS_PER_SECOND


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(one for child in children for one in _family(int(child)))]


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    # utime, stime, and those of children that have ended.
    return sum(map(int, fields[11:15]))


class Browser:
    """`ask` keeps its connection, so that thousands of requests cost little."""

    def __init__(self, server: Server, user: str = "alice") -> None:
        self.server = server
        self.visitor = Visitor(server, user)
        assert self.visitor.login().status == 200
        self.account = self.visitor.account
        self.headers = {
            "Cookie": f"__Host-bocau={self.visitor.cookie}",
            "X-CSRF-Token": self.visitor.csrf,
            "Content-Type": "application/json",
        }
        self._connection = http.client.HTTPSConnection(
            HOST, server.port("https"), timeout=60, context=any_certificate()
        )

    def close(self) -> None:
        """A server that is stopped would wait for this side's goodbye."""
        self._connection.close()

    def post(self, body: bytes) -> tuple[int, Any]:
        """Status and answer of a JMAP request; a connection that the server has closed is made anew."""
        for is_last in (False, True):
            try:
                self._connection.request("POST", "/jmap/api", body, self.headers)
                answer = self._connection.getresponse()
                return answer.status, json.loads(answer.read())
            except (http.client.RemoteDisconnected, ConnectionError):
                self._connection.close()
                if is_last:
                    raise
        raise AssertionError

    def request(self, *calls: tuple[str, dict[str, Any]]) -> tuple[int, Any]:
        listed = [[name, arguments, str(at)] for at, (name, arguments) in enumerate(calls)]
        return self.post(json.dumps({"using": USING, "methodCalls": listed}).encode())

    def call(self, name: str, **arguments: Any) -> Any:
        """The arguments of the one response, an error's too."""
        status, told = self.request((name, {"accountId": self.account, **arguments}))
        assert status == 200, told
        return told["methodResponses"][0][1]
