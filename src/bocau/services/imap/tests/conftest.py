from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bocau.services.imap.tests.home import SETTINGS, Home, SessionPlayer, log_in, open_home


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    async with open_home(tmp_path, SETTINGS) as home:
        yield home


@pytest.fixture
async def alice(home: Home) -> SessionPlayer:
    return await log_in(home)
