"""Stock browsers at a real server: Debian's Firefox and WebKitGTK, each with an account of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from browser.correspondence import LAN, LARGE, Correspondence
from browser.words import Words
from conftest import needs_program
from engines import firefox, webkit
from engines.elsewhere import Elsewhere, elsewhere
from engines.reading import Reading
from engines.webdriver import Page
from harness import HOST, Server

ENGINES = {
    "firefox": (firefox.firefox, (firefox.PROGRAM,), "alice"),
    "webkit": (webkit.webkit, (webkit.PROGRAM, webkit.SCREEN), "bob"),
}
DESK = (1366, 800)
ROWS = 400
"""In one folder."""


def many(kept: Correspondence) -> None:
    for number in range(ROWS):
        kept.keep(LARGE, *kept.received(LAN, f"{LARGE} {number}", f"{number}\n", 200 + number / 60))
    kept.carry()


@pytest.fixture(scope="module")
def words() -> Words:
    return Words("en")


@pytest.fixture(scope="module")
def far() -> Iterator[Elsewhere]:
    with elsewhere() as there:
        yield there


@pytest.fixture(scope="module", params=list(ENGINES))
def mail(
    request: pytest.FixtureRequest, server: Server, far: Elsewhere, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Reading]:
    """The webmail in one engine, logged in as a person does it."""
    begin, programs, user = ENGINES[request.param]
    for program in programs:
        needs_program(program)
    kept = Correspondence(server, user)
    kept.fill()
    many(kept)
    directory: Path = tmp_path_factory.mktemp(request.param)
    with begin(directory, far.proxy) as wire:
        mail = Reading(Page(wire), f"http://{HOST}:{server.port('http')}", user, Words("en"))
        mail.page.resize(*DESK)
        mail.log_in(server.password)
        yield mail
