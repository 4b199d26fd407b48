"""The built webmail is what its sources make, and small enough (docs/decisions/0015-the-built-webmail.md)."""

import gzip
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
WEB: Final = ROOT / "web"
DIST: Final = ROOT / "src" / "bocau" / "services" / "web" / "dist"
SCRIPT_BYTES_MAX: Final = 70 * 1024
"""Of everything between login and inbox, compressed by gzip."""
STYLE_BYTES_MAX: Final = 12 * 1024


def files(folder: Path) -> dict[str, bytes]:
    """What is compressed may differ between versions of zlib; what it was made of may not."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".gz", ".br"))
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


@pytest.mark.skipif(shutil.which("node") is None, reason="the webmail is built by node")
@pytest.mark.skipif(not (WEB / "node_modules").exists(), reason="`make web` installs what builds the webmail")
def test_the_build_is_that_of_the_sources(tmp_path: Path) -> None:
    subprocess.run(
        ["npm", "run", "build"],
        cwd=WEB,
        env={**os.environ, "BOCAU_WEB_DIST": str(tmp_path / "dist")},
        check=True,
        capture_output=True,
    )
    built, kept = files(tmp_path / "dist"), files(DIST)
    assert sorted(built) == sorted(kept), "run `make web`"
    assert [name for name in built if built[name] != kept[name]] == [], "run `make web`"


def test_what_is_compressed_is_the_file_beside_it() -> None:
    compressed = list(DIST.rglob("*.gz"))
    assert compressed
    for path in compressed:
        assert gzip.decompress(path.read_bytes()) == path.with_suffix("").read_bytes()
        assert path.with_name(path.name.removesuffix(".gz") + ".br").exists()


def test_the_way_to_the_inbox_is_small() -> None:
    index = (DIST / "index.html").read_text()
    named = re.findall(r'(?:src|href)="/(assets/[^"]+)"', index)
    assert first_bytes(named, ".js") <= SCRIPT_BYTES_MAX
    assert first_bytes(named, ".css") <= STYLE_BYTES_MAX


def first_bytes(named: list[str], suffix: str) -> int:
    found = [DIST / name for name in named if name.endswith(suffix)]
    assert found, f"the page names no {suffix}"
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in found)


def test_the_page_runs_under_a_strict_policy() -> None:
    index = (DIST / "index.html").read_text()
    assert '<script type="application/json" id="boot">null</script>' in index
    assert re.findall(r"<style|\sstyle=|\son\w+=", index) == []
    assert re.findall(r"<script(?![^>]*\b(?:src=|application/json))", index) == []
