"""A request: its method calls one after the other, each able to use the answers before it (RFC 8620 §3).

JSON → Request (checked whole) → for each call: result references → method → responses
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bocau.base.errors import BocauError
from bocau.services.jmap.context import Arguments, Context, Registered, Response
from bocau.services.jmap.errors import MethodError, RequestError, method_error
from bocau.services.jmap.limits import ANSWER_BYTES_MAX, REFERRED_WEIGHT_MAX, Limits
from bocau.services.jmap.pointers import evaluate, weight

Invocation = tuple[str, Arguments, str]
_TOO_LARGE: Final = MethodError("requestTooLarge", "the answers before this one are long: ask for fewer")
_RESULT_REFERENCE: Final = frozenset(("resultOf", "name", "path"))


@dataclass(frozen=True, slots=True)
class Request:
    using: frozenset[str]
    calls: list[Invocation]
    created_ids: dict[str, str] | None
    """None: the client does not want them back."""


def parse_request(document: Any, capabilities: frozenset[str], limits: Limits) -> Request:
    """Check a decoded request. RequestError notRequest, unknownCapability, limit."""
    if not isinstance(document, dict):
        raise _not_request("a request is an object")
    using, calls = document.get("using"), document.get("methodCalls")
    if not isinstance(using, list) or not all(isinstance(one, str) for one in using):
        raise _not_request("using is a list of capabilities")
    if not isinstance(calls, list) or not all(map(_is_invocation, calls)):
        raise _not_request("methodCalls is a list of [name, arguments, call id]")
    created = document.get("createdIds")
    if created is not None and not _is_text_map(created):
        raise _not_request("createdIds maps names to ids")
    unknown = sorted(set(using) - capabilities)
    if unknown:
        raise RequestError("unknownCapability", 400, f"not supported: {', '.join(unknown)[:200]}")
    if len(calls) > limits.max_calls_in_request:
        raise RequestError(
            "limit", 400, f"at most {limits.max_calls_in_request} method calls", "maxCallsInRequest"
        )
    return Request(frozenset(using), [(name, args, tag) for name, args, tag in calls], created)


def _not_request(detail: str) -> RequestError:
    return RequestError("notRequest", 400, detail)


def _is_invocation(value: object) -> bool:
    match value:
        case [str(), dict(), str()]:
            return True
    return False


def _is_text_map(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())


async def run(
    request: Request,
    context: Context,
    methods: Mapping[str, Registered],
    keep: Callable[[Invocation], int] = lambda response: 0,
) -> list[Invocation]:
    """The method responses. Nothing a method raises ends the request.

    `keep` is given each response and says how many octets it takes in the answer.
    """
    responses: list[Invocation] = []
    size_bytes = 0
    ends_at = asyncio.get_running_loop().time() + context.rooms.settings.limits.request_seconds
    references = References(responses)
    for name, arguments, tag in request.calls:
        context.more.clear()
        if size_bytes > ANSWER_BYTES_MAX:
            answered: Response = "error", _TOO_LARGE.told()
        else:
            answered = await _answer(name, arguments, references, context, methods, ends_at)
        new = [(*answered, tag), *((more, told, tag) for more, told in context.more)]
        responses += new
        size_bytes += sum(map(keep, new))
        await asyncio.sleep(0)
    return responses


async def _answer(
    name: str,
    arguments: Arguments,
    references: "References",
    context: Context,
    methods: Mapping[str, Registered],
    ends_at: float,
) -> Response:
    method = methods.get(name)
    try:
        if method is None or method.capability not in context.using:
            raise MethodError("unknownMethod")
        found = references.resolved(arguments)
        async with asyncio.timeout_at(ends_at):
            return name, await method.run(context, found)
    except MethodError as error:
        return "error", error.told()
    except TimeoutError:
        return "error", MethodError("serverUnavailable", "the request took too long").told()
    except BocauError as error:
        return "error", method_error(error).told()
    except Exception as error:
        context.rooms.log.error("a method failed", method=name, error=error)
        return "error", {"type": "serverFail"}


class References:
    """Result references of one request (RFC 8620 §3.7)."""

    def __init__(self, before: list[Invocation]) -> None:
        self._before = before
        self._weight_left = REFERRED_WEIGHT_MAX

    def resolved(self, arguments: Arguments) -> Arguments:
        """The arguments with their references replaced. MethodError invalidResultReference,
        invalidArguments."""
        if not any(name.startswith("#") for name in arguments):
            return arguments
        found: Arguments = {}
        for name, value in arguments.items():
            if not name.startswith("#"):
                found[name] = value
                continue
            if name[1:] in arguments:
                raise MethodError("invalidArguments", f"{name[1:]} is given twice")
            found[name[1:]] = self._referred(value)
        return found

    def _referred(self, reference: object) -> Any:
        if not isinstance(reference, dict) or not _RESULT_REFERENCE.issuperset(reference):
            raise _lost("a reference is {resultOf, name, path}")
        of, name, path = (reference.get(key) for key in ("resultOf", "name", "path"))
        if not isinstance(path, str):
            raise _lost("a reference is {resultOf, name, path}")
        answered = next((one for one in self._before if one[2] == of), None)
        if answered is None or answered[0] != name:
            raise _lost("there is no such response")
        value = evaluate(answered[1], path)
        self._weight_left -= weight(value, self._weight_left)
        if self._weight_left < 0:
            raise _lost("the references of this request lead to too much")
        return value


def _lost(description: str) -> MethodError:
    return MethodError("invalidResultReference", description)
