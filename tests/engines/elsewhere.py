"""Everywhere but the server: a proxy that answers for every name, and writes down who was asked for."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

NOBODYS = (".test", ".invalid", ".example")
"""Names that are nobody's (RFC 6761): mail asks for them alone, not a browser for itself."""


class Elsewhere:
    """Pages of its own by address, and the paths that were asked for."""

    def __init__(self, port: int) -> None:
        self.proxy = f"127.0.0.1:{port}"
        self.pages: dict[str, tuple[str, str]] = {}
        """Address → policy ("" for none) and HTML."""
        self.asked: list[str] = []

    def seen(self) -> list[str]:
        """Addresses that some page has asked for, and that are not of `pages`."""
        return [url for url in self.asked if _host(url).endswith(NOBODYS)]


def _host(url: str) -> str:
    return (urlsplit(url).hostname if "//" in url else url.partition(":")[0]) or ""


@contextmanager
def elsewhere() -> Iterator[Elsewhere]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = there.pages.get(self.path)
            if found is None:
                there.asked.append(self.path)
            policy, html = found or ("", "")
            body = html.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            if policy:
                self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(body)

        def do_CONNECT(self) -> None:
            there.asked.append(self.path)
            self.send_error(502)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Nothing to say: `asked` has it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        there = Elsewhere(server.server_port)
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield there
        finally:
            server.shutdown()
            serving.join()
