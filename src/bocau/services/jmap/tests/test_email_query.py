"""Email/query: filters, sorts, pages (RFC 8620 §5.5, RFC 8621 §4.4)."""

import pytest

from bocau.store import Flags


def message(subject="x", sender="ann@example.net", body="words", more="", number=0):
    return (
        f"From: {sender}\r\nTo: Zed <zed@example.org>\r\nSubject: {subject}\r\n"
        f"Message-ID: <{subject}{number}@x>\r\n{more}\r\n{body}\r\n"
    ).encode()


async def ids(desk, filter=None, **more):
    told = await desk.call("Email/query", filter=filter, **more)
    assert "error" not in told, told
    return told["ids"]


@pytest.fixture
async def mail(desk):
    """Three emails in two mailboxes."""
    html = "Content-Type: text/html; charset=utf-8\r\n"
    return desk, [
        f"M{email}"
        for email in (
            await desk.deliver(message("Hello world", body="one two"), flags=Flags.SEEN),
            await desk.deliver(
                message("Đà Nẵng", "Bích <bich@example.vn>", "tiếng Việt", html), keywords="work"
            ),
            await desk.deliver(
                message("Junk mail", body="Hello there, world", more="X-Spam: yes\r\n"), "Junk"
            ),
        )
    ]


@pytest.mark.parametrize(
    ("filter", "wanted"),
    [
        (None, {0, 1, 2}),
        ({}, {0, 1, 2}),
        ({"hasKeyword": "$seen"}, {0}),
        ({"hasKeyword": "WORK"}, {1}),
        ({"notKeyword": "$seen"}, {1, 2}),
        ({"minSize": 1, "maxSize": 10_000}, {0, 1, 2}),
        ({"maxSize": 10}, set()),
        ({"before": "2001-01-01T00:00:00Z"}, set()),
        ({"after": "2001-01-01T00:00:00Z"}, {0, 1, 2}),
        ({"text": "hello"}, {0, 2}),
        ({"text": "world hello"}, {0, 2}),
        ({"text": '"hello world"'}, {0}),
        ({"text": "'hello world'"}, {0}),
        ({"text": "da nang"}, {1}),
        ({"text": "đà nẵng TIENG"}, {1}),
        ({"text": ""}, {0, 1, 2}),
        ({"subject": "hello"}, {0}),
        ({"body": "hello"}, {2}),
        ({"from": "bich@example.vn"}, {1}),
        ({"to": "zed"}, {0, 1, 2}),
        ({"cc": "zed"}, set()),
        ({"header": ["x-spam"]}, {2}),
        ({"header": ["X-Spam", "YES"]}, {2}),
        ({"header": ["X-Spam", "no"]}, set()),
        ({"hasAttachment": True}, set()),
        ({"hasAttachment": False}, {0, 1, 2}),
        ({"operator": "NOT", "conditions": [{"text": "hello"}, {"subject": "none"}]}, {1}),
        ({"operator": "OR", "conditions": [{"subject": "junk"}, {"hasKeyword": "work"}]}, {1, 2}),
        ({"operator": "AND", "conditions": [{"text": "hello"}, {"hasKeyword": "$seen"}]}, {0}),
        ({"operator": "OR", "conditions": []}, set()),
    ],
    ids=str,
)  # fmt: skip
async def test_filters(mail, filter, wanted):
    desk, emails = mail
    assert set(await ids(desk, filter)) == {emails[number] for number in wanted}


async def test_which_emails_have_attachments(mail):
    """RFC 8621 §4.4.1 hasAttachment: those and no others, in one mailbox and in all, wherever they stand."""
    desk, (one, two, junk) = mail
    file = "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n"
    found = {
        f"M{await desk.deliver(message(f'file {place}', more=file), place)}" for place in ("INBOX", "Junk")
    }
    assert set(await ids(desk, {"hasAttachment": True})) == found
    assert set(await ids(desk, {"hasAttachment": False})) == {one, two, junk}
    here = {"operator": "AND", "conditions": [{"inMailbox": desk.mailbox_id()}, {"hasAttachment": True}]}
    assert set(await ids(desk, here)) == found - set(await ids(desk, {"inMailbox": desk.mailbox_id("Junk")}))


async def test_mailboxes(mail):
    desk, (one, two, junk) = mail
    assert set(await ids(desk, {"inMailbox": desk.mailbox_id()})) == {one, two}
    assert await ids(desk, {"inMailbox": "F9-9"}) == []
    assert await ids(desk, {"inMailboxOtherThan": [desk.mailbox_id(), "nothing"]}) == [junk]
    in_either = [{"inMailbox": desk.mailbox_id()}, {"inMailbox": desk.mailbox_id("Junk")}]
    assert len(await ids(desk, {"operator": "OR", "conditions": in_either})) == 3


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"filter": {"colour": "red"}}, "unsupportedFilter"),
        ({"filter": {"minSize": "1"}}, "invalidArguments"),
        ({"filter": {"before": "yesterday"}}, "invalidArguments"),
        ({"filter": {"operator": "XOR", "conditions": []}}, "invalidArguments"),
        ({"filter": {"text": " ".join(map(str, range(100)))}}, "unsupportedFilter"),
        ({"filter": {"text": "x" * 5000}}, "unsupportedFilter"),
        ({"filter": {"operator": "OR", "conditions": [{}] * 1000}}, "unsupportedFilter"),
        ({"filter": {"inMailboxOtherThan": ["F1-1"] * 100_000}}, "unsupportedFilter"),
        ({"sort": [{"property": "colour"}]}, "unsupportedSort"),
        ({"sort": [{"property": "size", "collation": "i;none"}]}, "unsupportedSort"),
        ({"sort": [{"property": "hasKeyword"}]}, "invalidArguments"),
        ({"sort": [{}]}, "invalidArguments"),
        ({"sort": "size"}, "invalidArguments"),
        ({"limit": -1}, "invalidArguments"),
        ({"position": "0"}, "invalidArguments"),
        ({"anchor": "M1"}, "anchorNotFound"),
        ({"more": 1}, "invalidArguments"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_what_cannot_be_asked(mail, arguments, error):
    desk, _ = mail
    assert (await desk.call("Email/query", **arguments))["error"] == error


async def test_nested_too_deep(desk):
    nested: dict = {"hasAttachment": True}
    for _ in range(10_000):
        nested = {"operator": "NOT", "conditions": [nested]}
    assert (await desk.call("Email/query", filter=nested))["error"] == "unsupportedFilter"


async def test_sorts(desk):
    for number, (subject, flags) in enumerate([("Re: b", 0), ("C", 4), ("a", 0)]):
        await desk.deliver(message(subject, f"{'zya'[number]}@example.net"), flags=Flags(flags))
    named = dict(zip(sorted(await ids(desk)), "bca", strict=True))

    async def order(*sort):
        told = await ids(
            desk, sort=[dict(zip(("property", "isAscending", "keyword"), s, strict=False)) for s in sort]
        )
        return "".join(named[one] for one in told)

    assert await order(("subject",)) == "abc"
    assert await order(("subject", False)) == "cba"
    assert await order(("from",)) == "acb"
    assert await order(("hasKeyword", False, "$flagged"), ("subject",)) == "cab"
    assert await order(("someInThreadHaveKeyword", True, "$flagged"), ("subject", False)) == "bac"
    assert await order(("receivedAt", False)) == "acb"  # equal: the newest first, as the order says
    assert await order(("receivedAt",)) == "bca"


async def test_threads(desk):
    first = await desk.deliver(message("talk", number=1), flags=Flags.SEEN)
    answer = await desk.deliver(message("Re: talk", more="In-Reply-To: <talk1@x>\r\n", number=2), "Archive")
    alone = await desk.deliver(message("alone"), flags=Flags.SEEN)
    newest = [{"property": "receivedAt", "isAscending": False}]
    assert await ids(desk, sort=newest, collapseThreads=True) == [f"M{alone}", f"M{answer}"]
    inbox = {"inMailbox": desk.mailbox_id()}
    assert await ids(desk, inbox, sort=newest, collapseThreads=True) == [f"M{alone}", f"M{first}"]
    assert await ids(desk, inbox | {"allInThreadHaveKeyword": "$seen"}) == [f"M{alone}"]
    assert await ids(desk, inbox | {"noneInThreadHaveKeyword": "$seen"}) == []
    assert set(await ids(desk, {"someInThreadHaveKeyword": "$seen"})) == {
        f"M{e}" for e in (first, answer, alone)
    }


async def test_pages(desk):
    emails = [f"M{await desk.deliver(message(str(number)))}" for number in range(10)]

    async def page(**asked):
        told = await desk.call("Email/query", sort=[{"property": "receivedAt"}], calculateTotal=True, **asked)
        assert told["total"] == 10
        return told["position"], [emails.index(one) for one in told["ids"]]

    assert await page(limit=3) == (0, [0, 1, 2])
    assert await page(position=8, limit=3) == (8, [8, 9])
    assert await page(position=-2) == (8, [8, 9])
    assert await page(position=-20, limit=1) == (0, [0])
    assert (await page(position=20))[1] == []
    assert await page(anchor=emails[5], limit=2) == (5, [5, 6])
    assert await page(anchor=emails[5], anchorOffset=-2, limit=2, position=9) == (3, [3, 4])
    assert await page(anchor=emails[1], anchorOffset=-5, limit=1) == (0, [0])
    assert await page(limit=0) == (0, [])


async def test_an_email_in_two_mailboxes_is_one(desk):
    both, other = [f"M{await desk.deliver(message(one), 'Archive')}" for one in ("both", "other")]
    inbox, archive = desk.mailbox_id(), desk.mailbox_id("Archive")
    told = await desk.call("Email/set", update={both: {f"mailboxIds/{inbox}": True}})
    assert told["updated"] == {both: None}
    assert sorted(await ids(desk)) == [both, other]
    in_both = [{"inMailbox": inbox}, {"inMailbox": archive}]
    assert await ids(desk, {"operator": "AND", "conditions": in_both}) == [both]
    assert await ids(desk, {"operator": "NOT", "conditions": in_both[:1]}) == [other]
    assert sorted(await ids(desk, {"inMailbox": archive})) == [both, other]
    assert await ids(desk, {"inMailboxOtherThan": [archive]}) == [both]
    assert await ids(desk, {"inMailboxOtherThan": [archive], "subject": "both"}) == [both]
