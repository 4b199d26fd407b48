"""What a webmail keeps of an account: JSON values by name (docs/jmap.md)."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from bocau.base.errors import LimitReached
from bocau.database import Queries
from bocau.store.apart import log_apart
from bocau.store.values import ChangeKind

if TYPE_CHECKING:
    from bocau.store.reading import Reading
    from bocau.store.writing import Writing

PREFERENCES: Final = Queries("bocau.store", "sql/sqlite/preferences.sql")
COUNT_MAX: Final = 200
VALUE_BYTES_MAX: Final = 16 * 1024
SINGLETON: Final = "singleton"
"""How the log names them: all together are one object."""


def preferences(reading: "Reading") -> dict[str, Any]:
    """All, by name."""
    rows = reading.sql.rows(PREFERENCES.all, (reading.account_id,))
    return {name: json.loads(value) for name, value in rows}


def language(reading: "Reading") -> str:
    """In which language the account is written to."""
    said: str | None = reading.sql.value(PREFERENCES.one, (reading.account_id, "language"))
    return "vi" if said == '"vi"' else "en"


def change_preferences(tx: "Writing", values: Mapping[str, Any]) -> None:
    """Set some of them, all or none; None takes one away. LimitReached."""
    known = preferences(tx)
    changed = {name: value for name, value in values.items() if known.get(name) != value}
    for name, value in changed.items():
        if value is None:
            tx.sql.execute(PREFERENCES.remove, (tx.account_id, name))
            known.pop(name, None)
        else:
            tx.sql.execute(PREFERENCES.put, (tx.account_id, name, _text(name, value)))
            known[name] = value
    if len(known) > COUNT_MAX:
        raise LimitReached(f"an account keeps {COUNT_MAX} preferences")
    if changed:
        log_apart(tx, ChangeKind.PREFERENCE, SINGLETON)


def _text(name: str, value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode("utf-8", "surrogatepass")) > VALUE_BYTES_MAX:
        raise LimitReached(f"{name} is longer than {VALUE_BYTES_MAX} bytes")
    return text


def forget_account(tx: "Writing") -> None:
    """With the account."""
    tx.sql.execute(PREFERENCES.delete_account, (tx.account_id,))
