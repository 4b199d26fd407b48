"""Bytes to text, whatever charset was declared: never fails, never slow (RFC 2045 §2.2, RFC 2978)."""

import codecs
import unicodedata
from functools import lru_cache
from typing import Final

CHARSET_NAME_MAX: Final = 40

_ALIASES: Final = {
    # Names met in the field, and the superset that senders really mean (as the WHATWG standard maps them).
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "ansi_x3.4-1968": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "big5": "big5hkscs",
    "windows-874": "cp874",
    "tis-620": "cp874",
    "iso-8859-8-i": "iso-8859-8",
}

# Quadratic on hostile input (punycode: 200 KB in 16 s), or no charset of mail at all.
_REFUSED: Final = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape"})
# Their octets look like ASCII and are not.
_SEVEN_BIT: Final = (b"utf-7", b"utf-16", b"utf-32", b"iso-2022", b"hz", b"unicode")


@lru_cache(maxsize=256)
def codec_name(charset: bytes) -> str | None:
    """Python's codec for a declared charset; None when there is none that may be used."""
    if not charset or len(charset) > CHARSET_NAME_MAX or not charset.isascii():
        return None
    name = charset.decode("ascii").strip("\"' ").casefold()
    name = _ALIASES.get(name, name)
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    return found if _is_text(found) and found.replace("-", "_") not in _REFUSED else None


def _is_text(name: str) -> bool:
    """Whether a codec is one of text: rot13, hex and zlib are not."""
    try:
        b"a".decode(name)
    except LookupError:
        return False
    except ValueError:
        return True  # half a character of UTF-16
    return True


def decode_charset(data: bytes, charset: bytes = b"") -> str:
    """Decode by the declared charset, else UTF-8, else the declared one or Windows-1252 with replacements."""
    if data.isascii() and reads_ascii(charset):
        return data.decode("ascii")
    name = codec_name(charset)
    for candidate in (name, "utf-8") if name else ("utf-8",):
        try:
            return _well_formed(data.decode(candidate), candidate)
        except UnicodeDecodeError as error:
            if candidate == "utf-8" and _is_cut(data, error, name):
                return data[: error.start].decode(candidate) + "\ufffd"
        except ValueError:
            continue
    return _well_formed(data.decode(name or "cp1252", "replace"), name or "cp1252")


def reads_ascii(charset: bytes) -> bool:
    """Whether octets that look like ASCII are ASCII in this charset."""
    return not charset.lower().startswith(_SEVEN_BIT)


def storable(octets: bytes) -> str:
    """Text that any database keeps: no NUL (PostgreSQL refuses it, SQLite stops at it), no surrogates."""
    text = decode_charset(octets)
    return text.replace("\0", "") if "\0" in text else text


def _is_cut(data: bytes, error: UnicodeDecodeError, declared: str | None) -> bool:
    """Whether it is UTF-8 but for a last character cut in two."""
    is_last = error.reason == "unexpected end of data"
    return is_last and (declared == "utf-8" or not data[: error.start].isascii())


def _well_formed(text: str, name: str) -> str:
    """What two codecs leave undone: Windows-1258 (Vietnamese) writes accents as combining marks, which no
    search would match; UTF-7 lets half characters through, which no database would take."""
    if name == "cp1258":
        return unicodedata.normalize("NFC", text)
    if name == "utf-7":
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
