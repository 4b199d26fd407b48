"""The queue on the running server: a scripted server far away answers, refuses, waits and dies."""

import re
import socket
import threading
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest

from harness import Server, eventually
from smtp.admin import cli, told
from smtp.far import Far
from smtp.wire import Wire, inbox, letter, newest

ALICE = "alice@demo.test"
CONNECTIONS = 2


@pytest.fixture(scope="module")
def far() -> Iterator[Far]:
    with Far() as far:
        yield far


@pytest.fixture(scope="module")
def server(far: Far, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = (
        f"delivery.routes.far.test={far.hop}",
        f"delivery.routes.other.test={far.hop}",
        f"delivery.routes..below.test={far.hop}",
        "delivery.routes.dead.test=127.0.0.9:9",
        f"delivery.connections_per_destination={CONNECTIONS}",
    )
    with Server(tmp_path_factory.mktemp("server"), settings=settings) as running:
        yield running
        running.assert_no_traceback()
        running.cli("verify")


@pytest.fixture(autouse=True)
def empty_queue(server: Server, far: Far) -> None:
    """Nothing waits, nothing is remembered."""
    far.forget()
    ids = [str(row["id"]) for row in queue(server)]
    if ids:
        cli(server, "queue", "drop", *ids)


def queue(server: Server) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = told(server, "queue", "list")
    return rows


def send(
    server: Server,
    subject: str,
    *recipients: str,
    sender: str = ALICE,
    mail: str = "",
    rcpt: str = "",
    body: str = "secret words\r\n",
) -> None:
    with Wire(server, "submissions") as wire:
        assert wire.login(ALICE, server.password).code == 235
        assert wire.mail(sender, mail).code == 250
        for recipient in recipients:
            assert wire.rcpt(recipient, rcpt).code == 250
        answer = wire.data(letter(subject, body, author=ALICE))
        assert answer.code == 250, answer


def report_on(server: Server, address: str, user: str = "alice") -> bytes:
    return eventually(lambda: newest(server, user, f"Final-Recipient: rfc822; {address}".encode()))


def parts(report: bytes) -> tuple[Message, Message, Message, str]:
    """(the report's header, its fields for the message, those for the recipient, what it returns)."""
    parsed = message_from_bytes(report)
    assert parsed.get_content_type() == "multipart/report"
    assert parsed.get_param("report-type") == "delivery-status"
    _, status, returned = parsed.get_payload()  # type: ignore[misc]
    whole, recipient = status.get_payload()  # type: ignore[union-attr, misc]
    return parsed, whole, recipient, returned.as_string()  # type: ignore[union-attr, return-value]


# --- how it goes out -------------------------------------------------------------------


def test_a_message_leaves_as_it_came_with_one_trace_field(server: Server, far: Far) -> None:
    send(server, "plain", "carol@far.test")
    taken = far.wait_for("plain")
    assert taken.mail.startswith(f"MAIL FROM:<{ALICE}>") and "SIZE=" in taken.mail
    header, _, body = taken.body.partition(b"\r\n\r\n")
    assert body == b"secret words\r\n" and header.count(b"Received:") == 1 and b"Return-Path" not in header
    assert eventually(lambda: queue(server) == [])


def test_chunks_are_used_where_they_are_offered(server: Server, far: Far) -> None:
    send(server, "chunked", "carol@far.test")
    far.wait_for("chunked")
    assert any(re.fullmatch(r"BDAT [0-9]+ LAST", command) for command in far.remote.commands)
    assert "DATA" not in far.remote.commands


def test_reports_are_asked_for_further_on(server: Server, far: Far) -> None:
    send(
        *(server, "dsn", "carol@far.test"),
        mail="RET=HDRS ENVID=E+2B1",
        rcpt="NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;old@far.test",
    )
    taken = far.wait_for("dsn")
    assert "RET=HDRS" in taken.mail and "ENVID=E+2B1" in taken.mail
    assert "NOTIFY=SUCCESS,FAILURE" in taken.recipients[0]
    assert "ORCPT=rfc822;old@far.test" in taken.recipients[0]
    assert eventually(lambda: queue(server) == [])
    assert not newest(server, "alice", b"old@far.test"), "the next server reports"


def test_routes_lead_single_domains_and_their_subdomains(server: Server, far: Far) -> None:
    send(server, "routed", "a@far.test", "b@other.test", "c@deep.below.test")
    eventually(lambda: sum(len(taken.recipients) for taken in far.remote.taken) == 3)


def test_commands_go_out_in_groups(server: Server) -> None:
    """This server answers nothing after EHLO before it has MAIL, every RCPT and DATA."""
    heard: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(20)
            connection.sendall(b"220 strict ESMTP\r\n")
            assert connection.recv(1000).startswith(b"EHLO ")
            connection.sendall(b"250-strict\r\n250 PIPELINING\r\n")
            group = b""
            while not group.endswith(b"DATA\r\n"):
                piece = connection.recv(1000)
                if not piece:
                    return
                group += piece
            heard.append(group)
            connection.sendall(b"250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n")
            body = b""
            while not body.endswith(b"\r\n.\r\n"):
                body += connection.recv(65536)
            connection.sendall(b"250 ok\r\n")

    listener = socket.create_server(("127.0.0.9", 9))
    thread = threading.Thread(target=serve, args=(listener,), daemon=True)
    thread.start()
    try:
        send(server, "pipelined", "a@dead.test", "b@dead.test")
        assert eventually(lambda: heard and queue(server) == [])
    finally:
        listener.close()
        thread.join(20)
    assert heard[0].count(b"RCPT TO:") == 2


def test_few_connections_to_one_destination_and_each_is_used_again(server: Server, far: Far) -> None:
    far.shut_gate()
    try:
        for number in range(8):
            send(server, f"in a row {number}", "carol@far.test")
        eventually(lambda: far.remote.open_count == CONNECTIONS)
        # Others are served meanwhile: mail for here arrives at once.
        send(server, "meanwhile", "user1@demo.test")
        assert newest(server, "user1", b"Subject: meanwhile")
    finally:
        far.open_gate()
    eventually(lambda: len(far.remote.taken) == 8)
    assert far.remote.open_max == CONNECTIONS and far.remote.connection_count <= CONNECTIONS + 1
    assert eventually(lambda: queue(server) == [])


# --- outcomes --------------------------------------------------------------------------


def test_one_message_splits_into_delivered_waiting_and_bounced(server: Server, far: Far) -> None:
    far.remote.faults["RCPT"] = ["250 2.1.5 ok", "451 4.7.1 greylisted, come back", "550 5.1.1 who is that?"]
    send(server, "three ways", "yes@far.test", "later@far.test", "never@far.test", rcpt="NOTIFY=FAILURE")
    assert "never@far.test" in report_on(server, "never@far.test").decode()
    (row,) = queue(server)
    shown = told(server, "queue", "show", str(row["id"]))
    status = {recipient["address"]: recipient for recipient in shown["recipients"]}
    assert status["later@far.test"]["status"] == "waiting"
    assert status["later@far.test"]["last_reply"].startswith("451 4.7.1 greylisted, come back")
    assert status["later@far.test"]["next_attempt_at"] > status["later@far.test"]["last_attempt_at"]
    assert {status[name]["status"] for name in ("yes@far.test", "never@far.test") if name in status} <= {
        *("delivered", "bounced")
    }
    far.remote.faults.clear()
    cli(server, "queue", "retry", str(row["id"]))
    assert eventually(lambda: queue(server) == [])
    taken = [recipient for each in far.remote.taken for recipient in each.recipients]
    assert [address.partition(">")[0] for address in taken] == [
        "RCPT TO:<yes@far.test",
        "RCPT TO:<later@far.test",
    ]
    report = report_on(server, "never@far.test")
    assert b"later@far.test" not in report and b"yes@far.test" not in report


def test_a_bounce_says_all_that_rfc_3464_asks_for(server: Server, far: Far) -> None:
    far.remote.faults["RCPT"] = ["550-5.1.1 no such user\n550 5.1.1 ask postmaster@far.test"]
    send(server, "bounces", "gone@far.test", mail="ENVID=E-77", rcpt="ORCPT=rfc822;old+2Bname@far.test")
    header, whole, recipient, returned = parts(report_on(server, "gone@far.test"))
    assert header["Return-Path"] == "<>" and header["Auto-Submitted"] == "auto-replied"
    assert ALICE in header["To"] and header["From"] and header["Date"] and header["Message-ID"]
    assert whole["Reporting-MTA"].startswith("dns; ") and whole["Original-Envelope-Id"] == "E-77"
    assert whole["Arrival-Date"]
    assert recipient["Final-Recipient"] == "rfc822; gone@far.test"
    assert recipient["Original-Recipient"].replace(" ", "") == "rfc822;old+name@far.test"
    assert (recipient["Action"], recipient["Status"]) == ("failed", "5.1.1")
    assert recipient["Remote-MTA"].startswith("dns; ")
    words = " ".join(recipient["Diagnostic-Code"].split())
    assert words == "smtp; 550 5.1.1 no such user ask postmaster@far.test"
    assert recipient["Last-Attempt-Date"] and "Subject: bounces" in returned
    assert queue(server) == []


@pytest.mark.parametrize(("ret", "is_whole"), [("FULL", True), ("HDRS", False), ("", True)])
def test_how_much_comes_back(server: Server, far: Far, ret: str, is_whole: bool) -> None:
    far.remote.faults["RCPT"] = ["550 5.1.1 no"]
    send(server, f"returned {ret}", f"back{ret}@far.test".lower(), mail=f"RET={ret}" if ret else "")
    report = report_on(server, f"back{ret}@far.test".lower())
    assert (b"secret words" in report) is is_whole and f"Subject: returned {ret}".encode() in report


def test_notify_never_is_kept(server: Server, far: Far) -> None:
    far.remote.faults["RCPT"] = ["550 5.1.1 no"]
    before = len(inbox(server, "alice"))
    send(server, "silent", "silent@far.test", rcpt="NOTIFY=NEVER")
    eventually(lambda: any("silent@far.test" in command for command in far.remote.commands))
    assert eventually(lambda: queue(server) == []) and len(inbox(server, "alice")) == before


def test_nobody_is_told_of_a_bounce_of_a_bounce(server: Server, far: Far) -> None:
    far.remote.faults["RCPT"] = ["550 5.1.1 no"]
    before = {user: len(inbox(server, user)) for user in ("alice", "admin")}
    send(server, "from null", "null@far.test", sender="")
    eventually(lambda: any("null@far.test" in command for command in far.remote.commands))
    assert eventually(lambda: queue(server) == [])
    assert {user: len(inbox(server, user)) for user in before} == before
    assert "null@far.test" in server.log()


def test_a_bounce_for_a_stranger_goes_out_with_the_null_sender(server: Server, far: Far) -> None:
    cli(server, "alias", "add", "forward@demo.test", "moved@far.test")
    far.remote.faults["RCPT"] = ["550 5.1.1 moved away", "250 ok"]
    server.deliver(letter("forwarded"), "forward", sender="stranger@other.test")
    bounce = eventually(
        lambda: [taken for taken in far.remote.taken if taken.mail.startswith("MAIL FROM:<>")]
    )[0]
    assert bounce.recipients[0].startswith("RCPT TO:<stranger@other.test>")
    # He learns of the name that he used, and not where it leads.
    assert b"Original-Recipient: rfc822; forward@demo.test" in bounce.body.replace(b"rfc822;f", b"rfc822; f")


def test_success_is_told_where_the_next_server_cannot(server: Server) -> None:
    with Far(extensions=("PIPELINING",)) as old:
        settings = (f"delivery.routes.far.test={old.hop}",)
        with Server(server.directory.parent / "old", settings=settings, users=0) as second:
            send(second, "relayed", "carol@far.test", rcpt="NOTIFY=SUCCESS")
            old.wait_for("relayed")
            _, _, recipient, _ = parts(report_on(second, "carol@far.test"))
            assert recipient["Action"] == "relayed" and recipient["Status"].startswith("2.")
            assert "DATA" in old.remote.commands, "no chunks for those who do not offer them"


def test_an_international_alias_reaches_a_server_that_knows_only_ascii(server: Server) -> None:
    with Far(extensions=("PIPELINING", "8BITMIME", "DSN")) as plain:
        settings = (f"delivery.routes.far.test={plain.hop}",)
        with Server(server.directory.parent / "plain", settings=settings, users=0, workers=1) as second:
            cli(second, "alias", "add", "nguyễn@demo.test", "carol@far.test")
            with Wire(second) as wire:
                assert wire.mail(parameters="SMTPUTF8").code == 250
                assert wire.rcpt("nguyễn@demo.test").code == 250
                assert wire.data(letter("ascii only", "hi\r\n")).code == 250
            taken = plain.wait_for("ascii only")
            assert "SMTPUTF8" not in taken.mail and taken.recipients[0].isascii()
            assert taken.body.isascii(), "our own trace field must not be what it fails for"


# --- the administrator's hand ----------------------------------------------------------


def test_hold_release_retry_and_drop(server: Server, far: Far) -> None:
    far.stop()
    try:
        send(server, "held", "carol@far.test")
        row = eventually(lambda: next((row for row in queue(server) if row["last_reply"]), None))
        assert row is not None and "refused" in row["last_reply"]
        number = str(row["id"])
        cli(server, "queue", "hold", number)
        assert queue(server)[0]["is_held"]
        again = cli(server, "queue", "hold", number, check=False)
        assert again.returncode == 1 and "held already" in again.stderr
    finally:
        far.start()
    cli(server, "queue", "retry", "--all")
    cli(server, "queue", "retry", number, check=False)
    assert far.remote.taken == [] and queue(server)[0]["is_held"]
    cli(server, "queue", "release", number)
    far.wait_for("held")
    assert eventually(lambda: queue(server) == [])
    assert cli(server, "queue", "release", number, check=False).returncode == 1


def test_drop_tells_nobody(server: Server) -> None:
    before = len(inbox(server, "alice"))
    send(server, "dropped", "x@dead.test", "y@dead.test")
    row = eventually(
        lambda: next(
            (row for row in queue(server) if row["last_reply"] and row["recipient_count"] == 2), None
        )
    )
    assert row is not None and row["sender"] == ALICE
    cli(server, "queue", "drop", str(row["id"]))
    assert row["id"] not in [each["id"] for each in queue(server)]
    assert len(inbox(server, "alice")) == before
    assert cli(server, "queue", "show", str(row["id"]), check=False).returncode == 1
    assert cli(server, "queue", "show", "x", check=False).returncode == 2


def test_one_dead_destination_delays_nobody(server: Server, far: Far) -> None:
    for number in range(10):
        send(server, f"dead {number}", f"x{number}@dead.test")
    send(server, "alive", "x@dead.test", "carol@far.test")
    far.wait_for("alive")
    assert len(queue(server)) == 11


# --- and death -------------------------------------------------------------------------


def test_what_waits_survives_kill_9(server: Server, far: Far) -> None:
    far.stop()
    for number in range(3):
        send(server, f"survivor {number}", "carol@far.test")
    far.start()
    far.shut_gate()
    cli(server, "queue", "retry", "--all")
    eventually(lambda: far.remote.open_count > 0)
    server.kill9()
    far.stop()
    far.open_gate()
    far.forget()
    server.start()
    assert len(queue(server)) == 3
    far.start()
    cli(server, "queue", "retry", "--all")
    for number in range(3):
        far.wait_for(f"survivor {number}")
    assert eventually(lambda: queue(server) == [])
    assert len(far.remote.taken) == 3
