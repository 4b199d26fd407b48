"""The webmail's built files, from the package, by exact name: nothing else of the disk can be asked for.

dist/assets/… have a hash of their content in the name and are kept for ever; the rest is asked for again.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bocau.runtime.asgi import Headers, Receive, Scope, Send, header, respond

DIST: Final = Path(__file__).parent / "dist"
INDEX: Final = "index.html"
ASSETS: Final = "/assets/"
FILES_MAX: Final = 1_000
FILE_BYTES_MAX: Final = 4 * 1024 * 1024
ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))
"""The better one first."""
TYPES: Final = {
    ".js": b"text/javascript; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".svg": b"image/svg+xml",
    ".png": b"image/png",
    ".ico": b"image/x-icon",
    ".json": b"application/json",
    ".webmanifest": b"application/manifest+json",
    ".woff2": b"font/woff2",
    ".txt": b"text/plain; charset=utf-8",
}
"""What may be there; a file of another type is not served."""
IMMUTABLE: Final = b"public, max-age=31536000, immutable"
ASKED_AGAIN: Final = b"no-cache"


@dataclass(frozen=True, slots=True)
class File:
    kind: bytes
    body: bytes
    encoded: dict[str, bytes]
    """By encoding."""
    tag: bytes
    """Its ETag."""

    def chosen(self, accepted: frozenset[str]) -> tuple[bytes, str]:
        """The body to send, and its encoding ("" for none)."""
        for name, _ in ENCODINGS:
            if name in accepted and name in self.encoded:
                return self.encoded[name], name
        return self.body, ""


class StaticFiles:
    """Read when first asked for, and again when the package's index has changed."""

    def __init__(self, folder: Path = DIST) -> None:
        self._folder = folder
        self._read_at = -1
        self._files: dict[str, File] = {}
        self._index = b""

    def index(self) -> bytes:
        """The page of the webmail; b"" when it is not built."""
        self._refresh()
        return self._index

    def find(self, path: str) -> File | None:
        if self._read_at < 0:
            self._refresh()
        return self._files.get(path)

    def _refresh(self) -> None:
        index = self._folder / INDEX
        try:
            changed_at = index.stat().st_mtime_ns
            if changed_at != self._read_at:
                self._index, self._files = index.read_bytes(), _read_all(self._folder)
                self._read_at = changed_at
        except OSError:
            # Not built, or being built at this moment.
            self._index, self._files, self._read_at = b"", {}, -1


def _read_all(folder: Path) -> dict[str, File]:
    found: dict[str, File] = {}
    for path in sorted(folder.rglob("*"))[: FILES_MAX * 3]:
        kind = TYPES.get(path.suffix)
        if kind is not None and path.is_file() and path.stat().st_size <= FILE_BYTES_MAX:
            found["/" + path.relative_to(folder).as_posix()] = _read(path, kind)
    return found


def _read(path: Path, kind: bytes) -> File:
    body = path.read_bytes()
    beside = {name: path.with_name(path.name + suffix) for name, suffix in ENCODINGS}
    encoded = {name: file.read_bytes() for name, file in beside.items() if file.is_file()}
    return File(kind, body, encoded, b'"%s"' % hashlib.sha256(body).hexdigest()[:32].encode("ascii"))


def accepted_encodings(field: str) -> frozenset[str]:
    """What Accept-Encoding names and does not refuse (RFC 9110 §12.5.3)."""
    found = set()
    for part in field.split(",")[:20]:
        name, _, rest = part.partition(";")
        weight = rest.replace(" ", "")
        if not (weight.startswith("q=0") and set(weight[3:]) <= {".", "0"}):
            found.add(name.strip(" ").lower())
    return frozenset(found)


async def send_file(file: File, scope: Scope, receive: Receive, send: Send) -> None:
    is_lasting = scope["path"].startswith(ASSETS)
    headers: list[tuple[bytes, bytes]] = [
        (b"cache-control", IMMUTABLE if is_lasting else ASKED_AGAIN),
        (b"etag", file.tag),
        (b"vary", b"accept-encoding"),
    ]
    if file.tag.decode("ascii") in header(scope, b"if-none-match"):
        await respond(send, 304, b"", b"", headers)
        return
    body, encoding = file.chosen(accepted_encodings(header(scope, b"accept-encoding")))
    encoded: Headers = [(b"content-encoding", encoding.encode("ascii"))] if encoding else []
    await respond(send, 200, body, file.kind, [*headers, *encoded])
