"""What the tests by the RFC texts need beside calls: mailboxes, messages, errors, times."""

import json
import re
from typing import Any

from jmap_client import JmapClient

DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d*[1-9])?([+-]\d\d:\d\d|Z)\Z")
UTC_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d*[1-9])?Z\Z")
ID = re.compile(r"[A-Za-z0-9_-]{1,255}\Z")
"""RFC 8620 §1.2."""


class Client(JmapClient):
    """One account; `await`s nothing, keeps nothing but ids."""

    def error(self, name: str, **arguments: Any) -> str:
        """The type of the error that a call answers."""
        ((found, told, _),) = self.calls((name, arguments))
        assert found == "error", (found, told)
        return str(told["type"])

    def bare(self, *calls: tuple[str, dict[str, Any]], using: list[str]) -> list[Any]:
        """Responses to calls as they are, without an account's id."""
        listed = [[name, told, str(at)] for at, (name, told) in enumerate(calls)]
        answer = self.post({"using": using, "methodCalls": listed})
        assert answer.status == 200, answer.body
        return list(answer.json["methodResponses"])

    @property
    def boxes(self) -> dict[str, str]:
        """Role → mailbox."""
        listed = self.call("Mailbox/get", properties=["role"])["list"]
        return {box["role"]: box["id"] for box in listed if box["role"]}

    def mailbox(self, name: str, **more: Any) -> str:
        """A new one."""
        told = self.call("Mailbox/set", create={"m": {"name": name, **more}})
        return str(told["created"]["m"]["id"])

    def box(self, mailbox_id: str) -> dict[str, Any]:
        (told,) = self.call("Mailbox/get", ids=[mailbox_id])["list"]
        return dict(told)

    def put(self, message: bytes, mailbox_id: str, **more: Any) -> str:
        """The id of a message imported."""
        blob = self.upload(message, "message/rfc822")["blobId"]
        new = {"blobId": blob, "mailboxIds": {mailbox_id: True}, **more}
        return str(self.call("Email/import", emails={"i": new})["created"]["i"]["id"])

    def draft(self, **more: Any) -> str:
        """The id of a new email."""
        told = self.call("Email/set", create={"d": self.drafted(**more)})
        assert told["notCreated"] is None, told
        return str(told["created"]["d"]["id"])

    def drafted(self, **more: Any) -> dict[str, Any]:
        return {
            "mailboxIds": {self.boxes["drafts"]: True},
            "from": [{"name": None, "email": self.server.address(self.user)}],
            "to": [{"name": "Far", "email": "far@far.test"}],
            "subject": "hello",
            "bodyValues": {"1": {"value": "hello\r\n"}},
            "textBody": [{"partId": "1", "type": "text/plain"}],
        } | more

    def email(self, email_id: str, *properties: str, **more: Any) -> dict[str, Any]:
        if properties:
            more["properties"] = list(properties)
        (told,) = self.call("Email/get", ids=[email_id], **more)["list"]
        return dict(told)

    def query(self, **arguments: Any) -> list[str]:
        return list(self.call("Email/query", **arguments)["ids"])

    def state(self, kind: str) -> str:
        return str(self.call(f"{kind}/get", ids=[])["state"])

    def not_created(self, kind: str, new: Any) -> dict[str, Any]:
        """The SetError of one that must not come to be."""
        told = self.call(f"{kind}/set", create={"x": new})
        assert told["created"] is None and told["oldState"] == told["newState"], told
        return dict(told["notCreated"]["x"])

    def not_updated(self, kind: str, object_id: str, patch: Any) -> dict[str, Any]:
        told = self.call(f"{kind}/set", update={object_id: patch})
        assert told["updated"] is None, told
        return dict(told["notUpdated"][object_id])

    def updated(self, kind: str, object_id: str, patch: Any) -> Any:
        """What the server tells of an update that works."""
        told = self.call(f"{kind}/set", update={object_id: patch})
        assert told["notUpdated"] is None and object_id in told["updated"], told
        return told["updated"][object_id]

    def problem(self, document: Any) -> tuple[int, Any]:
        """Status and problem document of a request that is refused (RFC 8620 §3.6.1)."""
        answer = self.post(document)
        assert answer.headers["content-type"] == "application/problem+json", answer.headers
        return answer.status, json.loads(answer.body)
