"""Requests that ask for too much (RFC 8620 §3.6, E-11): an error of the standard, soon, and no harm."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from os import sysconf
from pathlib import Path
from typing import Any

import pytest
from client import Client

from harness import Server
from jmap_client import USING

USER = "user8"
CPU_SECONDS_MAX = 5.0
MANY = 100_000
DEEP = 1000
CORE = USING[0]


def _cpu_seconds(server: Server) -> float:
    """Of all processes of the server."""
    ticks = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == server.pid:  # The process group.
                ticks += int(fields[11]) + int(fields[12])
    return ticks / sysconf("SC_CLK_TCK")


@contextmanager
def _cheap(client: Client) -> Iterator[None]:
    before = _cpu_seconds(client.server)
    yield
    assert _cpu_seconds(client.server) - before < CPU_SECONDS_MAX


def _kind(client: Client, name: str, **arguments: Any) -> str:
    with _cheap(client):
        return client.error(name, **arguments)


def test_a_deep_pointer(client: Client) -> None:
    calls = [
        ("Core/echo", {"a": 1}),
        ("Core/echo", {"#x": {"resultOf": "0", "name": "Core/echo", "path": "/a" * DEEP}}),
    ]
    with _cheap(client):
        assert client.bare(*calls, using=[CORE])[1][1]["type"] == "invalidResultReference"


def test_references_that_double_and_double(client: Client) -> None:
    """Each call could answer twice what the call before it did."""
    calls: list[Any] = [("Core/echo", {"a": ["x" * 1000]})]
    for number in range(31):
        reference = {"resultOf": str(number), "name": "Core/echo", "path": "/a" if number == 0 else ""}
        calls.append(("Core/echo", {"#a": reference, "#b": reference}))
    with _cheap(client):
        answered = client.bare(*calls, using=[CORE])
    assert answered[-1][1]["type"] == "invalidResultReference" and len(json.dumps(answered)) < 100_000_000


@pytest.mark.parametrize("kind", ["Email", "Mailbox", "Thread", "EmailSubmission", "Identity", "Blob"])
def test_too_many_ids(client: Client, kind: str) -> None:
    assert _kind(client, f"{kind}/get", ids=[f"x{number}" for number in range(MANY)]) == "requestTooLarge"


def test_too_many_ids_by_reference(client: Client) -> None:
    told = {"accountId": client.account, "#ids": {"resultOf": "0", "name": "Core/echo", "path": "/a/*/b"}}
    echo = {"a": [{"b": [f"x{number}" for number in range(100)]} for _ in range(1000)]}
    with _cheap(client):
        answered = client.bare(("Core/echo", echo), ("Email/get", told), using=USING)
    # As a set there are but a hundred.
    assert answered[1][0] == "Email/get" and len(answered[1][1]["notFound"]) == 100


@pytest.mark.parametrize(
    ("name", "argument", "what"),
    [
        ("Email/set", "destroy", [f"M{number}" for number in range(MANY)]),
        ("Mailbox/set", "create", {f"k{number}": {"name": f"n{number}"} for number in range(2000)}),
        ("Email/set", "update", {f"M{number}": {"keywords/x": True} for number in range(2000)}),
        (
            "Email/import",
            "emails",
            {f"k{number}": {"blobId": "x", "mailboxIds": {}} for number in range(2000)},
        ),
        ("Email/parse", "blobIds", [f"M{number}" for number in range(MANY)]),
        ("SearchSnippet/get", "emailIds", [f"M{number}" for number in range(MANY)]),
    ],
)
def test_too_many_objects(client: Client, name: str, argument: str, what: Any) -> None:
    assert _kind(client, name, **{argument: what}) == "requestTooLarge"


@pytest.mark.parametrize(
    "arguments",
    [
        {"filter": {"operator": "OR", "conditions": [{"text": f"w{number}"} for number in range(1000)]}},
        {"filter": {"text": " ".join(f"w{number}" for number in range(MANY))}},
        {"filter": {"text": "x" * 1_000_000}},
        {"filter": {"inMailboxOtherThan": [f"F1-{number}" for number in range(MANY)]}},
        {"sort": [{"property": "subject"}] * 1000},
    ],
)
def test_queries_that_ask_too_much(client: Client, arguments: Any) -> None:
    assert _kind(client, "Email/query", **arguments) in ("unsupportedFilter", "unsupportedSort")


def test_properties_without_end(client: Client) -> None:
    properties = [f"header:X-{number}" for number in range(MANY)]
    assert _kind(client, "Email/get", ids=[], properties=properties) == "invalidArguments"


@pytest.mark.parametrize(
    "text", ["[" * 100_000 + "]" * 100_000, '{"a":' * 5000 + "1" + "}" * 5000, "[" + "[]," * 200_000 + "[]]"]
)
def test_json_that_is_deep_or_wide(client: Client, text: str) -> None:
    body = f'{{"using": ["{CORE}"], "methodCalls": [["Core/echo", {{"a": {text}}}, "0"]]}}'.encode()
    with _cheap(client):
        status, problem = client.problem(body)
    assert (status, problem["type"]) == (400, "urn:ietf:params:jmap:error:notJSON")


def test_a_structure_without_end(client: Client) -> None:
    deep: dict[str, Any] = {"partId": "1", "type": "text/plain"}
    for _ in range(20):
        deep = {"type": "multipart/mixed", "subParts": [deep]}
    wide = {"type": "multipart/mixed", "subParts": [{"partId": "1", "type": "text/plain"}] * 5000}
    for structure in (deep, wide):
        with _cheap(client):
            told = client.call(
                "Email/set", create={"x": client.drafted(textBody=None, bodyStructure=structure)}
            )
        assert told["created"] or told["notCreated"]["x"]["type"] == "invalidProperties"


def test_numbers_out_of_range(client: Client) -> None:
    """RFC 8620 §1.3"""
    for number in (2**53, -(2**53), 10**400, 1.5, True, "1"):
        for name in ("position", "anchorOffset", "limit"):
            assert client.error("Email/query", **{name: number}) == "invalidArguments"
        assert client.error("Email/changes", sinceState="0-0", maxChanges=number) == "invalidArguments"
