"""File names that may be shown and saved, whatever a message calls its attachments."""

import re
import unicodedata
from typing import Final

CHARACTERS_MAX: Final = 120
EXTENSION_CHARACTERS_MAX: Final = 16

_SEPARATORS: Final = re.compile(r"[/\\]")
_UNWANTED: Final = re.compile(r'[\x00-\x1f\x7f<>:"|?*]')
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|\Z)", re.IGNORECASE)
# What a click runs, mounts or opens with rights: on Windows, macOS or Linux, or in a browser.
_DANGEROUS: Final = frozenset(
    (
        *(
            "ade",
            "adp",
            "apk",
            "app",
            "appinstaller",
            "appref-ms",
            "appx",
            "appxbundle",
            "asp",
            "aspx",
            "bas",
        ),
        *(
            "bat",
            "cab",
            "chm",
            "cmd",
            "com",
            "command",
            "cpl",
            "crt",
            "desktop",
            "diagcab",
            "dll",
            "dmg",
            "docm",
        ),
        *(
            "dotm",
            "exe",
            "gadget",
            "hlp",
            "hta",
            "htm",
            "html",
            "img",
            "inf",
            "ins",
            "iso",
            "isp",
            "jar",
            "jnlp",
        ),
        *("js", "jse", "ksh", "library-ms", "lnk", "mde", "mht", "mhtml", "msc", "msh", "msi", "msix", "msp"),
        *(
            "mst",
            "ops",
            "osd",
            "pif",
            "pkg",
            "pl",
            "potm",
            "ppam",
            "ppsm",
            "pptm",
            "ps1",
            "psm1",
            "py",
            "rdp",
        ),
        *("reg", "rpm", "deb", "scf", "scr", "sct", "settingcontent-ms", "sh", "shb", "shs", "shtml", "sldm"),
        *(
            "svg",
            "svgz",
            "terminal",
            "theme",
            "udl",
            "url",
            "vb",
            "vbe",
            "vbs",
            "vhd",
            "vhdx",
            "vxd",
            "webloc",
        ),
        *(
            "website",
            "wim",
            "wsc",
            "wsf",
            "wsh",
            "xbap",
            "xht",
            "xhtml",
            "xlam",
            "xlsm",
            "xll",
            "xltm",
            "xml",
        ),
        *("xsl", "xslt", "search-ms", "one", "application", "ws", "xps", "swf"),
    )
)
_INVISIBLE: Final = ("Cf", "Cc", "Co", "Cs", "Zl", "Zp")
"""Direction marks, zero-width characters, private use."""


def safe_name(name: str | None, otherwise: str = "attachment") -> str:
    """The last step of a path, without anything invisible or special, short; never empty, never hidden."""
    last = _SEPARATORS.split((name or "")[-4096:])[-1]
    bare = "".join(char for char in last if unicodedata.category(char) not in _INVISIBLE)
    bare = _UNWANTED.sub("_", bare).strip(" .")
    if not bare:
        return otherwise
    return _short(f"_{bare}" if _RESERVED.match(bare) else bare)


def _short(name: str) -> str:
    """What is cut out of a long name is never its end."""
    if len(name) <= CHARACTERS_MAX:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > EXTENSION_CHARACTERS_MAX:
        return name[: CHARACTERS_MAX - 1] + "…"
    return f"{stem[: CHARACTERS_MAX - len(extension) - 2]}….{extension}"


def is_dangerous(name: str) -> bool:
    """Whether opening a file of this (safe) name may run something."""
    return name.rpartition(".")[2].lower().rstrip(" ") in _DANGEROUS if "." in name else False


def hides_its_end(name: str | None) -> bool:
    """Whether the name as it was sent is drawn otherwise than it reads: "…gpj.exe" as "…exe.jpg"."""
    marks = ("LRE", "RLE", "LRO", "RLO", "LRI", "RLI", "FSI")
    return any(unicodedata.bidirectional(char) in marks for char in name or "")
