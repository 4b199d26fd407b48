"""What the full-text index says and what reading says is the same (RFC 8621 §4.4.1)."""

import asyncio
import random

import pytest

from bocau.services.jmap.finding import verifying
from bocau.services.jmap.finding.phrases import phrases
from bocau.store.search import indexer
from bocau.store.search.indexer import Indexer

WORDS = ("Đà", "Nẵng", "one", "two", "three", "mai", "Hoà", "a-b", "x@y.example")


def message(rnd):
    def some(count):
        return " ".join(rnd.choices(WORDS, k=rnd.randrange(count)))

    html = "Content-Type: text/html; charset=utf-8\r\n" if rnd.random() < 0.3 else ""
    attached = 'Content-Disposition: attachment; filename="two three.pdf"\r\n' if rnd.random() < 0.2 else ""
    head = f"From: {some(3)} <{rnd.choice('abc')}@y.example>\r\nTo: {some(2)} <t@x>\r\nSubject: {some(4)}\r\n"
    return f"{head}X-Word: {some(3)}\r\n{html}{attached}\r\n{some(9)}\r\n{some(5)}\r\n".encode()


def question(rnd):
    text = " ".join(
        rnd.choices((*WORDS, "da", "nang", '"one two"', "'da nang'", "pdf", "ne"), k=rnd.randrange(1, 3))
    )
    name = rnd.choice(("text", "subject", "body", "from", "to", "header"))
    found = {name: ["X-Word", text] if name == "header" else text}
    return {"operator": "NOT", "conditions": [found]} if rnd.random() < 0.2 else found


async def test_the_index_changes_no_answer(desk, monkeypatch):
    rnd = random.Random(3)
    for _ in range(60):
        await desk.deliver(message(rnd))
    questions = [question(rnd) for _ in range(60)]
    read = [(await desk.call("Email/query", filter=one))["ids"] for one in questions]
    monkeypatch.setattr(indexer, "NEW_BYTES_MIN", 0, raising=False)
    await Indexer(desk.store, lambda why: None).rebuild([1])
    desk.rooms.kept.__init__()

    def nothing_is_read(*_):
        raise AssertionError("one word is certain")

    assert [(await desk.call("Email/query", filter=one))["ids"] for one in questions] == read
    assert sum(map(len, read)) > 300
    desk.rooms.kept.__init__()
    monkeypatch.setattr(verifying, "says", nothing_is_read)
    assert (await desk.call("Email/query", filter={"text": "nang"}))["ids"]


async def test_too_much_to_read_is_refused(desk, monkeypatch):
    await desk.deliver(b"Subject: x\r\n\r\nword\r\n")
    monkeypatch.setattr(verifying, "CPU_SECONDS_MAX", 0.0)
    assert (await desk.call("Email/query", filter={"body": "word"}))["error"] == "unsupportedFilter"


async def test_a_long_search_goes_on_with_rests_and_one_at_a_time(desk, monkeypatch):
    monkeypatch.setattr(verifying, "CPU_SECONDS_AT_ONCE", 0.0)
    monkeypatch.setattr(verifying, "PORTION", 1)
    for _ in range(3):
        await desk.deliver(b"Subject: x\r\n\r\nword other\r\n")
    asked = [desk.call("Email/query", filter={"body": text}) for text in ("word", "other")]
    told = await asyncio.gather(*asked)
    assert sorted(len(one.get("ids", ())) for one in told) == [0, 3]
    assert [one["error"] for one in told if "error" in one] == ["unsupportedFilter"]
    for text in ("word", "other"):
        assert len((await desk.call("Email/query", filter={"body": text}))["ids"]) == 3


async def test_others_have_their_turn_while_emails_are_read(desk, monkeypatch):
    monkeypatch.setattr(verifying, "PORTION", 1)
    for _ in range(5):
        await desk.deliver(b"Subject: x\r\n\r\nword\r\n")
    turns = 0

    async def other():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    assert len((await desk.call("Email/query", filter={"body": "word"}))["ids"]) == 5
    task.cancel()
    assert turns >= 5


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Đà Nẵng", ["da", "nang"]),
        ('"Đà  Nẵng" one', ["da nang", "one"]),
        ("'one two' three", ["one two", "three"]),
        ("don't stop", ["don't", "stop"]),
        ("'tis", ["'tis"]),
        ('"unfinished phrase', ["unfinished phrase"]),
        (r'"say \"hi\""', ['say "hi"']),
        ('"" one one', ["one"]),
        (" \t", []),
        ('a"b c"', ['a"b', 'c"']),
    ],
)
def test_phrases(text, wanted):
    assert phrases(text) == wanted


async def test_accents_that_were_typed_come_first_where_no_order_is_asked_for(desk):
    plain = f"M{await desk.deliver(b'Subject: Da Nang')}"
    accented = f"M{await desk.deliver('Subject: Đà Nẵng'.encode())}"
    later = f"M{await desk.deliver(b'Subject: da nang')}"

    async def found(text, **more):
        told = await desk.call("Email/query", filter={"text": text}, **more)
        return told["ids"], told["canCalculateChanges"]

    assert await found("đà nẵng") == ([accented, later, plain], False)
    assert await found("da nang") == ([later, accented, plain], True)
    sort = [{"property": "receivedAt", "isAscending": False}]
    assert await found("đà nẵng", sort=sort) == ([later, accented, plain], True)
    told = await desk.call("Email/queryChanges", filter={"text": "đà"}, sinceQueryState="1")
    assert told["error"] == "cannotCalculateChanges"


HTML = (
    b"From: a@x.test\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    b'<style>.menu{color:red}</style><div class="headline" title="tip"><b>&#272;&agrave;</b> N&#7861;ng</div>'
    b"<p>un<b>believ</b>able&shy;ness</p><td>left</td><td>right</td> 1 &lt; 2 <a href='https://y.test/secret'>here</a>"
)


@pytest.mark.parametrize("is_indexed", [False, True])
async def test_html_is_searched_as_it_is_shown(desk, is_indexed):
    """RFC 8621 §4.4.1: not the names of tags and attributes; IMAP's BODY keeps to the octets."""
    email = f"M{await desk.deliver(HTML)}"
    if is_indexed:
        await Indexer(desk.store, lambda why: None).rebuild([1])
    for text in (
        "đà nẵng",
        '"Đà Nẵng"',
        "nang",
        "unbelievableness",
        "left",
        '"left right"',
        '"1 < 2"',
        "here",
    ):
        assert (await desk.call("Email/query", filter={"body": text}))["ids"] == [email], text
        assert (await desk.call("Email/query", filter={"text": text}))["ids"] == [email], text
    for text in ("div", "headline", "agrave", "menu", "color", "secret", "shy", "href", '"b believ"', "tip"):
        assert (await desk.call("Email/query", filter={"text": text}))["ids"] == [], text
