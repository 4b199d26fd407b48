"""Requests: what is checked, how calls use the answers before them, what is bounded (RFC 8620 §3; E-11)."""

from typing import Any, cast

import pytest

from bocau.runtime.log import get_log
from bocau.services.jmap import dispatch
from bocau.services.jmap import limits as limits_module
from bocau.services.jmap.capabilities import CORE, MAIL
from bocau.services.jmap.context import Arguments, Context, JmapRooms, Registered
from bocau.services.jmap.dispatch import Invocation, Request, parse_request, run
from bocau.services.jmap.errors import RequestError
from bocau.services.jmap.limits import POINTER_DEPTH_MAX, Limits
from bocau.services.jmap.methods.core import echo

ROOMS = JmapRooms(*cast("Any", (None, None, None, None, None, get_log("test"))))


async def _list(context: Context, arguments: Arguments) -> Arguments:
    return {"list": [{"id": "a", "to": [1, 2]}, {"id": "b", "to": [3]}]}


async def _break(context: Context, arguments: Arguments) -> Arguments:
    raise RuntimeError("a bug")


async def _sleep(context: Context, arguments: Arguments) -> Arguments:
    import asyncio

    await asyncio.Event().wait()
    return {}


METHODS = {
    "Core/echo": Registered(CORE, echo),
    "Foo/get": Registered(CORE, _list),
    "Bug/get": Registered(CORE, _break),
    "Slow/get": Registered(CORE, _sleep),
    "Mail/get": Registered(MAIL, _list),
}


async def _run(*calls: Invocation, rooms: JmapRooms = ROOMS) -> list[Invocation]:
    context = Context(rooms, cast("Any", None), frozenset((CORE,)))
    return await run(Request(context.using, list(calls), None), context, METHODS)


def _reference(of: str, name: str, path: str) -> dict[str, str]:
    return {"resultOf": of, "name": name, "path": path}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/list/*/id", ["a", "b"]),
        ("/list/*/to", [1, 2, 3]),
        ("/list/1/to/0", 3),
        ("/list/0", {"id": "a", "to": [1, 2]}),
    ],
)
async def test_a_reference_leads_into_an_earlier_answer(path: str, expected: Any) -> None:
    """RFC 8620 §3.7."""
    calls = ("Foo/get", {}, "0"), ("Core/echo", {"#x": _reference("0", "Foo/get", path)}, "1")
    assert (await _run(*calls))[1] == ("Core/echo", {"x": expected}, "1")


@pytest.mark.parametrize(
    "reference",
    [
        _reference("2", "Foo/get", "/list"),
        _reference("1", "Core/echo", "/x"),
        _reference("none", "Foo/get", "/list"),
        _reference("0", "Core/echo", "/list"),
        _reference("0", "Foo/get", "/list/9"),
        _reference("0", "Foo/get", "/list/-1"),
        _reference("0", "Foo/get", "/list/00"),
        _reference("0", "Foo/get", "list"),
        _reference("0", "Foo/get", "/list" * 1000),
        _reference("0", "Foo/get", "/*" * (POINTER_DEPTH_MAX + 1)),
        {"resultOf": "0", "name": "Foo/get"},
        {"resultOf": "0", "name": "Foo/get", "path": 7},
        "nonsense",
    ],
)
async def test_a_reference_that_leads_nowhere_is_refused(reference: Any) -> None:
    """Forward, to itself, missing, of another name, too deep (E-11)."""
    calls = ("Foo/get", {}, "0"), ("Core/echo", {"#x": reference}, "1"), ("Foo/get", {}, "2")
    name, told, _ = (await _run(*calls))[1]
    assert (name, told["type"]) == ("error", "invalidResultReference")


async def test_an_argument_is_not_given_twice() -> None:
    calls = ("Foo/get", {}, "0"), ("Core/echo", {"x": 1, "#x": _reference("0", "Foo/get", "/list")}, "1")
    assert (await _run(*calls))[1][1]["type"] == "invalidArguments"


async def test_calls_that_double_each_other_come_to_an_end() -> None:
    """Thirty calls of twice the one before would be an answer of a billion values."""
    calls: list[Invocation] = [("Core/echo", {"a": "x" * 1000, "b": "y" * 1000}, "0")]
    for number in range(1, 31):
        both = _reference(str(number - 1), "Core/echo", "")
        calls.append(("Core/echo", {"#a": both, "#b": both}, str(number)))
    answers = await _run(*calls)
    assert "error" in [name for name, _, _ in answers]


async def test_a_bug_ends_one_call_and_tells_nothing_of_itself() -> None:
    answers = await _run(("Bug/get", {}, "0"), ("Core/echo", {"x": 1}, "1"))
    assert answers == [("error", {"type": "serverFail"}, "0"), ("Core/echo", {"x": 1}, "1")]


async def test_a_request_has_its_time() -> None:
    rooms = JmapRooms(*cast("Any", (None, None, None, None, None, get_log("test"))), _settings(0.01))
    answers = await _run(("Slow/get", {}, "0"), ("Slow/get", {}, "1"), rooms=rooms)
    assert [told["type"] for _, told, _ in answers] == ["serverUnavailable"] * 2


def _settings(seconds: float) -> Any:
    from bocau.services.jmap.settings import JmapSettings

    return JmapSettings(limits=Limits(request_seconds=seconds))


async def test_a_method_needs_its_capability() -> None:
    answers = await _run(("Mail/get", {}, "0"), ("No/such", {}, "1"))
    assert [told["type"] for _, told, _ in answers] == ["unknownMethod", "unknownMethod"]


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ([], "notRequest"),
        ({"using": [CORE]}, "notRequest"),
        ({"using": CORE, "methodCalls": []}, "notRequest"),
        ({"using": [CORE], "methodCalls": [["Core/echo", {}]]}, "notRequest"),
        ({"using": [CORE], "methodCalls": [["Core/echo", [], "0"]]}, "notRequest"),
        ({"using": [CORE], "methodCalls": [], "createdIds": {"a": 1}}, "notRequest"),
        ({"using": [CORE, "urn:x"], "methodCalls": []}, "unknownCapability"),
        ({"using": [CORE], "methodCalls": [["Core/echo", {}, "0"]] * 33}, "limit"),
    ],
)
def test_what_is_no_request_is_refused(document: Any, kind: str) -> None:
    """RFC 8620 §3.6.1."""
    with pytest.raises(RequestError) as caught:
        parse_request(document, frozenset((CORE, MAIL)), Limits())
    assert caught.value.kind == kind


def test_as_many_calls_as_promised() -> None:
    document = {"using": [CORE], "methodCalls": [["Core/echo", {}, "0"]] * 32}
    assert len(parse_request(document, frozenset((CORE,)), Limits()).calls) == 32
    assert limits_module.REFERRED_WEIGHT_MAX > 100_000


async def test_after_long_answers_nothing_more_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call may answer with much; 32 of them may not."""
    monkeypatch.setattr(dispatch, "ANSWER_BYTES_MAX", 100)
    kept: list[Invocation] = []
    calls: list[Invocation] = [("Core/echo", {"a": str(number)}, str(number)) for number in range(5)]

    def keep(response: Invocation) -> int:
        kept.append(response)
        return 51

    context = Context(ROOMS, cast("Any", None), frozenset((CORE,)))
    responses = await run(Request(context.using, calls, None), context, METHODS, keep)
    assert [name for name, _, _ in responses] == ["Core/echo", "Core/echo", "error", "error", "error"]
    assert responses[-1][1]["type"] == "requestTooLarge"
    assert kept == responses
