"""The webmail's files and its page."""

import json
from base64 import b64encode
from hashlib import sha256

import pytest

from bocau.services.web.pages import with_boot
from bocau.services.web.static import accepted_encodings
from bocau.services.web.tests.conftest import INDEX, Site

ASSET = "/assets/main-1a2b.js"


async def test_files_as_the_browser_takes_them(site: Site) -> None:
    visitor = site.visitor()
    for accepted, encoding, body in (
        ("gzip, deflate, br", "br", b"brotli"),
        ("gzip", "gzip", b"gzip"),
        ("br;q=0, gzip;q=0.5", "gzip", b"gzip"),
        ("", None, b"let a = 1;" * 100),
    ):
        answer = await visitor.ask("GET", ASSET, accept_encoding=accepted)
        assert (answer.status, answer.headers.get("content-encoding"), answer.body) == (200, encoding, body)
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["vary"] == "accept-encoding"


async def test_what_has_no_hash_in_its_name_is_asked_for_again(site: Site) -> None:
    visitor = site.visitor()
    answer = await visitor.ask("GET", "/sw.js")
    assert answer.headers["cache-control"] == "no-cache"
    again = await visitor.ask("GET", "/sw.js", if_none_match=f"W/{answer.headers['etag']}")
    assert (again.status, again.body) == (304, b"")
    assert (await visitor.ask("GET", "/app.webmanifest")).headers[
        "content-type"
    ] == "application/manifest+json"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../index.html",
        "/assets/..%2findex.html",
        "/../conftest.py",
        "//etc/passwd",
        "/assets/",
        "/assets",
        "/assets/main-1a2b.js.br",
        "/notes.exe",
        "/index.html/",
        "/mailbox",
        "/loginx",
        "/auth",
        "/\0",
        "",
    ],
)
async def test_nothing_else_is_there(site: Site, path: str) -> None:
    answer = await site.visitor().ask("GET", path)
    assert answer.status == 404
    text = answer.body.decode()
    assert "Không tìm thấy" in text and "Not found" in text
    style = text.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}';" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path", ["/", "/login", "/mail/inbox/t/T1", "/mail", "/settings/security", "/compose/M5", "/compose/new"]
)
async def test_every_screen_is_the_page(site: Site, path: str) -> None:
    answer = await site.visitor().ask("GET", path)
    assert (answer.status, answer.body) == (200, INDEX)
    assert answer.headers["cache-control"] == "no-store"
    visitor = await site.logged_in()
    boot = (await visitor.ask("GET", path)).body.partition(b'id="boot">')[2].partition(b"</script>")[0]
    assert json.loads(boot) == (await visitor.ask("GET", "/auth/boot")).json


def test_what_is_inside_the_page_cannot_leave_its_script() -> None:
    hostile = {"name": "</script><script>alert(1)</script><!-- & \u2028"}
    page = with_boot(INDEX, hostile)
    assert page.count(b"<script") == 1 and page.count(b"</script") == 1 and b"<!--" not in page
    text = page.partition(b'id="boot">')[2].partition(b"</script>")[0]
    assert json.loads(text) == hostile


def test_accept_encoding() -> None:
    assert accepted_encodings("gzip;q=1.0, br ; q=0 , zstd;q=0.000, GZIP") == {"gzip"}
    assert accepted_encodings("") == {""}
