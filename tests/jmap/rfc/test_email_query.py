"""RFC 8621 §4.4, §4.5, §5; RFC 8620 §5.5, §5.6: emails found, sorted, paged, followed; snippets."""

from typing import Any

import pytest
from client import Client

USER = "user5"


PLAIN = "Content-Type: text/plain\r\n\r\nbody"


def _message(number: int, body: str = PLAIN, **fields: str) -> bytes:
    said = {
        "from": f"Sender {number} <s{number}@from.test>", "to": f"To {number} <t{number}@to.test>",
        "subject": f"subject {number}", "message-id": f"<q{number}@x.test>",
        "date": f"Mon, {number + 1} Jan 2024 12:00:00 +0000",
    } | {name.replace("_", "-"): value for name, value in fields.items()}  # fmt: skip
    head = "".join(f"{name.title()}: {value}\r\n" for name, value in said.items())
    return f"{head}MIME-Version: 1.0\r\n{body}\r\n".encode()


ATTACHED = (
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nsee file\r\n"
    "--b\r\nContent-Type: application/pdf; name=plan.pdf\r\nContent-Disposition: attachment\r\n\r\n"
    "%PDF\r\n--b--"
)
HTML = "Content-Type: text/html\r\n\r\n<p>the <b>zebra</b> &amp; the lion &lt;3</p>"
LONG = f"Content-Type: text/plain\r\n\r\n{'long ' * 500}"


@pytest.fixture(scope="module")
def emails(client: Client) -> list[str]:
    """0 … 5, received on the 10th … 15th; 3 answers 0; 4 is in two mailboxes."""
    inbox, archive = client.boxes["inbox"], client.boxes["archive"]
    told: list[tuple[bytes, str, dict[str, bool]]] = [
        (_message(0, subject="Gặp nhau", cc="cc@cc.test", bcc="bcc@bcc.test"), inbox, {"$seen": True}),
        (_message(1, ATTACHED), inbox, {"$flagged": True, "$seen": True}),
        (_message(2, HTML, x_tag="some value"), inbox, {}),
        (_message(3, subject="Re: Gặp nhau", references="<q0@x.test>"), archive, {}),
        (_message(4, LONG, **{"from": "aardvark@from.test"}), inbox, {"work": True}),
        (_message(5, date="Mon, 1 Jan 2024 00:00:00 +0000"), client.boxes["trash"], {"$seen": True}),
    ]  # fmt: skip
    made = [
        client.put(data, box, keywords=keywords, receivedAt=f"2024-02-{10 + number}T00:00:00Z")
        for number, (data, box, keywords) in enumerate(told)
    ]
    client.updated("Email", made[4], {f"mailboxIds/{archive}": True})
    return made


def _numbers(client: Client, emails: list[str], filter: Any, **more: Any) -> list[int]:
    asked = {"sort": [{"property": "receivedAt"}]} | more
    return [emails.index(one) for one in client.query(filter=filter, **asked)]


# --- filters (§4.4.1) ----------------------------------------------------------------------------


def test_filters(client: Client, emails: list[str]) -> None:
    boxes = client.boxes
    inbox, archive, trash = boxes["inbox"], boxes["archive"], boxes["trash"]
    for filter, found in (
        ({}, [0, 1, 2, 3, 4, 5]),
        ({"inMailbox": inbox}, [0, 1, 2, 4]), ({"inMailbox": archive}, [3, 4]), ({"inMailbox": "F0-0"}, []),
        ({"inMailboxOtherThan": [trash]}, [0, 1, 2, 3, 4]), ({"inMailboxOtherThan": [inbox]}, [3, 4, 5]),
        ({"inMailboxOtherThan": [inbox, archive]}, [5]), ({"inMailboxOtherThan": []}, [0, 1, 2, 3, 4, 5]),
        ({"before": "2024-02-12T00:00:00Z"}, [0, 1]), ({"after": "2024-02-12T00:00:00Z"}, [2, 3, 4, 5]),
        ({"after": "2024-02-12T00:00:00Z", "before": "2024-02-13T00:00:00Z"}, [2]),
        ({"minSize": 2000}, [4]), ({"maxSize": 2000}, [0, 1, 2, 3, 5]),
        ({"hasKeyword": "$seen"}, [0, 1, 5]), ({"hasKeyword": "$SEEN"}, [0, 1, 5]),
        ({"hasKeyword": "work"}, [4]), ({"hasKeyword": "none"}, []), ({"notKeyword": "$seen"}, [2, 3, 4]),
        ({"allInThreadHaveKeyword": "$seen"}, [1, 5]), ({"someInThreadHaveKeyword": "$seen"}, [0, 1, 3, 5]),
        ({"noneInThreadHaveKeyword": "$seen"}, [2, 4]),
        ({"hasAttachment": True}, [1]), ({"hasAttachment": False}, [0, 2, 3, 4, 5]),
        ({"from": "aardvark"}, [4]), ({"from": "s2@from.test"}, [2]), ({"from": "Sender 2"}, [2]),
        ({"to": "t3@to.test"}, [3]), ({"cc": "cc@cc.test"}, [0]), ({"bcc": "bcc@bcc.test"}, [0]),
        ({"subject": "gặp"}, [0, 3]), ({"subject": "subject"}, [1, 2, 4, 5]), ({"subject": "SUBJECT 2"}, [2]),
        ({"body": "zebra"}, [2]), ({"text": "zebra"}, [2]), ({"text": "aardvark"}, [4]),
        ({"text": "nowhere"}, []),
        ({"text": '"the zebra"'}, [2]), ({"text": '"zebra the"'}, []), ({"text": "lion zebra"}, [2]),
        ({"header": ["X-Tag"]}, [2]), ({"header": ["x-tag", "VALUE"]}, [2]),
        ({"header": ["X-Tag", "other"]}, []),
        ({"header": ["Subject", "nhau"]}, [0, 3]),
        ({"inMailbox": inbox, "hasKeyword": "$seen"}, [0, 1]),
    ):  # fmt: skip
        assert _numbers(client, emails, filter) == found, filter


def test_operators(client: Client, emails: list[str]) -> None:
    seen, flagged, work = ({"hasKeyword": word} for word in ("$seen", "$flagged", "work"))

    def op(operator: str, *conditions: Any) -> Any:
        return {"operator": operator, "conditions": list(conditions)}

    for filter, found in (
        (op("AND", seen, flagged), [1]), (op("OR", flagged, work), [1, 4]), (op("NOT", seen, work), [2, 3]),
        (op("AND"), [0, 1, 2, 3, 4, 5]), (op("NOT"), [0, 1, 2, 3, 4, 5]), (op("OR"), []),
        (op("AND", op("NOT", flagged), op("OR", seen, work)), [0, 4, 5]),
        (op("NOT", op("NOT", op("NOT", seen))), [2, 3, 4]),
    ):  # fmt: skip
        assert _numbers(client, emails, filter) == found, filter


@pytest.mark.parametrize(
    "filter",
    [
        {"before": "2024-02-12"}, {"after": 7}, {"minSize": -1}, {"minSize": "1"}, {"hasAttachment": 1},
        {"inMailbox": 7}, {"inMailboxOtherThan": "x"}, {"hasKeyword": 1}, {"text": 1}, {"header": "x"},
        {"header": []}, {"header": ["a", "b", "c"]}, {"operator": "AND", "conditions": [1]},
        {"before": "2024-02-12T00:00:00+07:00"},
    ],
)  # fmt: skip
def test_filters_that_are_wrong(client: Client, filter: Any) -> None:
    assert client.error("Email/query", filter=filter) == "invalidArguments"


# --- sorting (§4.4.2) ----------------------------------------------------------------------------


def test_sorts(client: Client, emails: list[str]) -> None:
    def found(*sort: dict[str, Any]) -> list[int]:
        return _numbers(client, emails, None, sort=list(sort))

    def by(name: str, ascending: bool = True, **more: Any) -> dict[str, Any]:
        return {"property": name, "isAscending": ascending, **more}

    assert found(by("receivedAt")) == [0, 1, 2, 3, 4, 5] == found({"property": "receivedAt"})
    assert found(by("receivedAt", False)) == [5, 4, 3, 2, 1, 0]
    assert found(by("sentAt"))[0] == 5 and found(by("size", False))[0] == 4 and found(by("from"))[0] == 4
    assert found(by("to"))[:2] == [0, 1] and found(by("subject"), by("receivedAt"))[:2] == [0, 3]
    assert found(by("hasKeyword", False, keyword="$seen"), by("receivedAt")) == [0, 1, 5, 2, 3, 4]
    assert found(by("hasKeyword", keyword="$seen"), by("receivedAt")) == [2, 3, 4, 0, 1, 5]
    assert found(by("someInThreadHaveKeyword", False, keyword="$seen"), by("receivedAt")) == [
        0,
        1,
        3,
        5,
        2,
        4,
    ]
    assert found(by("allInThreadHaveKeyword", False, keyword="$seen"), by("receivedAt")) == [1, 5, 0, 2, 3, 4]
    assert client.error("Email/query", sort=[{"property": "hasKeyword"}]) == "invalidArguments"
    assert client.error("Email/query", sort=[{"isAscending": True}]) == "invalidArguments"
    assert client.error("Email/query", sort=[by("subject", collation="no")]) == "unsupportedSort"
    core = client.session["capabilities"]["urn:ietf:params:jmap:core"]
    for collation in core["collationAlgorithms"]:
        assert len(found(by("subject", collation=collation))) == 6


def test_all_sort_options_work(client: Client, emails: list[str]) -> None:
    account = client.session["accounts"][client.account]["accountCapabilities"]
    for name in account["urn:ietf:params:jmap:mail"]["emailQuerySortOptions"]:
        assert len(client.query(sort=[{"property": name, "keyword": "$seen"}])) == 6


# --- threads (§4.4.3) ----------------------------------------------------------------------------


def test_collapse(client: Client, emails: list[str]) -> None:
    """The first of each thread in the order asked for stands for it."""
    assert _numbers(client, emails, None, collapseThreads=True) == [0, 1, 2, 4, 5]
    down = [{"property": "receivedAt", "isAscending": False}]
    assert _numbers(client, emails, None, sort=down, collapseThreads=True) == [5, 4, 3, 2, 1]
    told = client.call("Email/query", collapseThreads=True, calculateTotal=True, limit=2)
    assert told["total"] == 5 and len(told["ids"]) == 2
    assert client.call("Email/query", collapseThreads=False, calculateTotal=True)["total"] == 6


# --- pages (RFC 8620 §5.5) -----------------------------------------------------------------------


def test_pages(client: Client, emails: list[str]) -> None:
    asked: dict[str, Any] = {"sort": [{"property": "receivedAt"}]}
    for more, start, stop in (
        ({"position": 2}, 2, 6), ({"position": 2, "limit": 2}, 2, 4), ({"position": -2}, 4, 6),
        ({"position": -100}, 0, 6), ({"limit": 3}, 0, 3), ({"limit": 0}, 0, 0),
        ({"anchor": emails[3]}, 3, 6), ({"anchor": emails[3], "anchorOffset": 1, "limit": 1}, 4, 5),
        ({"anchor": emails[3], "anchorOffset": -2, "limit": 2}, 1, 3),
        ({"anchor": emails[1], "anchorOffset": -5, "limit": 2}, 0, 2),
        ({"anchor": emails[3], "position": 5}, 3, 6),  # The anchor wins.
    ):  # fmt: skip
        told = client.call("Email/query", **asked, **more, calculateTotal=True)
        assert (told["ids"], told["position"], told["total"]) == (emails[start:stop], start, 6), more
    beyond = client.call("Email/query", **asked, position=100)
    assert beyond["ids"] == [] and "total" not in beyond
    assert client.error("Email/query", anchor="M1") == "anchorNotFound"
    assert client.error("Email/query", filter={"hasKeyword": "work"}, anchor=emails[0]) == "anchorNotFound"


def test_query_and_get_in_one_request(client: Client, emails: list[str]) -> None:
    """RFC 8620 §3.7, RFC 8621 §4.10"""
    reference = {"resultOf": "0", "name": "Email/query", "path": "/ids"}
    found, got, threads = client.calls(
        ("Email/query", {"sort": [{"property": "receivedAt"}], "limit": 2}),
        ("Email/get", {"#ids": reference, "properties": ["threadId"]}),
        ("Thread/get", {"#ids": {"resultOf": "1", "name": "Email/get", "path": "/list/*/threadId"}}),
    )
    assert found[1]["ids"] == [one["id"] for one in got[1]["list"]] == emails[:2]
    assert threads[1]["list"][0]["emailIds"] == [emails[0], emails[3]]


# --- snippets (§5) -------------------------------------------------------------------------------


def test_snippets(client: Client, emails: list[str]) -> None:
    told = client.call("SearchSnippet/get", filter={"text": "zebra"}, emailIds=[emails[2], "M1"])
    assert set(told) == {"accountId", "list", "notFound"} and told["notFound"] == ["M1"]
    (snippet,) = told["list"]
    assert set(snippet) == {"emailId", "subject", "preview"} and snippet["emailId"] == emails[2]
    assert snippet["subject"] is None and len(snippet["preview"].encode()) <= 255
    assert "<mark>zebra</mark> &amp; the lion &lt;3" in snippet["preview"]
    (snippet,) = client.call("SearchSnippet/get", filter={"subject": "2"}, emailIds=[emails[2]])["list"]
    assert snippet["subject"] == "subject <mark>2</mark>"
    (snippet,) = client.call("SearchSnippet/get", filter=None, emailIds=[emails[0]])["list"]
    assert (snippet["subject"], snippet["preview"]) == (None, None)
    assert client.error("SearchSnippet/get", filter={"text": "x"}) == "invalidArguments"
    assert client.call("SearchSnippet/get", filter={"text": "x"}, emailIds=[])["list"] == []
    assert client.call("SearchSnippet/get", filter={"text": "x"}, emailIds=[])["notFound"] is None


# --- queryChanges (§4.5, RFC 8620 §5.6) ----------------------------------------------------------


def _applied(before: list[str], told: Any) -> list[str]:
    ids = [one for one in before if one not in told["removed"]]
    for one in told["added"]:
        ids.insert(one["index"], one["id"])
    return ids


@pytest.mark.parametrize("collapse", [False, True])
@pytest.mark.parametrize("kind", ["mailbox", "all", "keyword"])
def test_query_changes(client: Client, emails: list[str], collapse: bool, kind: str) -> None:
    mailbox = client.mailbox(f"followed {kind} {collapse}")
    filter = {"mailbox": {"inMailbox": mailbox}, "all": {}, "keyword": {"hasKeyword": "marked"}}[kind]
    down = [{"property": "receivedAt", "isAscending": False}]
    asked = {"filter": filter, "sort": down, "collapseThreads": collapse}
    mine = [client.put(_message(20 + n), mailbox, keywords={"marked": True}) for n in range(3)]
    before = client.call("Email/query", **asked)
    assert before["canCalculateChanges"] is True
    new = client.put(_message(30), mailbox, keywords={"marked": True})
    client.call("Email/set", destroy=[mine[0]])
    client.updated("Email", mine[1], {"keywords/marked": None, f"mailboxIds/{mailbox}": None,
                                      f"mailboxIds/{client.boxes['archive']}": True})  # fmt: skip
    client.updated("Email", mine[2], {"keywords/other": True})
    told = client.call(
        "Email/queryChanges", **asked, sinceQueryState=before["queryState"], calculateTotal=True
    )
    now = client.call("Email/query", **asked)
    assert _applied(before["ids"], told) == now["ids"]
    assert told["total"] == len(now["ids"]) and told["newQueryState"] == now["queryState"]
    assert told["oldQueryState"] == before["queryState"] and mine[0] in told["removed"]
    assert new in [one["id"] for one in told["added"]]
    assert [one["index"] for one in told["added"]] == sorted(one["index"] for one in told["added"])
    error = client.error("Email/queryChanges", **asked, sinceQueryState=before["queryState"], maxChanges=1)
    assert error == "tooManyChanges"
    client.call("Email/set", destroy=[new, *mine[1:]])
