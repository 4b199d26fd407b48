"""The real mail that tests read: the public corpus beside the checkout, with CRLF lines."""

from functools import lru_cache
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[4].parent / "shared" / "corpus"


@lru_cache(maxsize=1)
def corpus() -> dict[str, bytes]:
    """Name → message; skips the test where the corpus is not at hand."""
    paths = sorted(FOLDER.glob("*/*.eml"))
    if not paths:
        pytest.skip(f"no mail corpus in {FOLDER}")
    return {f"{path.parent.name}/{path.name}": path.read_bytes().replace(b"\n", b"\r\n") for path in paths}
