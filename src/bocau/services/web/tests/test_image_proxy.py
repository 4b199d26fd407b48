"""The image proxy fetches once, keeps by account, and gives a square for what it cannot have."""

import asyncio
from pathlib import Path
from typing import Any, cast

from bocau.base.ids import AccountId
from bocau.runtime.clock import SystemClock
from bocau.runtime.fetch import FetchRefused, Image
from bocau.services.web import image_files, image_proxy
from bocau.services.web.image_proxy import PLACEHOLDER, ImageProxy

PNG = Image(b"\x89PNG\r\n\x1a\n" + bytes(100), "image/png")
ALICE, BOB = AccountId(1), AccountId(2)


class Web:
    """A fetcher that counts."""

    def __init__(self) -> None:
        self.fetched: list[str] = []

    async def get_image(self, url: str) -> Image:
        self.fetched.append(url)
        await asyncio.sleep(0)
        if "bad" in url:
            raise FetchRefused("no")
        return PNG


def proxy(web: Web, folder: Path) -> ImageProxy:
    return ImageProxy(cast("Any", web), folder, SystemClock())


async def test_an_image_is_fetched_once(tmp_path: Path) -> None:
    web = Web()
    one = proxy(web, tmp_path / "images")
    found = await asyncio.gather(*(one.image(ALICE, "https://a.example/1") for _ in range(5)))
    assert found == [(PNG, True)] * 5 and len(web.fetched) == 1
    # Another worker, another day: from the disk.
    assert await proxy(web, tmp_path / "images").image(ALICE, "https://a.example/1") == (PNG, True)
    assert len(web.fetched) == 1


async def test_nobody_learns_what_a_colleague_was_sent(tmp_path: Path) -> None:
    web = Web()
    one = proxy(web, tmp_path / "images")
    for account in (ALICE, BOB):
        await one.image(account, "https://a.example/1")
    assert len(web.fetched) == 2


async def test_a_failure_is_a_square_and_not_tried_again_at_once(tmp_path: Path) -> None:
    web = Web()
    one = proxy(web, tmp_path / "images")
    for _ in range(3):
        assert await one.image(ALICE, "https://bad.example/") == (PLACEHOLDER, False)
    assert len(web.fetched) == 1


async def test_an_account_fetches_so_many_in_a_minute(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(image_proxy, "PER_MINUTE_MAX", 2)
    one = proxy(Web(), tmp_path / "images")
    got = [(await one.image(ALICE, f"https://a.example/{number}"))[1] for number in range(4)]
    assert got == [True, True, False, False]
    assert (await one.image(BOB, "https://a.example/1"))[1]


async def test_the_disk_is_bounded(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(image_files, "BYTES_MAX", 3 * len(PNG.data))
    monkeypatch.setattr(image_files, "WRITES_BETWEEN_SWEEPS", 2)
    one = proxy(Web(), tmp_path / "images")
    for number in range(9):
        await one.image(ALICE, f"https://a.example/{number}")
    assert len(list((tmp_path / "images").iterdir())) <= 4


async def test_a_disk_that_fails_is_a_cache_that_knows_nothing(tmp_path: Path) -> None:
    (tmp_path / "images").write_text("no folder")
    assert await proxy(Web(), tmp_path / "images").image(ALICE, "https://a.example/") == (PNG, True)
