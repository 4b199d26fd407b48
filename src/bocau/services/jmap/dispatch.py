"""A request: its method calls one after the other, each able to use the answers before it (RFC 8620 §3).

JSON → Request (checked whole) → for each call: result references → method → responses
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bocau.base.errors import BocauError
from bocau.services.jmap.context import Arguments, Context, Registered, Response
from bocau.services.jmap.errors import MethodError, RequestError, method_error
from bocau.services.jmap.limits import Limits
from bocau.services.jmap.pointers import evaluate

Invocation = tuple[str, Arguments, str]
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


async def run(request: Request, context: Context, methods: Mapping[str, Registered]) -> list[Invocation]:
    """The method responses. Nothing a method raises ends the request."""
    responses: list[Invocation] = []
    for name, arguments, tag in request.calls:
        context.more.clear()
        answered = await _answer(name, arguments, responses, context, methods)
        responses.append((*answered, tag))
        responses += [(more, told, tag) for more, told in context.more]
    return responses


async def _answer(
    name: str,
    arguments: Arguments,
    before: list[Invocation],
    context: Context,
    methods: Mapping[str, Registered],
) -> Response:
    method = methods.get(name)
    try:
        if method is None or method.capability not in context.using:
            raise MethodError("unknownMethod")
        return name, await method.run(context, resolved(arguments, before))
    except MethodError as error:
        return "error", error.told()
    except BocauError as error:
        return "error", method_error(error).told()
    except Exception as error:
        context.rooms.log.error("a method failed", method=name, error=error)
        return "error", {"type": "serverFail"}


def resolved(arguments: Arguments, before: list[Invocation]) -> Arguments:
    """The arguments with their result references replaced (RFC 8620 §3.7). MethodError
    invalidResultReference, invalidArguments."""
    if not any(name.startswith("#") for name in arguments):
        return arguments
    found: Arguments = {}
    for name, value in arguments.items():
        if not name.startswith("#"):
            found[name] = value
            continue
        if name[1:] in arguments:
            raise MethodError("invalidArguments", f"{name[1:]} is given twice")
        found[name[1:]] = _referred(value, before)
    return found


def _referred(reference: object, before: list[Invocation]) -> Any:
    if not isinstance(reference, dict) or not _RESULT_REFERENCE.issuperset(reference):
        raise MethodError("invalidResultReference", "a reference is {resultOf, name, path}")
    of, name, path = (reference.get(key) for key in ("resultOf", "name", "path"))
    if not isinstance(path, str):
        raise MethodError("invalidResultReference", "a reference is {resultOf, name, path}")
    for answered, told, tag in before:
        if tag == of:
            if answered != name:
                break
            return evaluate(told, path)
    raise MethodError("invalidResultReference", "there is no such response")
