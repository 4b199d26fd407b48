"""Pages that only say something, in both languages: what is not there, what must wait.

Their style is in the page, so each answer brings a policy that allows exactly that and nothing else.
"""

import base64
import hashlib
from typing import Final

from bocau.runtime.asgi import Headers, Send, respond
from bocau.services.web.answers import NOT_KEPT

HTML: Final = b"text/html; charset=utf-8"
_STYLE: Final = (
    ":root{color-scheme:light dark}"
    "body{max-width:34rem;margin:12vh auto;padding:0 1rem;font:1rem/1.5 system-ui,sans-serif}"
    "h1{font-size:1.25rem;margin:0}p{margin:.25rem 0 2rem}"
)
_DIGEST: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode("ascii")
_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def _page(english: tuple[str, str], vietnamese: tuple[str, str]) -> bytes:
    """Of a heading and a text each."""
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{english[0]} · {vietnamese[0]}</title>\n<style>{_STYLE}</style>\n"
        f"<main>\n<h1>{english[0]}</h1>\n<p>{english[1]}</p>\n"
        f'<section lang="vi">\n<h1>{vietnamese[0]}</h1>\n<p>{vietnamese[1]}</p>\n</section>\n'
        "</main>\n</html>\n"
    ).encode()


_MISSING: Final = _page(
    ("Not found", 'There is nothing at this address. <a href="/">Go to your mail</a>'),
    ("Không tìm thấy", 'Không có gì ở địa chỉ này. <a href="/">Đến hộp thư của bạn</a>'),
)
_NOT_BUILT: Final = _page(
    ("No webmail", "The webmail is not part of this installation. IMAP, POP3 and JMAP are."),
    ("Không có webmail", "Bản cài đặt này không có webmail. IMAP, POP3 và JMAP vẫn dùng được."),
)
_BUSY: Final = _page(
    ("Busy", "The server cannot do this at the moment. Nothing is lost. Load the page again in a moment."),
    ("Đang bận", "Máy chủ chưa làm được việc này ngay. Không mất gì cả. Hãy tải lại trang sau giây lát."),
)


async def missing(send: Send) -> None:
    await _say(send, 404, _MISSING)


async def not_built(send: Send) -> None:
    await _say(send, 404, _NOT_BUILT)


async def busy(send: Send) -> None:
    await _say(send, 503, _BUSY, [(b"retry-after", b"10")])


async def _say(send: Send, status: int, page: bytes, more: Headers = ()) -> None:
    policy = (b"content-security-policy", _POLICY.encode("ascii"))
    await respond(send, status, page, HTML, [policy, (b"x-frame-options", b"DENY"), NOT_KEPT, *more])
