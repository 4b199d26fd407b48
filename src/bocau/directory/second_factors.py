"""The second factor of an account: set up, asked for, turned off (RFC 6238), with recovery codes.

begin → pending ──a right code──→ on ──password and code──→ off
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from bocau.base.errors import AlreadyExists, CodeWanted, NotPermitted
from bocau.base.ids import AccountId
from bocau.database import Database, Sql
from bocau.directory import one_time_codes as codes
from bocau.directory import web_sessions
from bocau.directory.statements import WEB
from bocau.directory.values import SecondFactor
from bocau.runtime.clock import Clock

T = TypeVar("T")
NONE: Final = SecondFactor(is_enabled=False, is_pending=False, recovery_codes_left=0)


class Change(Protocol):
    """An administrative write: caches of all processes are void with its commit."""

    def __call__(self, job: Callable[[Sql], T]) -> Awaitable[T]: ...


class TurnedOn(NamedTuple):
    recovery_codes: list[str]
    cookie: str
    """The new cookie of the session that asked; "" for none."""


class SecondFactors:
    def __init__(
        self, database: Database, clock: Clock, server_secret: Callable[[], bytes], change: Change
    ) -> None:
        self._database = database
        self._clock = clock
        self._server_secret = server_secret
        self._change = change

    def of_account(self, account_id: AccountId) -> SecondFactor:
        row = {"account_id": account_id}

        def job(sql: Sql) -> SecondFactor:
            factor = sql.row(WEB.factor, row)
            if factor is None:
                return NONE
            is_enabled = factor[2] is not None
            return SecondFactor(is_enabled, not is_enabled, int(sql.value(WEB.recovery_codes_left, row)))

        return self._database.read(job)

    async def begin(self, account_id: AccountId) -> str:
        """A new secret, asked for once a code of it has been confirmed. AlreadyExists when one is on."""
        secret = codes.new_secret()
        kept = codes.sealed(self._server_secret(), account_id, secret)

        def job(sql: Sql) -> None:
            factor = sql.row(WEB.factor, {"account_id": account_id})
            if factor is not None and factor[2] is not None:
                raise AlreadyExists("the second factor is on")
            sql.execute(WEB.put_factor, {"account_id": account_id, "secret": kept})

        await self._database.write(job)
        return secret

    async def confirm(self, account_id: AccountId, said: str, session_id: int = 0) -> TurnedOn:
        """Turn it on with a first code; all other web sessions of the account end, and the cookie of this one
        changes. NotPermitted when nothing is pending, CodeWanted for a wrong code."""
        shown = codes.new_recovery_codes()
        cookie = web_sessions.new_secret() if session_id else ""
        owner, now = {"account_id": account_id}, self._clock.now()

        def job(sql: Sql) -> None:
            factor = sql.row(WEB.factor, owner)
            if factor is None or factor[2] is not None:
                raise NotPermitted("no second factor is being set up")
            if not self._take_step(sql, account_id, factor, said):
                raise CodeWanted("wrong code", was_wrong=True)
            sql.execute(WEB.confirm_factor, owner | {"now": int(now)})
            self._put_recovery_codes(sql, account_id, shown)
            _renew_one(sql, account_id, session_id, cookie)

        await self._change(job)
        return TurnedOn(shown, cookie)

    async def turn_off(self, account_id: AccountId, session_id: int = 0) -> str:
        """The caller has asked for password and code. Returns the new cookie of the session that asked.
        NotPermitted when there is nothing to turn off."""
        cookie = web_sessions.new_secret() if session_id else ""

        def job(sql: Sql) -> None:
            if sql.row(WEB.factor, {"account_id": account_id}) is None:
                raise NotPermitted("there is no second factor")
            remove(sql, account_id)
            if session_id:
                web_sessions.renew(sql, account_id, session_id, cookie)

        await self._change(job)
        return cookie

    async def renew_recovery_codes(self, account_id: AccountId) -> list[str]:
        """New codes instead of the old ones. NotPermitted unless the second factor is on."""
        shown = codes.new_recovery_codes()

        def job(sql: Sql) -> None:
            factor = sql.row(WEB.factor, {"account_id": account_id})
            if factor is None or factor[2] is None:
                raise NotPermitted("there is no second factor")
            self._put_recovery_codes(sql, account_id, shown)

        await self._database.write(job)
        return shown

    async def take(self, account_id: AccountId, said: str) -> bool:
        """Use up a code, of the app or for recovery; whether it was good."""

        def job(sql: Sql) -> bool:
            factor = sql.row(WEB.factor, {"account_id": account_id})
            if factor is None or factor[2] is None:
                return False
            return self._take_step(sql, account_id, factor, said) or self._take_recovery_code(
                sql, account_id, said
            )

        return await self._database.write(job)

    def _take_step(self, sql: Sql, account_id: AccountId, factor: tuple[Any, ...], said: str) -> bool:
        code = codes.digits_of(said)
        if code is None:
            return False
        secret = codes.opened(self._server_secret(), account_id, factor[0])
        step = codes.matching_step(secret, code, self._clock.now(), factor[1])
        if step is None:
            return False
        sql.execute(WEB.step_factor, {"account_id": account_id, "step": step})
        return True

    def _take_recovery_code(self, sql: Sql, account_id: AccountId, said: str) -> bool:
        digest = codes.recovery_digest(self._server_secret(), account_id, said)
        row = {"account_id": account_id, "secret": digest}
        if digest is None or sql.row(WEB.recovery_code, row) is None:
            return False
        sql.execute(WEB.use_recovery_code, row | {"now": int(self._clock.now())})
        return True

    def _put_recovery_codes(self, sql: Sql, account_id: AccountId, shown: list[str]) -> None:
        sql.execute(WEB.delete_recovery_codes, {"account_id": account_id})
        digests = [codes.recovery_digest(self._server_secret(), account_id, one) for one in shown]
        sql.many(WEB.insert_recovery_code, [(account_id, digest) for digest in digests])


def remove(sql: Sql, account_id: AccountId) -> None:
    """Part of another transaction."""
    sql.execute(WEB.delete_factor, {"account_id": account_id})
    sql.execute(WEB.delete_recovery_codes, {"account_id": account_id})


def _renew_one(sql: Sql, account_id: AccountId, session_id: int, cookie: str) -> None:
    web_sessions.end_others(sql, account_id, session_id)
    if session_id:
        web_sessions.renew(sql, account_id, session_id, cookie)
