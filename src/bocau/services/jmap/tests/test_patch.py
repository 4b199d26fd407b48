"""PatchObject (RFC 8620 §5.3)."""

from typing import Any

import pytest

from bocau.services.jmap.errors import SetError
from bocau.services.jmap.patch import applied, split

FOO: dict[str, Any] = {"name": "a", "keywords": {"$seen": True}, "list": [1, 2]}


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({"name": "b"}, {**FOO, "name": "b"}),
        ({"keywords/x": True}, {**FOO, "keywords": {"$seen": True, "x": True}}),
        ({"keywords/$seen": None}, {**FOO, "keywords": {}}),
        ({"keywords/a~1b": True}, {**FOO, "keywords": {"$seen": True, "a/b": True}}),
        ({"keywords/nothing": None}, FOO),
        ({"name": None}, {**FOO, "name": "unnamed"}),
        ({"keywords": {"y": True}}, {**FOO, "keywords": {"y": True}}),
    ],
)
def test_a_patch_changes_what_it_names(patch: dict[str, Any], expected: dict[str, Any]) -> None:
    before = {**FOO, "keywords": dict(FOO["keywords"])}
    assert applied(before, patch, {"name": "unnamed"}) == expected
    assert before["keywords"] == {"$seen": True}, "the object itself stays as it is"


@pytest.mark.parametrize(
    "patch",
    [
        {"list/0": 3},
        {"name/x": 1},
        {"missing/x": 1},
        {"keywords": {}, "keywords/x": True},
        {"keywords/x/y": 1, "keywords/x": True},
        {"/".join("a" * 1000): 1},
        {"": 1},
        {"/name": "b"},
    ],
)
def test_a_patch_that_leads_astray_is_refused_whole(patch: dict[str, Any]) -> None:
    with pytest.raises(SetError) as caught:
        applied(FOO, patch)
    assert caught.value.kind == "invalidPatch"


def test_a_patch_by_property() -> None:
    patch = {"keywords/$seen": True, "keywords/x": None, "name": "b"}
    assert split(patch) == {"keywords": {("$seen",): True, ("x",): None}, "name": {(): "b"}}
