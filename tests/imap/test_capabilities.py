"""Every word of the CAPABILITY line does what its RFC says, on the running server."""

import base64
import http.client
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bocau.protocols.sasl import ScramClient
from bocau.runtime.tls_binding import server_end_point
from harness import HOST, Server, any_certificate
from imap.wire import Wire, until, values

MESSAGE = b"From: a@x.test\r\nSubject: %b\r\n\r\nbody\r\n"
PROVEN = {
    "test_the_base_commands_of_rev1": "IMAP4REV1",
    "test_rev2_differs_from_rev1": "IMAP4REV2",
    "test_starttls_drops_what_was_sent_in_clear": "STARTTLS",
    "test_sasl_ir_and_auth_plain": "SASL-IR AUTH=PLAIN",
    "test_auth_login": "AUTH=LOGIN",
    "test_auth_scram": "AUTH=SCRAM-SHA-1 AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-1-PLUS AUTH=SCRAM-SHA-256-PLUS",
    "test_namespace_and_id": "NAMESPACE ID",
    "test_where_jmap_is": "JMAPACCESS",
    "test_literal_plus_and_multiappend_and_uidplus": "LITERAL+ MULTIAPPEND UIDPLUS",
    "test_move_and_unselect": "MOVE UNSELECT",
    "test_lists": "LIST-EXTENDED LIST-STATUS CHILDREN SPECIAL-USE CREATE-SPECIAL-USE STATUS=SIZE",
    "test_esearch_and_searchres": "ESEARCH SEARCHRES",
    "test_sort_and_thread": "SORT SORT=DISPLAY THREAD=REFERENCES THREAD=ORDEREDSUBJECT ESORT I18NLEVEL=1",
    "test_contexts": "CONTEXT=SEARCH CONTEXT=SORT PARTIAL",
    "test_multisearch": "MULTISEARCH",
    "test_inprogress": "INPROGRESS",
    "test_within_and_fuzzy": "WITHIN SEARCH=FUZZY",
    "test_condstore": "CONDSTORE",
    "test_qresync": "QRESYNC ENABLE",
    "test_uidonly": "UIDONLY",
    "test_objectid": "OBJECTID",
    "test_messagelimit_and_savelimit": "MESSAGELIMIT SAVELIMIT",
    "test_utf8_accept": "UTF8=ACCEPT",
    "test_binary": "BINARY",
    "test_savedate": "SAVEDATE",
    "test_preview": "PREVIEW",
    "test_appendlimit": "APPENDLIMIT",
    "test_metadata_and_list_metadata": "METADATA LIST-METADATA",
    "test_list_myrights": "LIST-MYRIGHTS",
    "test_quota": "QUOTA QUOTA=RES-STORAGE QUOTASET",
    "test_notify": "NOTIFY",
    "test_sessions.py": "IDLE",
    "test_logins.py": "AUTH=OAUTHBEARER AUTH=XOAUTH2",
    "test_appending.py": "CATENATE REPLACE COMPRESS=DEFLATE UNAUTHENTICATE",
    "test_sharing.py": "ACL RIGHTS=TEXK",
}
"""A test of this file, or a file beside it → the words that it proves."""


@pytest.fixture
def imap(server: Server) -> Iterator[Wire]:
    """Logged in, a mailbox of three messages selected."""
    with Wire(server.port("imap")).login("bob@demo.test", server.password) as wire:
        wire.command("DELETE Box")
        wire.ok("CREATE Box")
        for subject in (b"a", b"b", b"c"):
            wire.append("Box", MESSAGE % subject)
        wire.ok("SELECT Box")
        yield wire


def test_nothing_is_announced_that_is_not_proven_here(server: Server) -> None:
    with Wire(server.port("imap")) as wire:
        said = words(wire)
        assert "LOGINDISABLED" not in said, "loopback may log in without TLS in the demo"
        secure(wire)
        said |= words(wire)
        wire.login("admin@demo.test", server.password)
        said |= words(wire)
    assert said == {word for line in PROVEN.values() for word in line.split()}
    for name in PROVEN:
        assert name in globals() or Path(__file__).with_name(name).exists(), name


def secure(wire: Wire) -> None:
    wire.ok("STARTTLS")
    wire.socket = any_certificate().wrap_socket(wire.socket)


def words(wire: Wire) -> set[str]:
    """What is announced now, in upper case; of limits only the name."""
    line = wire.ok("CAPABILITY").of(b"CAPABILITY")[0].decode().upper()
    return set(re.sub("(?<=LIMIT)=[0-9]+", "", line).split()[1:])


def test_sasl_ir_and_auth_plain(server: Server) -> None:
    login = base64.b64encode(b"\0bob@demo.test\0" + server.password.encode()).decode()
    with Wire(server.port("imap")) as wire:
        answer = wire.ok(f"AUTHENTICATE PLAIN {login}")
        assert b"[CAPABILITY IMAP4rev1 " in answer.text


def test_auth_login(server: Server) -> None:
    """draft-murchison-sasl-login; Outlook for Mac sends the name with the command."""
    name, password = base64.b64encode(b"bob@demo.test"), base64.b64encode(server.password.encode())
    for first in (b"", b" " + name):
        with Wire(server.port("imap")) as wire:
            wire.say(b"a AUTHENTICATE LOGIN" + first + b"\r\n")
            if not first:
                assert wire.response() == b"+ " + base64.b64encode(b"Username:") + b"\r\n"
                wire.say(name + b"\r\n")
            assert wire.response() == b"+ " + base64.b64encode(b"Password:") + b"\r\n"
            wire.say(password + b"\r\n")
            until(wire, b"a OK ")
            wire.ok("STATUS INBOX (MESSAGES)")


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-1", "SCRAM-SHA-256"])
@pytest.mark.parametrize("plus", ["", "-PLUS"])
def test_auth_scram(server: Server, mechanism: str, plus: str) -> None:
    """RFC 5802, RFC 7677; with PLUS bound to the certificate of the TLS connection (RFC 5929 §4)."""
    with Wire(server.port("imap")) as wire:
        secure(wire)
        binding = server_end_point(wire.socket.getpeercert(True))
        client = ScramClient(mechanism + plus, "bob@demo.test", server.password, nonce="abc", binding=binding)
        first = client.initial()
        assert first is not None
        wire.say(f"a AUTHENTICATE {mechanism}{plus} ".encode() + base64.b64encode(first) + b"\r\n")
        while (line := wire.response()).startswith(b"+ "):
            wire.say(base64.b64encode(client.respond(base64.b64decode(line[2:]))) + b"\r\n")
        client.finish()
        assert line.startswith(b"a OK")


def test_starttls_drops_what_was_sent_in_clear(server: Server) -> None:
    """RFC 9051 §6.2.1: the command behind STARTTLS in the same packet is never answered inside TLS."""
    with Wire(server.port("imap")) as wire:
        wire.say(b"a STARTTLS\r\nb CAPABILITY\r\n")
        assert wire.response().startswith(b"a OK") and not wire.buffer
        wire.socket = any_certificate().wrap_socket(wire.socket)
        wire.say(b"c CAPABILITY\r\n")
        lines = until(wire, b"c OK")
        assert not any(line.startswith(b"b ") for line in lines)
        assert b"STARTTLS" not in lines[0] and b"AUTH=PLAIN" in lines[0]


def test_literal_plus_and_multiappend_and_uidplus(imap: Wire) -> None:
    """RFC 7888 §4; RFC 3502; UIDPLUS by RFC 4315 §3."""
    one, two = MESSAGE % b"one", MESSAGE % b"two"
    command = b'APPEND Box (\\Seen) {%d+}\r\n%b (kw) "01-Feb-2020 00:00:00 +0000" {%d+}\r\n%b'
    answer = imap.ok(command % (len(one), one, len(two), two))
    found = re.search(rb"\[APPENDUID ([0-9]+) 4:5\]", answer.text)
    assert found and b"5 EXISTS" in b"".join(answer.lines)
    got = imap.fetch("4:5", "(FLAGS INTERNALDATE BODY.PEEK[])")
    assert got[4]["BODY[]"] == one and got[5]["BODY[]"] == two
    assert rb"\Seen" in got[4]["FLAGS"] and b"kw" in got[5]["FLAGS"]
    assert got[5]["INTERNALDATE"] == b" 1-Feb-2020 00:00:00 +0000"
    # MULTIAPPEND is all or nothing (RFC 3502 §6.3.11).
    assert imap.command(b"APPEND Box {%d+}\r\n%b (\\Seen" % (len(one), one)).status == b"BAD"
    assert b"MESSAGES 5" in imap.ok("STATUS Box (MESSAGES)").lines[0]
    imap.ok(r"STORE 1:2 +FLAGS.SILENT (\Deleted)")
    assert imap.ok("UID EXPUNGE 2").of(b"EXPUNGE") == [b"2 EXPUNGE"]
    assert re.search(rb"\[COPYUID [0-9]+ 4:5 [0-9]+:[0-9]+\]", imap.ok("UID COPY 4:5 Archive").text)


def test_move_and_unselect(imap: Wire) -> None:
    """RFC 6851; RFC 3691."""
    before = int(re.findall(rb"MESSAGES ([0-9]+)", imap.ok("STATUS Archive (MESSAGES)").lines[0])[0])
    answer = imap.ok("MOVE 1:2 Archive")
    assert b"COPYUID" in answer.lines[0] and len(answer.of(b"EXPUNGE")) == 2
    assert b"MESSAGES %d" % (before + 2) in imap.ok("STATUS Archive (MESSAGES)").lines[0]
    assert b"[TRYCREATE]" in imap.no("MOVE 1 Nowhere").text
    imap.ok(r"STORE 1 +FLAGS.SILENT (\Deleted)")
    imap.ok("UNSELECT")
    assert b"MESSAGES 1" in imap.ok("STATUS Box (MESSAGES)").lines[0], "UNSELECT expunges nothing"
    assert imap.command("FETCH 1 FLAGS").status == b"BAD"


def test_where_jmap_is(server: Server, imap: Wire) -> None:
    """RFC 9698 §4: the URL leads to the session of the same account."""
    url = re.findall(rb'JMAPACCESS "([^"]+)"', b"".join(imap.ok("GETJMAPACCESS").lines))[0].decode()
    path = url.removeprefix("https://").partition("/")[2]
    link = http.client.HTTPSConnection(HOST, server.port("https"), context=any_certificate(), timeout=20)
    token = base64.b64encode(f"{server.address('alice')}:{server.password}".encode()).decode()
    link.request("GET", f"/{path}", headers={"Authorization": f"Basic {token}"})
    answer = link.getresponse()
    assert answer.status == 200 and json.loads(answer.read())["username"] == server.address("alice")
    link.close()


def test_namespace_and_id(imap: Wire) -> None:
    """RFC 2342; RFC 2971."""
    assert imap.ok("NAMESPACE").lines == [b'* NAMESPACE (("" "/")) (("Other Users/" "/")) NIL\r\n']
    assert b'"name" "bocau"' in imap.ok('ID ("name" "test" "version" NIL)').lines[0]
    imap.ok("ID NIL")


def test_lists(imap: Wire) -> None:
    """RFC 5258; LIST-STATUS by RFC 5819, CHILDREN by RFC 3348, SPECIAL-USE by RFC 6154, SIZE by RFC 8438."""
    imap.command("DELETE Tree/leaf")
    imap.command("DELETE Tree")
    imap.ok("CREATE Tree/leaf")
    imap.ok("SUBSCRIBE Tree/leaf")

    def named(command: str) -> dict[bytes, list[bytes]]:
        return {values(line)[3]: values(line)[1] for line in imap.ok(command).of(b"LIST")}

    assert rb"\HasChildren" in named('LIST "" Tree')[b"Tree"]
    assert named('LIST "" (Tree Box)').keys() == {b"Tree", b"Box"}
    assert set(named('LIST (SUBSCRIBED RECURSIVEMATCH) "" Tree')) == {b"Tree"}
    assert rb"\Subscribed" in named('LIST "" Tree/* RETURN (SUBSCRIBED CHILDREN)')[b"Tree/leaf"]
    uses = named('LIST (SPECIAL-USE) "" *')
    assert {flag for flags in uses.values() for flag in flags} >= {
        rb"\Sent",
        rb"\Trash",
        rb"\Drafts",
        rb"\Junk",
    }
    answer = imap.ok('LIST "" Box RETURN (STATUS (MESSAGES SIZE UIDNEXT))')
    size = sum(len(MESSAGE % subject) for subject in (b"a", b"b", b"c"))
    assert answer.of(b"STATUS") == [b"STATUS Box (MESSAGES 3 SIZE %d UIDNEXT 4)" % size]
    assert b"[USEATTR]" in imap.no("CREATE Another (USE (\\Sent))").text
    imap.ok("DELETE Sent")
    imap.ok("CREATE Gesendet (USE (\\Sent))")
    assert rb"\Sent" in named('LIST "" Gesendet')[b"Gesendet"]
    imap.ok("DELETE Gesendet")
    imap.ok("CREATE Sent (USE (\\Sent))")


def test_esearch_and_searchres(imap: Wire) -> None:
    """RFC 4731 §3.1; RFC 5182 §2.1."""
    tag = b"t%d" % (imap.count + 1)
    answer = imap.ok("SEARCH RETURN (MIN MAX COUNT ALL) ALL").lines
    assert answer == [b'* ESEARCH (TAG "' + tag + b'") MIN 1 MAX 3 ALL 1:3 COUNT 3\r\n']
    assert imap.ok("SEARCH RETURN (SAVE) SUBJECT b").lines == []
    assert list(imap.fetch("$", "(UID)")) == [2]
    assert imap.search("NOT $") == [1, 3]
    assert b"ALL" not in imap.ok("UID SEARCH RETURN () SUBJECT none").lines[0]


def test_sort_and_thread(imap: Wire) -> None:
    """RFC 5256; SORT=DISPLAY by RFC 5957, ESORT by RFC 5267 §3; I18NLEVEL=1 by RFC 5255 §4."""
    reply = b"From: Z <z@x.test>\r\nSubject: Re: b\r\nReferences: <b@x>\r\n\r\n\r\n"
    imap.append("Box", reply)
    imap.append("Box", "From: É <é@x.test>\r\nSubject: Ế zz\r\n\r\n\r\n".encode())
    assert imap.ok("SORT (REVERSE SUBJECT) UTF-8 1:4").of(b"SORT") == [b"SORT 3 2 4 1"]
    assert imap.ok("UID SORT (DISPLAYFROM) UTF-8 3:5").of(b"SORT") == [b"SORT 3 5 4"]
    tag = b"t%d" % (imap.count + 1)
    answer = imap.ok("SORT RETURN (MAX PARTIAL 1:2) (SUBJECT) UTF-8 1:4").lines
    assert answer == [b'* ESEARCH (TAG "' + tag + b'") MAX 3 PARTIAL (1:2 1:2)\r\n']
    assert imap.ok("THREAD REFERENCES UTF-8 ALL").of(b"THREAD") == [b"THREAD (1)(2 4)(3)(5)"]
    assert imap.ok("UID THREAD ORDEREDSUBJECT UTF-8 2:4").of(b"THREAD") == [b"THREAD (2 4)(3)"]
    assert imap.search("CHARSET UTF-8 SUBJECT {6+}\r\nế zz".encode()) == [5]
    assert imap.search("CHARSET UTF-8 SUBJECT {8+}\r\ne\u0302\u0301 zz".encode()) == [5]


def test_contexts(imap: Wire) -> None:
    """RFC 5267 §4.3, for SEARCH and SORT: news in the order in which they apply; PARTIAL by RFC 9394."""
    tag = imap.begin("UID SEARCH RETURN (UPDATE COUNT) UNSEEN").decode()
    assert imap.end(tag.encode()).lines == [f'* ESEARCH (TAG "{tag}") UID COUNT 3\r\n'.encode()]
    sort = imap.begin("SORT RETURN (UPDATE PARTIAL -1:-1) (REVERSE SUBJECT) UTF-8 UNSEEN").decode()
    assert imap.end(sort.encode()).lines == [f'* ESEARCH (TAG "{sort}") PARTIAL (-1:-1 1)\r\n'.encode()]
    assert imap.ok(r"STORE 2 +FLAGS.SILENT \Seen").lines == [
        f'* ESEARCH (TAG "{tag}") UID REMOVEFROM (0 2)\r\n'.encode(),
        f'* ESEARCH (TAG "{sort}") REMOVEFROM (2 2)\r\n'.encode(),
    ]
    assert imap.ok(f'CANCELUPDATE "{tag}" "{sort}"').lines == []
    assert imap.ok(r"STORE 2 -FLAGS.SILENT \Seen").lines == []


def test_multisearch(imap: Wire) -> None:
    """RFC 7377: each mailbox where something was found answers once; nothing need be selected."""
    imap.ok("UNSELECT")
    lines = imap.ok("ESEARCH IN (mailboxes (Box Sent) subtree Box) RETURN (MIN COUNT) SUBJECT b").lines
    assert len(lines) == 1 and re.search(rb"MAILBOX Box UIDVALIDITY [0-9]+\) UID MIN 2 COUNT 1\r\n", lines[0])
    assert imap.command("ESEARCH IN (personal) 1:3").status == b"BAD"


def test_inprogress(imap: Wire) -> None:
    """RFC 9585: what is done at once says nothing; see `services.imap.tests.test_progress` for the others."""
    for command in ("SEARCH ALL", "SORT (DATE) UTF-8 ALL", "THREAD REFERENCES UTF-8 ALL", "COPY 1 Box"):
        assert b"INPROGRESS" not in b"".join(imap.ok(command).lines)


def test_condstore(imap: Wire) -> None:
    """RFC 7162 §3.1."""
    assert b"[HIGHESTMODSEQ " in b"".join(imap.ok("SELECT Box (CONDSTORE)").lines)
    before = int(re.findall(rb"HIGHESTMODSEQ ([0-9]+)", imap.ok("STATUS Box (HIGHESTMODSEQ)").lines[0])[0])
    assert b"MODSEQ" in imap.ok(r"STORE 2 +FLAGS (\Seen)").lines[0]
    assert list(imap.fetch("1:*", f"(FLAGS) (CHANGEDSINCE {before})")) == [2]
    assert b"[MODIFIED 2]" in imap.command(rf"STORE 1:3 (UNCHANGEDSINCE {before}) +FLAGS.SILENT (x)").text
    assert b"* SEARCH 1 2 3 (MODSEQ " in imap.ok(f"SEARCH MODSEQ {before + 1}").lines[0]


def test_qresync(server: Server, imap: Wire) -> None:
    """RFC 7162 §3.2, after ENABLE (RFC 5161 §3.1); on 100,000 messages: test_resync.py."""
    with Wire(server.port("imap")).login("bob@demo.test", server.password) as other:
        assert other.command("SELECT Box (QRESYNC (1 1))").status == b"BAD", "not without ENABLE"
        assert other.ok("ENABLE QRESYNC").lines == [b"* ENABLED QRESYNC\r\n"]
        text = b"".join(other.ok("SELECT Box").lines)
        validity, modseq = (
            int(re.findall(name + rb" ([0-9]+)", text)[0]) for name in (b"UIDVALIDITY", b"HIGHESTMODSEQ")
        )
        other.ok("UNSELECT")
        imap.ok(r"STORE 2 +FLAGS.SILENT (\Deleted)")
        imap.ok("EXPUNGE")
        imap.ok(r"STORE 2 +FLAGS.SILENT (\Flagged)")
        answer = other.ok(f"SELECT Box (QRESYNC ({validity} {modseq} 1:3 (1:3 1:3)))")
        assert answer.of(b"VANISHED") == [b"VANISHED (EARLIER) 2"]
        assert [rb"\Flagged" in line for line in answer.of(b"FETCH")] == [True]
        imap.ok(r"STORE 1 +FLAGS.SILENT (\Deleted)")
        imap.ok("EXPUNGE")
        assert other.ok("NOOP").of(b"VANISHED") == [b"VANISHED 1"]


def test_uidonly(server: Server, imap: Wire) -> None:
    """RFC 9586 §3."""
    with Wire(server.port("imap")).login("bob@demo.test", server.password) as other:
        assert other.ok("ENABLE UIDONLY").lines == [b"* ENABLED UIDONLY\r\n"]
        other.ok("SELECT Box")
        for command in (
            "FETCH 1 UID",
            "SEARCH ALL",
            r"STORE 1 +FLAGS (\Seen)",
            "COPY 1 Box",
            "UID SEARCH 1:2",
        ):
            answer = other.command(command)
            assert answer.status == b"BAD" and b"[UIDREQUIRED]" in answer.text, command
        assert b"* 2 UIDFETCH (" in other.ok("UID FETCH 2 (FLAGS)").lines[0]
        imap.ok(r"STORE 2 +FLAGS.SILENT (\Deleted)")
        imap.ok("EXPUNGE")
        assert other.ok("NOOP").of(b"VANISHED") == [b"VANISHED 2"]


def test_objectid(imap: Wire) -> None:
    """RFC 8474: ids that stay when the mailbox is renamed, the message moved."""
    ids = re.compile(rb"MAILBOXID \(([A-Za-z0-9_-]+)\)")
    created = ids.findall(imap.ok("CREATE Named").text)
    imap.ok("RENAME Named Renamed")
    assert ids.findall(imap.ok("STATUS Renamed (MAILBOXID)").lines[0]) == created
    email = imap.fetch("1", "(EMAILID THREADID)")[1]
    imap.ok("MOVE 1 Renamed")
    assert ids.findall(b"".join(imap.ok("SELECT Renamed").lines)) == created
    assert imap.fetch("1", "(EMAILID THREADID)")[1] == email
    assert imap.search(b"EMAILID " + email["EMAILID"][0]) == [1]
    imap.ok("DELETE Renamed")


def test_messagelimit_and_savelimit(imap: Wire) -> None:
    """RFC 9738: the limits lie above any mailbox here; what they do is tested beside the service."""
    words = imap.ok("CAPABILITY").lines[0].split()
    assert any(word.startswith(b"MESSAGELIMIT=") for word in words)
    assert any(word.startswith(b"SAVELIMIT=") for word in words)
    assert imap.search("UIDAFTER 1") == [2, 3] and imap.search("UIDBEFORE 3") == [1, 2]


def test_utf8_accept(imap: Wire) -> None:
    """RFC 6855, RFC 9755: names and headers as UTF-8 after ENABLE."""
    imap.command("DELETE Th&AbA- r&HqE-c")
    imap.ok('CREATE "Th&AbA- &AREAwg-"')
    imap.ok("UNSELECT")
    assert imap.ok("ENABLE UTF8=ACCEPT").lines == [b"* ENABLED UTF8=ACCEPT\r\n"]
    assert "Thư đÂ".encode() in b"".join(imap.ok('LIST "" *').lines)
    message = "From: a@x.test\r\nSubject: Thư đến\r\n\r\nbody\r\n".encode()
    imap.ok(b'APPEND "Th\xc6\xb0 \xc4\x91\xc3\x82" UTF8 (~{%d+}\r\n%b)' % (len(message), message))
    imap.ok('SELECT "Thư đÂ"')
    assert imap.fetch("1", "(BODY.PEEK[] ENVELOPE)")[1]["BODY[]"] == message
    assert imap.fetch("1", "(ENVELOPE)")[1]["ENVELOPE"][1] == "Thư đến".encode()
    assert imap.search('SUBJECT "THƯ"'.encode()) == [1]
    imap.ok("UNSELECT")
    imap.ok('DELETE "Thư đÂ"')


def test_binary(imap: Wire) -> None:
    """RFC 3516: APPEND of binary, BINARY, BINARY.SIZE, unknown encodings."""
    message = b"Content-Type: a/b\r\nContent-Transfer-Encoding: binary\r\n\r\nno\0text\xff"
    imap.ok(b"APPEND Box ~{%d+}\r\n%b" % (len(message), message))
    answer = imap.ok("FETCH 4 (BINARY.PEEK[1] BINARY.SIZE[1])")
    assert b"BINARY[1] ~{8}\r\nno\0text\xff" in answer.lines[0] and b"BINARY.SIZE[1] 8" in answer.lines[0]
    imap.append("Box", b"Content-Transfer-Encoding: x-strange\r\n\r\nx\r\n")
    assert b"[UNKNOWN-CTE]" in imap.no("FETCH 5 BINARY[1]").text


def test_savedate(imap: Wire) -> None:
    """RFC 8514: when it came into this mailbox, whatever INTERNALDATE says."""
    imap.append("Box", MESSAGE % b"old", '"01-Feb-2020 00:00:00 +0000"')
    got = imap.fetch("4", "(SAVEDATE INTERNALDATE)")[4]
    assert b"2020" in got["INTERNALDATE"] and b"2020" not in got["SAVEDATE"]
    assert imap.search("SAVEDSINCE 1-Jan-2024") == [1, 2, 3, 4]
    assert imap.search("SAVEDBEFORE 1-Jan-2024") == [] and imap.search("SINCE 1-Jan-2024") == [1, 2, 3]
    imap.ok("SEARCH SAVEDATESUPPORTED")


def test_preview(imap: Wire) -> None:
    """RFC 8970 §3: the first words, without \\Seen; LAZY is taken beside other modifiers."""
    imap.append("Box", b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>Xin <b>ch\xc3\xa0o</b></p>\r\n")
    got = imap.fetch("4", "(PREVIEW FLAGS)")[4]
    assert got["PREVIEW"] == "Xin chào".encode() and b"\\Seen" not in got["FLAGS"]
    assert imap.ok("FETCH 1 PREVIEW (LAZY) (CHANGEDSINCE 1)").lines[0].startswith(b"* 1 FETCH (PREVIEW {4}")


def test_appendlimit(imap: Wire) -> None:
    """RFC 7889."""
    limit = int(re.findall(rb"APPENDLIMIT=([0-9]+)", imap.ok("CAPABILITY").lines[0])[0])
    assert b"APPENDLIMIT %d" % limit in imap.ok("STATUS Box (APPENDLIMIT)").lines[0]
    assert b"[TOOBIG]" in imap.no(f"APPEND Box {{{limit + 1}}}").text
    imap.ok("NOOP")


def test_metadata_and_list_metadata(imap: Wire) -> None:
    """RFC 5464 §4, RFC 9590 §3: values of any octets, NIL for what is not there."""
    imap.ok(b'SETMETADATA Box (/private/comment {4+}\r\na"\r\n /shared/vendor/x/y "z")')
    answer = imap.ok("GETMETADATA Box (/private/comment /shared/vendor/x/y /private/none)")
    assert values(answer.lines[0][2:-2])[2] == [
        *(b"/private/comment", b'a"\r\n', b"/shared/vendor/x/y", b"z", b"/private/none", None)
    ]
    answer = imap.ok('LIST "" Box RETURN (METADATA (/shared/vendor/x/y) MYRIGHTS)')
    assert answer.of(b"METADATA") == [b'METADATA Box (/shared/vendor/x/y "z")']
    too_long = imap.no(b"SETMETADATA Box (/private/comment {65537+}\r\n%b)" % (b"x" * 65537))
    assert b"[METADATA MAXSIZE 65536]" in too_long.text
    for number in range(10):
        ten = " ".join(f'/private/vendor/x/{number}{n} "v"' for n in range(10))
        answer = imap.command(f"SETMETADATA Box ({ten})")
    assert answer.text.startswith(b"[METADATA TOOMANY]")
    imap.ok("GETMETADATA (DEPTH infinity MAXSIZE 100) Box (/private /shared)")


def test_list_myrights(imap: Wire) -> None:
    """RFC 8440 §3."""
    assert imap.ok('LIST "" Box RETURN (MYRIGHTS)').of(b"MYRIGHTS")[0].startswith(b"MYRIGHTS Box lrs")


def test_quota(server: Server, imap: Wire) -> None:
    """RFC 9208: seen by its owner, set by an administrator (QUOTASET, RFC 9208 §4.1.3), and kept to."""
    root = "bob@demo.test"
    assert imap.ok("GETQUOTAROOT Box").lines == [b"* QUOTAROOT Box\r\n"]
    assert b"[NOPERM]" in imap.no(f"SETQUOTA {root} (STORAGE 1)").text
    with Wire(server.port("imap")).login("admin@demo.test", server.password) as admin:
        assert b" QUOTASET" in admin.ok("CAPABILITY").lines[0]
        used = admin.ok(f"SETQUOTA {root} (STORAGE 2048)").of(b"QUOTA")[0]
        assert re.fullmatch(rb'QUOTA "bob@demo.test" \(STORAGE [0-9]+ 2048\)', used)
        assert b"[CANNOT]" in admin.no(f"SETQUOTA {root} (MESSAGE 5)").text
        try:
            answer = imap.ok("GETQUOTAROOT Box")
            assert answer.of(b"QUOTAROOT") == [b'QUOTAROOT Box "bob@demo.test"'] and answer.of(b"QUOTA") == [
                used
            ]
            assert b"[OVERQUOTA]" in imap.no(b"APPEND Box {3000000+}\r\n%b" % (b"x" * 3_000_000)).text
            assert imap.no("GETQUOTA alice@demo.test").text.startswith(b"[NOPERM]")
            imap.ok(r"STORE 1 +FLAGS.SILENT (\Deleted)")
            size = len(MESSAGE % b"a")
            assert (
                b"DELETED 1 DELETED-STORAGE %d" % size
                in imap.ok("STATUS Box (DELETED DELETED-STORAGE)").lines[0]
            )
            limit = f"SETQUOTA {root} (STORAGE 0)"
            admin.ok(limit)
            assert b"[OVERQUOTA]" in imap.no("COPY 1 Box").text
            assert imap.ok("MOVE 1 Archive").status == b"OK", "a move within the account takes no room"
        finally:
            admin.ok(f"SETQUOTA {root} ()")
    assert imap.ok(f"GETQUOTA {root}").lines == [b'* QUOTA "bob@demo.test" ()\r\n']


def test_notify(server: Server, imap: Wire) -> None:
    """RFC 5465; more of it in test_notify."""
    imap.ok("NOTIFY SET (MAILBOXES Archive (MessageNew MessageExpunge)) (PERSONAL (MailboxName))")
    with Wire(server.port("imap")).login("bob@demo.test", server.password) as other:
        other.append("Archive", MESSAGE % b"x")
        assert re.match(rb"\* STATUS Archive \(MESSAGES [0-9]+ UIDNEXT [0-9]+\)", imap.response())
        other.ok("CREATE Heard")
        assert imap.response() == b'* LIST (\\HasNoChildren) "/" Heard\r\n'
        other.ok("DELETE Heard")


def test_rev2_differs_from_rev1(server: Server, imap: Wire) -> None:
    """RFC 9051 appendix E."""
    with Wire(server.port("imap")).login("bob@demo.test", server.password) as new:
        assert new.ok("ENABLE IMAP4rev2").lines == [b"* ENABLED IMAP4rev2\r\n"]
        lines = b"".join(new.ok("SELECT Box").lines)
        assert b" RECENT" not in lines and b"[UNSEEN" not in lines and b'* LIST () "/" Box\r\n' in lines
        assert new.ok("SEARCH ALL").lines[0].startswith(b"* ESEARCH (TAG ")
        assert b"Recent" not in b"".join(new.ok("FETCH 1:* FLAGS").lines)
        closed = new.ok("SELECT INBOX").lines[0]
        assert closed.startswith(b"* OK [CLOSED]")
    old = b"".join(imap.ok("SELECT Box").lines)
    assert b" RECENT" in old and b"* LIST" not in old
    assert imap.ok("SEARCH ALL").lines == [b"* SEARCH 1 2 3\r\n"]


def test_the_base_commands_of_rev1(imap: Wire) -> None:
    for command in ("CHECK", "NOOP", 'LSUB "" "*"', "SUBSCRIBE Box", "UNSUBSCRIBE Box", "EXAMINE Box"):
        imap.ok(command)
    assert imap.command(r"STORE 1 +FLAGS (\Seen)").status == b"NO", "EXAMINE is read-only"
    imap.ok("SELECT Box")
    got = imap.fetch("1", "(RFC822.HEADER RFC822.TEXT RFC822 RFC822.SIZE)")[1]
    assert got["RFC822.HEADER"] + got["RFC822.TEXT"] == got["RFC822"] == MESSAGE % b"a"
    for macro, names in (("ALL", "ENVELOPE"), ("FAST", "RFC822.SIZE"), ("FULL", "BODY")):
        assert names in imap.fetch("1", macro)[1]
    imap.ok(r"STORE 1 FLAGS (\Deleted)")
    imap.ok("CLOSE")
    assert b"MESSAGES 2" in imap.ok("STATUS Box (MESSAGES RECENT UNSEEN UIDNEXT UIDVALIDITY)").lines[0]
    imap.ok("RENAME Box Box2")
    imap.ok("RENAME Box2 Box")
    answer = imap.ok("LOGOUT")
    assert answer.lines[0].startswith(b"* BYE")


@pytest.mark.parametrize(
    "name",
    [
        *("../../x", "a/../b", "INBOX/..", "&AC8-", "&AAA-", "a&", "a&AbA", "x" * 10_000, "/" * 50, "a//b"),
        *("a/" * 1000 + "b", "%", "*", "a*b", "&AGE-", "inbox", "INBOX"),
    ],
)
def test_names_that_must_not_be(imap: Wire, name: str) -> None:
    assert imap.command(f'CREATE "{name}"').status in (b"NO", b"BAD")
    if name.upper() not in ("INBOX", "*"):
        assert name.encode() not in b"".join(imap.ok('LIST "" *').lines)


@pytest.mark.parametrize("name", ["~root", "trailing.", "&AOkA6Q-", "a b", "Qu&HqM-n", 'q\\"uote'])
def test_names_that_come_back_as_they_were_given(imap: Wire, name: str) -> None:
    imap.ok(f'CREATE "{name}"')
    assert name.encode() in b"".join(imap.ok('LIST "" *').lines)
    imap.ok(f'DELETE "{name}"')


def test_within_and_fuzzy(imap: Wire) -> None:
    """RFC 5032 (to the second, by the internal date); SEARCH=FUZZY by RFC 6203, with RELEVANCY."""
    assert imap.ok("SEARCH YOUNGER 3600").of(b"SEARCH") == [b"SEARCH 1 2 3"]
    assert imap.ok("SEARCH OLDER 3600").of(b"SEARCH") == [b"SEARCH"]
    assert imap.ok('SEARCH TEXT "body b"').of(b"SEARCH") == [b"SEARCH"]
    assert imap.ok('SEARCH FUZZY TEXT "body b@x"').of(b"SEARCH") == [b"SEARCH 1 2 3"]
    (said,) = imap.ok('SEARCH RETURN (ALL RELEVANCY) FUZZY BODY "BODY"').of(b"ESEARCH")
    assert b"ALL 1:3" in said and b"RELEVANCY (100 100 100)" in said
