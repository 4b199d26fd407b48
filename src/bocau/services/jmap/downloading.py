"""GET /jmap/download/{accountId}/{blobId}/{name}: a blob as a file to save, never as a page (RFC 8620 §6.2).

Whatever the sender says it is: its type is one of `media_types`, it is an attachment, nothing sniffs it, and
if it is opened all the same it lies in a sandbox without scripts.
"""

import re
from typing import Final
from urllib.parse import parse_qs, quote

from bocau.base.ids import AccountId
from bocau.runtime.asgi import Headers, Scope, Send, header, respond
from bocau.services.jmap.blobs import BlobSource, resolve
from bocau.services.jmap.context import JmapRooms
from bocau.services.jmap.media_types import safe_type

NAME_CHARACTERS_MAX: Final = 200
_RANGE: Final = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})\Z", re.ASCII)
_SAFE_HEADERS: Final = [
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"private, immutable, max-age=31536000"),
    (b"vary", b"Authorization, Cookie"),
    (b"accept-ranges", b"bytes"),
    (b"access-control-allow-origin", b"*"),
]


async def send_blob(
    rooms: JmapRooms, account: AccountId, blob_id: str, name: str, scope: Scope, send: Send
) -> None:
    """Answer with the blob, or the range of it that was asked for (RFC 9110 §14). NoSuchBlob, TryLater."""
    source = await resolve(rooms, account, blob_id)
    asked = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=20)
    headers = [
        (b"content-type", safe_type(asked.get("type", [source.type])[0]).encode("ascii")),
        (b"content-disposition", disposition(name)),
        (b"etag", f'"{blob_id}"'.encode("ascii")),
        *_SAFE_HEADERS,
    ]
    if header(scope, b"if-none-match") == f'"{blob_id}"':
        await respond(send, 304, b"", b"", headers)
        return
    span = asked_range(header(scope, b"range"), source.size)
    if span is None:
        more = [(b"content-range", b"bytes */%d" % source.size)]
        await respond(send, 416, b"", b"", more)
    else:
        await _send(rooms, source, span, headers, scope, send)


async def _send(
    rooms: JmapRooms, source: BlobSource, span: tuple[int, int], headers: Headers, scope: Scope, send: Send
) -> None:
    start, end = span
    is_part = (start, end) != (0, source.size)
    head = [*headers, (b"content-length", b"%d" % (end - start))]
    if is_part:
        head.append((b"content-range", b"bytes %d-%d/%d" % (start, end - 1, source.size)))
    await send({"type": "http.response.start", "status": 206 if is_part else 200, "headers": head})
    if scope["method"] != "HEAD":
        async for piece in source.stream(rooms.store, start, end):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def asked_range(field: str, size: int) -> tuple[int, int] | None:
    """(start, end) of a Range field; all of it when there is none or it names several; None: it cannot be
    satisfied."""
    match = _RANGE.match(field)
    if match is None or match.groups() == ("", ""):
        return 0, size
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1 if last else size)
    return (start, end) if start < end else None


def disposition(name: str) -> bytes:
    """Content-Disposition: an attachment of this name, in ASCII and as it is (RFC 6266, RFC 8187)."""
    shown = "".join(" " if not one.isprintable() else one for one in name)[:NAME_CHARACTERS_MAX]
    shown = shown.replace("/", "_").replace("\\", "_").strip(" .")
    if not shown:
        return b"attachment"
    plain = re.sub(r'[^ -~]|["%;]', "_", shown)
    extended = quote(shown.encode("utf-8", "replace"), safe="!#$&+-.^_`|~")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{extended}".encode("ascii")
