"""Everything that is imported late, imported now: for a user who cannot read Python's own files.

A Python below /root (pyenv, say) is closed to the user that the server becomes; root still reads it.
"""

import encodings
import pkgutil
from contextlib import suppress
from importlib import import_module
from typing import Final

import bocau

LATE: Final = (
    *("aiohttp", "yarl"),
    *("argon2", "argon2.exceptions", "cryptography.x509", "cryptography.hazmat.primitives.asymmetric.ec"),
    *(
        "cryptography.hazmat.primitives.serialization",
        "idna",
        "uvloop",
        "difflib",
        "grp",
        "html",
        "ipaddress",
    ),
    *("cryptography.hazmat.primitives.ciphers.aead", "pyotp", "segno"),
    *("linecache", "pwd", "resource", "stringprep", "threading", "traceback", "unicodedata"),
)
"""Of others; who imports them says why late."""


def import_everything() -> None:
    """All modules of bocau and what they import when they need it."""
    own = (module.name for module in pkgutil.walk_packages(bocau.__path__, "bocau."))
    codecs = (module.name for module in pkgutil.iter_modules(encodings.__path__, "encodings."))
    for name in (*own, *LATE, *codecs):
        if ".tests" not in name and not name.endswith("__main__"):
            with suppress(ImportError):
                import_module(name)
