"""The web side starts later than the mail side, and does not take it along when it cannot."""

from contextlib import AsyncExitStack
from types import SimpleNamespace
from typing import Any

import pytest

from bocau.app import web
from bocau.runtime.listener import Admission


async def _end() -> None:
    pass


@pytest.mark.parametrize("fails", ["_load", "application", "_listeners"])
async def test_a_disk_that_fails_is_tried_again(monkeypatch: pytest.MonkeyPatch, fails: str) -> None:
    faults: list[OSError] = [OSError("one bad sector"), OSError("another")]

    def may_fail(name: str, result: Any) -> Any:
        def act(*arguments: object) -> Any:
            if name == fails and faults:
                raise faults.pop()
            return result

        return act

    made = web.Web(app=None, close=lambda: None, end=_end)  # type: ignore[arg-type]
    listener = SimpleNamespace(is_started=False, stop=lambda grace: _end())
    listener.start = lambda: setattr(listener, "is_started", True)
    host = SimpleNamespace(close=lambda: None)
    monkeypatch.setattr(web, "RETRY_SECONDS", 0.0)
    monkeypatch.setattr(web, "_load", may_fail("_load", None))
    monkeypatch.setattr(web, "application", may_fail("application", made))
    monkeypatch.setattr(web, "_listeners", may_fail("_listeners", (host, [listener])))
    async with AsyncExitStack() as started:
        nothing: Any = None
        await web._start(started, nothing, nothing, {"https": nothing}, Admission(), 0.0)
        assert listener.is_started and not faults
