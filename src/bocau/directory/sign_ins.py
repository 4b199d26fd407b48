"""The newest logins of each account, those that failed too, for its owner to look at."""

from collections.abc import Sequence
from typing import Any, Final

from bocau.base.ids import AccountId
from bocau.database import Database, Sql
from bocau.directory.notes import Notes
from bocau.directory.statements import WEB
from bocau.directory.throttle import network_of
from bocau.directory.values import LoginAttempt, Scope, SignIn, SignInOutcome
from bocau.directory.web_sessions import printable
from bocau.runtime.clock import Clock

SIGN_INS_MAX: Final = 200
"""Of one account; older ones go."""
REPEAT_SECONDS: Final = 3600.0
"""The same way and outcome from the same network is noted again after this long: a mail program logs in all
day, and who guesses must not wash the rest away."""
REMEMBERED_MAX: Final = 10_000
_Kind = tuple[AccountId, Scope, SignInOutcome, str]


class SignIns:
    def __init__(self, database: Database, clock: Clock, notes: Notes) -> None:
        self._database = database
        self._clock = clock
        self._notes = notes
        self._noted: dict[_Kind, float] = {}

    def note(self, account_id: AccountId, attempt: LoginAttempt, outcome: SignInOutcome) -> None:
        """Note a login, after it was answered. A browser's that succeeded is noted each time."""
        always = attempt.scope is Scope.WEB and outcome is SignInOutcome.OK
        kind = (account_id, attempt.scope, outcome, network_of(attempt.client_host))
        now = self._clock.monotonic()
        noted = self._noted.get(kind)
        if noted is not None and now - noted < REPEAT_SECONDS and not always:
            return
        if len(self._noted) >= REMEMBERED_MAX:
            self._noted.clear()
        self._noted[kind] = now
        self._write(kind, attempt, always=always)

    def _write(self, kind: _Kind, attempt: LoginAttempt, *, always: bool) -> None:
        account_id, scope, outcome, _ = kind
        row = {
            "account_id": account_id,
            "at": int(self._clock.now()),
            "way": scope.value,
            "outcome": outcome.value,
            "client_host": attempt.client_host,
            "client": printable(attempt.client),
        }

        def job(sql: Sql) -> None:
            # Other processes note, too.
            if always or not _is_repeated(sql, row):
                sql.execute(WEB.insert_sign_in, row)
                sql.execute(WEB.delete_old_sign_ins, {"account_id": account_id, "kept": SIGN_INS_MAX})

        self._notes.write(job)

    def of_account(self, account_id: AccountId) -> list[SignIn]:
        """The newest first."""
        rows = self._database.read(lambda sql: sql.rows(WEB.sign_ins, {"account_id": account_id}))
        return [_sign_in_of(row) for row in rows]


def _is_repeated(sql: Sql, row: dict[str, Any]) -> bool:
    since = row["at"] - REPEAT_SECONDS
    network = network_of(row["client_host"])
    return any(
        (way, outcome, network_of(host)) == (row["way"], row["outcome"], network)
        for _, at, way, outcome, host, _ in sql.rows(WEB.sign_ins, {"account_id": row["account_id"]})
        if at > since
    )


def _sign_in_of(row: Sequence[Any]) -> SignIn:
    return SignIn(row[0], row[1], row[2], SignInOutcome(row[3]), row[4], row[5])
