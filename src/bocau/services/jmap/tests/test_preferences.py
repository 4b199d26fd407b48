"""Preferences: one object, small values by name (docs/jmap.md)."""

import pytest

from bocau.store.preferences import COUNT_MAX, VALUE_BYTES_MAX


async def update(desk, **patch):
    return await desk.call("Preferences/set", update={"singleton": patch})


async def test_kept_changed_and_taken_away(desk):
    first = await desk.call("Preferences/get", ids=None)
    assert first["list"] == [{"id": "singleton"}]
    told = await update(desk, theme="dark", pane={"width": 3})
    assert told["updated"] == {"singleton": None}
    assert told["oldState"] == first["state"] != told["newState"]
    await update(desk, theme=None, **{"pane/width": 4})
    told = await desk.call("Preferences/get", ids=["singleton", "other"])
    assert told["list"] == [{"id": "singleton", "pane": {"width": 4}}]
    assert told["notFound"] == ["other"]
    told = await desk.call("Preferences/get", properties=["theme"])
    assert told["list"] == [{"id": "singleton", "theme": None}]


@pytest.mark.parametrize(
    "patch",
    [
        {"language": "xx"},
        {"imageSenders": "a@b"},
        {"imageSenders": ["a@b"] * 2000},
        {"1x": 1},
        {"id": "other"},
        {"long": "x" * VALUE_BYTES_MAX},
        {f"n{number}": 1 for number in range(COUNT_MAX + 1)},
    ],
    ids=lambda patch: str(patch)[:20],
)
async def test_refused(desk, patch):
    told = await update(desk, **patch)
    assert told["notUpdated"]["singleton"]["type"] == "invalidProperties"
    assert told["oldState"] == told["newState"]


async def test_is_one_object(desk):
    told = await desk.call("Preferences/set", create={"a": {}}, update={"x": {"a": 1}}, destroy=["singleton"])
    assert told["notCreated"]["a"]["type"] == told["notDestroyed"]["singleton"]["type"] == "singleton"
    assert told["notUpdated"]["x"]["type"] == "notFound"
