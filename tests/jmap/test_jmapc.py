"""A program of others over HTTPS: jmapc lists, reads, writes and sends (RFC 8620, RFC 8621)."""

from pathlib import Path

import pytest
from jmapc import Client, Comparator, Email, EmailAddress, EmailBodyPart, EmailBodyValue, EmailSubmission, Ref
from jmapc import EmailQueryFilterCondition as Filter
from jmapc.methods import (
    EmailGet,
    EmailQuery,
    EmailSet,
    EmailSubmissionSet,
    IdentityGet,
    MailboxGet,
    ThreadGet,
)

from harness import Server, eventually

MESSAGE = b"From: Ann <ann@example.org>\r\nSubject: hello\r\nMessage-ID: <1@example.org>\r\n\r\nxin chao\r\n"


@pytest.fixture
def client(server: Server, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.data / "tls" / "certificate.pem"))
    place = f"localhost:{server.port('https')}"
    return Client.create_with_password(place, server.address("alice"), server.password)


def test_reading(server: Server, client: Client) -> None:
    server.deliver(MESSAGE, "alice")
    boxes = {box.role: box for box in client.request(MailboxGet(ids=None)).data}
    assert {"inbox", "drafts", "sent", "trash", "junk", "archive"} <= set(boxes)
    order = [Comparator(property="receivedAt", is_ascending=False)]
    asked = EmailQuery(filter=Filter(in_mailbox=boxes["inbox"].id, text="chao"), sort=order)
    found = client.request([asked, EmailGet(ids=Ref("/ids"))])[1].response.data
    assert [(one.subject, one.mail_from[0].name) for one in found] == [("hello", "Ann")]
    (thread,) = client.request(ThreadGet(ids=[found[0].thread_id])).data
    assert thread.email_ids == [found[0].id]


def test_writing_and_sending(server: Server, client: Client, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("attached")
    blob = client.upload_blob(tmp_path / "note.txt")
    identity = client.request(IdentityGet()).data[0]
    boxes = {box.role: box.id for box in client.request(MailboxGet(ids=None)).data}
    draft = Email(
        mail_from=[EmailAddress(email=identity.email)],
        to=[EmailAddress(email="bob@demo.test")],
        subject="from jmapc",
        keywords={"$draft": True},
        mailbox_ids={boxes["drafts"]: True},
        body_values={"b": EmailBodyValue(value="hello bob")},
        text_body=[EmailBodyPart(part_id="b", type="text/plain")],
        attachments=[
            EmailBodyPart(blob_id=blob.id, name="note.txt", type="text/plain", disposition="attachment")
        ],
    )
    sending = EmailSubmission(email_id="#draft", identity_id=identity.id)
    client.request(
        [
            EmailSet(create={"draft": draft}),
            EmailSubmissionSet(create={"s": sending}, on_success_destroy_email=["#s"]),
        ]
    )

    def arrived() -> bytes:
        with server.imap("bob") as imap:
            imap.select(readonly=True)
            _, found = imap.search(None, "SUBJECT", '"from jmapc"')
            return bytes(imap.fetch(found[0], "(BODY[])")[1][0][1]) if found[0] else b""  # type: ignore[index]

    assert b"note.txt" in eventually(arrived)
    assert client.request(MailboxGet(ids=[boxes["drafts"]])).data[0].total_emails == 0
