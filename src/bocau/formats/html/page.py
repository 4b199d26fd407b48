"""The page in which a cleaned body is shown: a document of its own, for a sandboxed frame."""

from collections.abc import Callable
from html import escape
from typing import Final

from bocau.formats.html.cleaning import Cleaned, Pieces
from bocau.formats.html.references import Reference

Address = Callable[[Reference], str]
"""Where on this server the thing is to be had: letters, digits and "/._~-" only."""

_STYLE: Final = """
:root{color-scheme:light}
html{background:#fff;color:#1b1f24}
body{margin:0;padding:0;font:15px/1.6 system-ui,"Segoe UI",Roboto,"Noto Sans",sans-serif;contain:paint;
overflow-wrap:anywhere}
.mail{max-width:100%;overflow-x:auto}
.mail img{max-width:100%}
.mail img:not([src]){outline:1px dashed #7d8590;color:#57606a}
:where(.mail img[alt]:not([src],[alt=""])){display:inline-block}
.mail table{overflow-wrap:normal}
.mail .m-text{white-space:pre-wrap}
.mail blockquote{margin:0 0 0 8px;padding:0 0 0 10px;border-left:2px solid #d8dee4}
.mail .m-quoted>summary{cursor:pointer;width:max-content;margin:8px 0;padding:2px 10px;border-radius:6px;
background:#f6f7f9;color:#57606a;font:13px/18px system-ui,sans-serif}
.mail .m-leads{color:#7a4d00}
@media screen{
html.dark{color-scheme:dark;background:#14171c;color:#e6e8eb}
html.dark a{color:#8ab4f8}
html.dark .mail blockquote{border-left-color:#2f353d}
html.dark .mail .m-quoted>summary{background:#1c2027;color:#a3abb6}
html.dark .mail .m-leads{color:#f0c36d}
}
"""


def page(cleaned: Cleaned, address: Address, *, scheme: str = "light", language: str = "en") -> str:
    """The whole document. Dark only where the message has no colours of its own."""
    is_dark = scheme == "dark" and not cleaned.has_colours
    sheet = joined(cleaned.sheet, cleaned.references, address)
    return (
        f'<!DOCTYPE html><html lang="{escape(language)}" class="{"dark" if is_dark else "light"}"><head>'
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta name="referrer" content="no-referrer"><title></title><style>{_STYLE}{sheet}</style></head>'
        f'<body><div class="mail">{joined(cleaned.body, cleaned.references, address)}</div></body></html>'
    )


def joined(pieces: Pieces, references: list[Reference], address: Address) -> str:
    """The pieces with the addresses of their references."""
    addresses = [address(one) for one in references]
    return "".join(addresses[piece] if isinstance(piece, int) else piece for piece in pieces)
