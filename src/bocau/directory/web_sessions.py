"""Logins of browsers: a random cookie, of which only the digest is kept.

password (and code) → open → cookie ──each request──→ recognise → Login, while
    the password that opened it is the account's, the account is not disabled, nobody ended it,
    it was used lately, and it is not too old
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from bocau.base.errors import NotPermitted
from bocau.base.ids import AccountId
from bocau.database import Database, Sql
from bocau.directory.notes import Notes
from bocau.directory.standings import current
from bocau.directory.statements import WEB
from bocau.directory.values import Login, WebSession
from bocau.runtime.clock import Clock

SECRET_BYTES: Final = 32
SESSIONS_MAX: Final = 50
"""Of one account; one more ends the one that was unused for longest."""
IDLE_SECONDS: Final = 12 * 3600
REMEMBERED_SECONDS: Final = 30 * 86_400
"""Instead of that, for who asked to stay logged in."""
LIFETIME_SECONDS: Final = 90 * 86_400
TOUCH_SECONDS: Final = 300
"""last_used_at is written at most this often."""
USER_AGENT_CHARACTERS_MAX: Final = 300
COOKIE_CHARACTERS_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """What the browser is given."""

    session_id: int
    cookie: str = field(repr=False)
    csrf: str = field(repr=False)
    kept_seconds: int | None
    """How long the browser keeps it; None: until it is closed."""


@dataclass(frozen=True, slots=True)
class KnownSession:
    """A session that a cookie names, and that still lasts."""

    login: Login
    csrf: str = field(repr=False)
    kept_seconds: int | None
    """How long the browser keeps its cookie; None: until it is closed."""


def digest(cookie: str) -> str:
    return hashlib.sha256(cookie.encode("utf-8", "surrogatepass")).hexdigest()


def new_secret() -> str:
    return secrets.token_urlsafe(SECRET_BYTES)


def kept_seconds(idle_seconds: int) -> int | None:
    return LIFETIME_SECONDS if idle_seconds == REMEMBERED_SECONDS else None


class WebSessions:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        notes: Notes,
        ended: Callable[[], None],
    ) -> None:
        """`ended` is called after sessions were ended on purpose: connections that they opened end, too."""
        self._database = database
        self._clock = clock
        self._notes = notes
        self._ended = ended

    async def open(
        self, login: Login, *, client_host: str, user_agent: str, is_remembered: bool
    ) -> OpenedSession:
        """A new session for who has just proved to be `login`."""
        cookie, csrf, now = new_secret(), secrets.token_urlsafe(SECRET_BYTES), int(self._clock.now())
        idle_seconds = REMEMBERED_SECONDS if is_remembered else IDLE_SECONDS
        row = {
            "account_id": login.account_id,
            "credential_id": login.credential_id,
            "secret": digest(cookie),
            "csrf": csrf,
            "client_host": client_host,
            "user_agent": printable(user_agent),
            "now": now,
            "idle_seconds": idle_seconds,
            "expires_at": now + LIFETIME_SECONDS,
        }
        session_id = await self._database.write(lambda sql: _insert(sql, row))
        return OpenedSession(session_id, cookie, csrf, kept_seconds(idle_seconds))

    def recognise(self, cookie: str) -> KnownSession | None:
        """The session that a cookie opens, noting that it is used."""
        if not 0 < len(cookie) <= COOKIE_CHARACTERS_MAX:
            return None
        now = self._clock.now()

        def job(sql: Sql) -> tuple[KnownSession, int] | None:
            row = sql.row(WEB.session, {"secret": digest(cookie)})
            login = login_of(sql, row, now)
            return (
                None
                if row is None or login is None
                else (KnownSession(login, row[2], kept_seconds(row[4])), row[3])
            )

        found = self._database.read(job)
        if found is None:
            return None
        known, last_used_at = found
        if now - last_used_at >= TOUCH_SECONDS:
            self._touch(known.login.session_id, int(now))
        return known

    def _touch(self, session_id: int, now: int) -> None:
        note = {"session_id": session_id, "now": now}
        self._notes.write(lambda sql: sql.execute(WEB.touch_session, note))

    def is_open(self, session_id: int) -> bool:
        row, now = {"session_id": session_id}, self._clock.now()
        return (
            self._database.read(lambda sql: login_of(sql, sql.row(WEB.session_numbered, row), now))
            is not None
        )

    def of_account(self, account_id: AccountId) -> list[WebSession]:
        row = {"account_id": account_id, "now": int(self._clock.now())}
        return [_session_of(one) for one in self._database.read(lambda sql: sql.rows(WEB.sessions, row))]

    async def end(self, account_id: AccountId, session_id: int) -> None:
        """End one; what it opened is closed. NotPermitted when the account has no such session."""
        row = {"account_id": account_id, "session_id": session_id}

        def job(sql: Sql) -> None:
            sql.execute(WEB.delete_session, row)
            if not sql.changed_rows:
                raise NotPermitted(f"no session {session_id}")

        await self._database.write(job)
        self._ended()

    async def end_all(self, account_id: AccountId) -> int:
        """End all; returns how many."""

        def job(sql: Sql) -> int:
            end_others(sql, account_id)
            return sql.changed_rows

        count = await self._database.write(job)
        self._ended()
        return count


# --- parts of other transactions ------------------------------------------------------------


def login_of(sql: Sql, row: Sequence[Any] | None, now: float) -> Login | None:
    """Whom a row of `WEB.session` lets in now."""
    if row is None:
        return None
    session_id, credential_id, _, last_used_at, idle_seconds, expires_at = row
    ends_at = min(last_used_at + idle_seconds, expires_at)
    standing = current(sql, credential_id, now) if now < ends_at else None
    if standing is None or standing.is_disabled:
        return None
    return replace(standing.login, session_id=session_id)


def still_open(sql: Sql, login: Login, now: float) -> Login | None:
    """Whom the session of a running connection lets in now; None when it has ended."""
    row = {"session_id": login.session_id, "account_id": login.account_id}
    return login_of(sql, sql.row(WEB.session_with_id, row), now)


def end_others(sql: Sql, account_id: AccountId, kept: int = 0) -> None:
    sql.execute(WEB.delete_other_sessions, {"account_id": account_id, "session_id": kept})


def renew(
    sql: Sql, account_id: AccountId, session_id: int, cookie: str, credential_id: int | None = None
) -> None:
    """Give a session another cookie; the old one opens nothing any more. `credential_id`: the password that
    it hangs on from now on."""
    row = {
        "account_id": account_id,
        "session_id": session_id,
        "secret": digest(cookie),
        "credential_id": credential_id,
    }
    sql.execute(WEB.renew_session, row)


def _insert(sql: Sql, row: dict[str, Any]) -> int:
    account = {"account_id": row["account_id"]}
    sql.execute(WEB.delete_ended_sessions, account | {"now": row["now"]})
    sql.execute(WEB.delete_oldest_sessions, account | {"kept": SESSIONS_MAX - 1})
    sql.execute(WEB.insert_session, row)
    return int(sql.value("SELECT last_insert_rowid()"))


def _session_of(row: Sequence[Any]) -> WebSession:
    session_id, client_host, user_agent, created_at, last_used_at, idle_until, expires_at = row
    return WebSession(
        session_id, client_host, user_agent, created_at, last_used_at, min(idle_until, expires_at)
    )


def printable(text: str) -> str:
    """What a program says of itself, fit to be shown."""
    kept: Iterable[str] = (letter if letter.isprintable() else " " for letter in text)
    return "".join(kept)[:USER_AGENT_CHARACTERS_MAX].strip()
