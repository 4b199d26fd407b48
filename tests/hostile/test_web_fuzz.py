"""JMAP calls that were good until somebody spoiled them (RFC 8620 §3.6.2, reliability E-11).

Whatever is asked: an answer that names what is wrong, never serverFail, nothing in the log, little time.
"""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bocau.services.jmap.methods import METHODS
from harness import Server
from hostile.samples import MESSAGE, Call, samples
from hostile.web import Browser, cpu_seconds

CPU_SECONDS_MAX = 5.0
HOSTILE = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        2**53 - 1,
        2**53,
        -(2**63),
        2**64,
        10**300,
        1.5,
        1e308,
        [],
        {},
        [None],
        [[]],
    ),
    *(
        "",
        " ",
        "\0",
        "a\0b",
        "\ud800",
        "a\udfff",
        "\r\nX-Evil: 1",
        "\n.\r\n",
        "\u202efdp.exe",
        "\ufeff",
        "é" * 300,
    ),
    *(
        "%",
        "*",
        "..",
        "/",
        "a/b",
        "~1",
        "#",
        "#a",
        "*/id",
        "{5+}\r\n",
        '"',
        "'; DROP TABLE message; --",
        "$seen",
        "\\Seen",
    ),
    *(
        "singleton",
        "inbox",
        "INBOX",
        "M1",
        "M999999999999999999",
        "F1-1",
        "T0",
        "A1",
        "U1",
        "U99999",
        "٣",
        "²",
        "1_0",
    ),
    *("=?utf-8?q?=00?=", "<script>", "javascript:alert(1)", "2026-02-30T00:00:00Z", "9999-12-31T23:59:60Z"),
    *(
        "0000-00-00T00:00:00Z",
        "a@b",
        "<a@b>",
        "a" * 70_000,
        "x@" + "a." * 200 + "b",
        "http://127.0.0.1/",
        "text/html",
    ),
    *(
        "header:Subject:asText",
        "header:\r\n:asRaw",
        "header:a:all:all",
        "i;octet",
        "AND",
        "bodyValues",
        "size",
        "id",
    ),
    *(
        {"operator": "AND", "conditions": []},
        {"name": None, "email": None},
        [{"name": 1, "email": "x"}],
        {"\0": "\0"},
    ),
    *(
        {"resultOf": "0", "name": "Core/echo", "path": "/*/~2"},
        {"value": "\ud800"},
        [{"partId": "t"}],
        {"a": {}},
    ),
)


@pytest.fixture(scope="module")
def browser(server: Server) -> Iterator[Browser]:
    server.deliver(MESSAGE, "alice")
    opened = Browser(server)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def good(browser: Browser) -> list[Call]:
    return samples(browser)


def test_there_is_a_sample_of_every_method(good: list[Call]) -> None:
    assert {name for name, _ in good} == set(METHODS)


def test_the_samples_are_good(browser: Browser, good: list[Call]) -> None:
    """A sample that is refused as a whole would hide what lies behind the refusal."""
    for name, arguments in good:
        _, told = browser.request((name, arguments))
        answered, answer, _ = told["methodResponses"][0]
        if "sinceState" in arguments or "sinceQueryState" in arguments:
            assert answer.get("type") in (None, "cannotCalculateChanges"), (name, answer)
        elif name.endswith("/copy"):
            assert answer["type"] in ("fromAccountNotFound", "invalidArguments"), (name, answer)
        else:
            assert answered == name, (name, answer)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something can be put instead."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


def spoil(arguments: Any, path: tuple[Any, ...], way: str, value: Any) -> None:
    """Put a value at a place, or another name, or take the place away."""
    holder = arguments
    for key in path[:-1]:
        holder = holder[key]
    key = path[-1]
    if way == "value":
        holder[key] = value
    elif way == "remove":
        del holder[key]
    elif isinstance(holder, dict):
        holder[value if isinstance(value, str) else "x"] = holder[key] if way == "also" else holder.pop(key)


junk = st.recursive(
    st.sampled_from(HOSTILE)
    | st.text(max_size=8)
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
ways = st.sampled_from(("value", "value", "value", "remove", "name", "also"))


def check(browser: Browser, calls: list[Call]) -> None:
    before = cpu_seconds(browser.server)
    status, told = browser.request(*calls)
    used = cpu_seconds(browser.server) - before
    assert status in (200, 400), (status, told)
    if status == 200:
        for name, answer, _ in told["methodResponses"]:
            assert name != "error" or answer["type"] != "serverFail", (calls, answer)
    assert used < CPU_SECONDS_MAX, (calls, used)


@st.composite
def spoilt(draw: st.DrawFn, good: list[Call]) -> list[Call]:
    calls = []
    for _ in range(draw(st.integers(1, 2))):
        name, arguments = deepcopy(draw(st.sampled_from(good)))
        for _ in range(draw(st.integers(1, 3))):
            where = list(places(arguments))
            if where:
                spoil(arguments, draw(st.sampled_from(where)), draw(ways), deepcopy(draw(junk)))
        calls.append((name, arguments))
    return calls


def fuzz(browser: Browser, good: list[Call], count: int) -> None:
    @settings(
        max_examples=count,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=count < 5_000,
    )
    @given(calls=spoilt(good))
    def run(calls: list[Call]) -> None:
        check(browser, calls)

    run()


def test_spoilt_calls(browser: Browser, good: list[Call]) -> None:
    fuzz(browser, deepcopy(good), 400)


@pytest.mark.long
def test_many_spoilt_calls(browser: Browser, good: list[Call]) -> None:
    fuzz(browser, deepcopy(good), 30_000)


# JSON can say U+D800 and U+0000 (RFC 8259 §8.2); no text of ours can.
WRONG = ("\ud800x", "a\0b", "", [], {}, [[]], [{}], {"": None}, -1, True, 2**70, 1.5, "x" * 70_000)


@pytest.mark.parametrize("wrong", WRONG, ids=range(len(WRONG)))
def test_every_place_with_something_wrong(browser: Browser, good: list[Call], wrong: Any) -> None:
    calls = []
    for name, arguments in good:
        for path in places(arguments):
            spoiled = deepcopy(arguments)
            spoil(spoiled, path, "value", wrong)
            calls.append((name, spoiled))
    for start in range(0, len(calls), 24):
        check(browser, calls[start : start + 24])
