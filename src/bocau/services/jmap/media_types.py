"""Types that a stored body may be served with: none that a browser runs, whatever its sender says.

Scripts and styles would be taken from our own origin; pages and SVG would run in it.
"""

import re
from typing import Final

OPAQUE: Final = "application/octet-stream"
TYPE_CHARACTERS_MAX: Final = 127
_TYPE: Final = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,63}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,63}\Z", re.ASCII
)
_HARMLESS: Final = re.compile(
    r"""(?:
    image/(?:png|jpeg|gif|webp|avif|bmp|heic|heif|tiff|x-icon|vnd\.microsoft\.icon)
    | audio/[a-z0-9.-]+ | video/[a-z0-9.-]+ | font/[a-z0-9.-]+
    | text/(?:plain|csv|calendar|vcard|x-vcard|markdown|rtf|directory|rfc822-headers)
    | message/(?:rfc822|global|delivery-status|disposition-notification|feedback-report|partial|external-body)
    | application/(?:pdf|zip|gzip|json|rtf|msword|ics|mbox|octet-stream|epub\+zip|pgp-[a-z]+|x-pgp-[a-z]+
        |pkcs7-[a-z]+|x-pkcs7-[a-z]+|pkcs10|x-tar|x-7z-compressed|x-rar-compressed|x-zip-compressed|x-bzip2
        |ms-tnef|vnd\.[a-z0-9.-]+)
    )\Z""",
    re.VERBOSE,
)


def is_type(text: str) -> bool:
    """Whether it is type "/" subtype (RFC 6838 §4.2)."""
    return _TYPE.match(text) is not None


def said_type(text: str) -> str:
    """The media type of a Content-Type field, without its parameters; OPAQUE for none and for nonsense."""
    kind = text[: TYPE_CHARACTERS_MAX + 1].partition(";")[0].strip(" \t").lower()
    return kind if is_type(kind) else OPAQUE


def safe_type(text: str) -> str:
    """The same, if a browser does nothing with it but show it; otherwise OPAQUE."""
    kind = said_type(text)
    return kind if _HARMLESS.match(kind) else OPAQUE
