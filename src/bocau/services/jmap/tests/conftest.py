"""An account to ask (see `desk`)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from .desk import Desk, close_desk, open_desk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    opened = await open_desk(tmp_path)
    yield opened
    await close_desk(opened)
