"""The directory's one door. Look-ups are plain calls on the loop (cached, checked against the directory's
version); changes and logins are awaited.

    services, flow ──→ Directory ──→ lookups → expansion · administration      (who is where)
                             └─────→ logins → throttle, warm, passwords       (who are you)
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Iterable, Sequence, Set
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeVar

from bocau.base.errors import BadName, NoSuchDomain, SyntaxFault
from bocau.base.ids import AccountId
from bocau.database import Database, Sql
from bocau.directory import administration, credentials, web_sessions
from bocau.directory.claims import ScramKeys
from bocau.directory.credentials import TokenTerms
from bocau.directory.expansion import expand
from bocau.directory.guessing import check_chosen
from bocau.directory.identities import known_as, may_send_as, own_addresses
from bocau.directory.logins import Logins
from bocau.directory.lookups import Lookups
from bocau.directory.mint import Mint
from bocau.directory.new_accounts import NewAccount, check_display_name, insert_account
from bocau.directory.notes import Notes
from bocau.directory.passwords import Passwords, Secret, check_new_password
from bocau.directory.second_factors import SecondFactors
from bocau.directory.settings import DirectorySettings
from bocau.directory.sign_ins import SignIns
from bocau.directory.standings import renewed, words_of
from bocau.directory.statements import SQL
from bocau.directory.tokens import end_of
from bocau.directory.values import (
    Account,
    Alias,
    Certified,
    Credential,
    Domain,
    Expansion,
    Group,
    Login,
    LoginAttempt,
    Scope,
)
from bocau.directory.web_sessions import WebSessions
from bocau.formats.address import Address, canonical_domain
from bocau.rules.quirks import words
from bocau.runtime.clock import Clock

T = TypeVar("T")
BELL: Final = "directory"
"""Rung after each administrative change: sessions ask `is_still_valid`."""
ACCOUNTS_PER_WRITE: Final = 500


class Directory:
    """One per process, on the process's database."""

    def __init__(
        self,
        database: Database,
        settings: DirectorySettings,
        clock: Clock,
        *,
        ring: Callable[[Iterable[str]], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self._ring = ring
        passwords = Passwords(settings.passwords)
        self._lookups = Lookups(database)
        notes = Notes(database)
        self.sign_ins = SignIns(database, clock, notes)
        self.web_sessions = WebSessions(database, clock, notes, lambda: ring((BELL,)))
        self._logins = Logins(database, settings, clock, passwords, sleep, notes, self.sign_ins)
        iterations = settings.passwords.scram_iterations
        self._mint = Mint(database, passwords, iterations, self._logins.server_secret)
        self.second_factors = SecondFactors(database, clock, self._logins.server_secret, self._change)

    async def close(self) -> None:
        """Finish the notes under way; call before the database is closed."""
        await self._logins.close()

    # --- look-ups: now, in this thread ----------------------------------------------
    def is_local_domain(self, domain: str) -> bool:
        """Whether mail for `domain` (A-labels) is ours, disabled or not."""
        try:
            self._lookups.get(domain, lambda sql: administration.domain_named(sql, domain))
        except NoSuchDomain:
            return False
        return True

    def expand(self, address: Address) -> Expansion:
        """Follow account, alias, group, subaddress (`user+tag`), catch-all; postmaster@ and abuse@ always
        work (fall back to the admins). Raises NoSuchDomain (not ours), NoSuchAddress, AccountDisabled,
        LimitReached (an alias tree beyond `EXPANSION_MAX`)."""
        return self._lookups.get(address, lambda sql: expand(sql, address))

    def account(self, account_id: AccountId) -> Account:
        """NoSuchAccount."""
        return self._lookups.get(account_id, lambda sql: administration.account_with_id(sql, account_id))

    def account_named(self, address: Address) -> Account:
        """By its own address in any spelling of equal key, not by an alias. NoSuchAccount."""
        return self._database.read(lambda sql: administration.account_named(sql, address))

    def account_known_as(self, address: Address) -> Account:
        """By its own address or an alias that leads to it alone. NoSuchAccount; NotPermitted for what names
        several, or somebody elsewhere."""
        return self._database.read(lambda sql: known_as(sql, address))

    def may_send_as(self, account_id: AccountId, address: Address) -> bool:
        """Its own address (with any subaddress), its aliases, groups it may send as, and the addresses of a
        catch-all or a reserved name that lead to it."""
        return self._lookups.get((account_id, address), lambda sql: may_send_as(sql, account_id, address))

    def own_addresses(self, account_id: AccountId) -> tuple[Address, ...]:
        """Every name that the account may write under: its own, its aliases, groups; its own first."""
        return self._lookups.get(("own", account_id), lambda sql: own_addresses(sql, account_id))

    def domains(self) -> list[Domain]:
        rows = self._database.read(lambda sql: sql.rows(SQL.domains))
        return [administration.domain_of(row) for row in rows]

    def accounts(self, domain: str | None = None) -> list[Account]:
        rows = self._database.read(lambda sql: sql.rows(SQL.accounts, {"domain": domain}))
        return [administration.account_of(row) for row in rows]

    def aliases(self, domain: str | None = None) -> list[Alias]:
        return self._database.read(lambda sql: administration.aliases(sql, domain))

    def groups(self, domain: str | None = None) -> list[Group]:
        return self._database.read(lambda sql: administration.groups(sql, domain))

    def credentials(self, account_id: AccountId) -> list[Credential]:
        rows = self._database.read(lambda sql: sql.rows(SQL.credentials, {"account_id": account_id}))
        return [credentials.credential_of(row) for row in rows]

    # --- logins ----------------------------------------------------------------------
    async def login(self, name: str, password: str, attempt: LoginAttempt) -> Login:
        """Prove a name and password. `name` is the full address, or an alias of the account.

        Counts failures per account and network over all processes, slows 2→15 s, then refuses for a while;
        argon2 runs in a thread, a warm password costs microseconds. Unknown names cost the same as wrong
        passwords. Raises BadCredentials, AccountDisabled, Throttled, NotPermitted (an app password outside
        its scopes)."""
        return await self._logins.login(name, password, attempt)

    async def login_by_browser(self, name: str, password: str, code: str, attempt: LoginAttempt) -> Login:
        """Prove the main password, and the second factor where the account has one: a code of the app, or a
        recovery code. Raises what login() raises; CodeWanted when the code is missing ("") or wrong."""
        return await self._logins.by_browser(name, password, code, attempt, self.second_factors)

    async def confirm_password(self, login: Login, password: str, attempt: LoginAttempt) -> None:
        """Prove once more the password that a login was made with. BadCredentials, Throttled."""
        await self._logins.confirm(login, password, attempt)

    async def confirm_code(self, login: Login, code: str, attempt: LoginAttempt) -> None:
        """Use up a code of the second factor of who is logged in. CodeWanted, Throttled."""
        await self._logins.confirm_code(login, code, attempt, self.second_factors)

    async def change_password(self, account_id: AccountId, password: str, session_id: int = 0) -> str:
        """Set the main password, as its owner does. What the old one opened ends, but for one web session:
        its new cookie is returned ("" without one). NotPermitted (an unusable password, or one that is
        guessed at once), NoSuchAccount."""
        self.account(account_id)
        check_chosen(check_new_password(password), self.own_addresses(account_id))
        secret = await self._mint.password(account_id, password)
        cookie, now = web_sessions.new_secret() if session_id else "", int(self._clock.now())

        def job(sql: Sql) -> None:
            credential_id = credentials.replace_main(sql, account_id, secret, now)
            web_sessions.end_others(sql, account_id, session_id)
            if session_id:
                web_sessions.renew(sql, account_id, session_id, cookie, credential_id)

        await self._change(job)
        return cookie

    async def scram_keys(self, name: str, mechanism: str, attempt: LoginAttempt) -> ScramKeys:
        """Salt, iterations and the keys of each credential for `SCRAM-SHA-1` or `SCRAM-SHA-256` (RFC 5802
        §3). Unknown names get a stable made-up salt and keys that fit nothing. Raises Throttled."""
        return await self._logins.scram_keys(name, mechanism, attempt)

    async def scram_settled(self, name: str, credential_id: int | None, attempt: LoginAttempt) -> Login:
        """Tell how a SCRAM exchange ended: by which credential, or None when the proof was wrong; counts
        failures like login(). Raises BadCredentials, AccountDisabled, Throttled, NotPermitted."""
        return await self._logins.scram_settled(name, credential_id, attempt)

    async def login_by_token(self, token: str, name: str, attempt: LoginAttempt) -> Login:
        """Prove who it is by a token (RFC 6750). `name` may be empty; else the token must be this account's.
        Counted and slowed like login(). Raises BadCredentials, AccountDisabled, Throttled, NotPermitted."""
        return await self._logins.by_token(token, name, attempt)

    async def login_by_certificate(self, certified: Certified, name: str, attempt: LoginAttempt) -> Login:
        """Take a certificate that TLS has verified: one of its names must be an account's own address, and
        `name`, unless empty, the same. Raises what login_by_token() raises."""
        return await self._logins.by_certificate(certified, name, attempt)

    def derived_key(self, purpose: bytes) -> bytes:
        """A key of 32 octets for one purpose, the same in every process, made of the server's secret."""
        return hmac.digest(self._logins.server_secret(), b"key for " + purpose, "sha256")

    def is_still_valid(self, login: Login) -> bool:
        """Whether the credential of a running session still opens: not removed, its password not changed, the
        account not disabled, its web session not ended; and that it is enough where a second factor has been
        turned on. Sessions ask when the doorbell "directory" rings."""
        now = self._clock.now()
        if login.session_id:
            return self._database.read(lambda sql: web_sessions.still_open(sql, login, now)) is not None
        standing = self._database.read(lambda sql: renewed(sql, login, now))
        return standing is not None and not standing.is_disabled and not standing.needs_code

    def without(self, account_id: AccountId) -> frozenset[str]:
        """The capability words that are switched off for an account."""
        text = self._database.read(lambda sql: sql.value(SQL.without, {"account_id": account_id}))
        return words_of(text or "")

    async def set_without(self, account_id: AccountId, text: str) -> frozenset[str]:
        """Switch capability words off for an account, and those it had before on again. BadName,
        NoSuchAccount."""
        try:
            chosen = words(text)
        except SyntaxFault as error:
            raise BadName(str(error)) from None
        row = {"account_id": account_id, "without": ",".join(sorted(chosen))}

        def job(sql: Sql) -> None:
            administration.account_with_id(sql, account_id)
            sql.execute(SQL.set_without, row)

        await self._change(job)
        return chosen

    # --- administration --------------------------------------------------------------
    async def create_domain(self, name: str) -> Domain:
        """`name` in any form. AlreadyExists, SyntaxFault."""
        canonical = canonical_domain(name)
        return await self._change(lambda sql: administration.create_domain(sql, canonical))

    async def set_domain(self, name: str, *, catch_all: Address | None, is_disabled: bool) -> Domain:
        """NoSuchDomain."""
        canonical = canonical_domain(name)
        return await self._change(
            lambda sql: administration.set_domain(sql, canonical, catch_all, is_disabled)
        )

    async def remove_domain(self, name: str) -> None:
        """NoSuchDomain; InUse while it has accounts, aliases or groups."""
        canonical = canonical_domain(name)
        await self._change(lambda sql: administration.remove_domain(sql, canonical))

    async def create_account(
        self,
        address: Address,
        password: str,
        *,
        display_name: str = "",
        quota_bytes: int | None = None,
        is_admin: bool = False,
    ) -> Account:
        """Make the directory's row. The caller then makes the mailboxes: `MailStore.write(account_id,
        …create_account)`.

        A caller that died in between tries again: AlreadyExists, then `account_named(address)` gives the id,
        and the store says whether the mailboxes are missing. Ids are never given twice.
        NoSuchDomain, AlreadyExists, BadName, NotPermitted (an unusable password)."""
        check_display_name(display_name)
        salt, secret = await self._mint.first_password(password)
        now = int(self._clock.now())
        return await self._change(
            lambda sql: insert_account(
                sql, NewAccount(address, display_name, quota_bytes, is_admin), salt, secret, now
            )
        )

    async def create_accounts(
        self, addresses: Sequence[Address], password: str, *, admins: Set[Address] = frozenset()
    ) -> None:
        """Make many accounts with one password at the cost of one hash, some hundreds a write; those of
        `admins` are administrators. For demos and benches only: equal salts show that passwords are equal.

        NoSuchDomain, AlreadyExists, BadName, NotPermitted; the accounts of earlier writes are there then."""
        salt, secret = await self._mint.first_password(password)
        now = int(self._clock.now())

        def job(sql: Sql, some: Sequence[Address]) -> None:
            for address in some:
                insert_account(sql, NewAccount(address, is_admin=address in admins), salt, secret, now)

        for start in range(0, len(addresses), ACCOUNTS_PER_WRITE):
            some = addresses[start : start + ACCOUNTS_PER_WRITE]
            await self._change(partial(job, some=some), heavy=True)

    async def set_account(
        self,
        address: Address,
        *,
        display_name: str | None = None,
        quota_bytes: int | None = None,
        clear_quota: bool = False,
        is_disabled: bool | None = None,
        is_admin: bool | None = None,
        password: str | None = None,
    ) -> Account:
        """Change what is named; None leaves as it is. The caller hands a new quota to the store too
        (`Writing.set_limit`). A new password and a disabled account end warm logins at once. NoSuchAccount,
        BadName, NotPermitted (an unusable password)."""
        account = self.account_named(address)
        if display_name is not None:
            check_display_name(display_name)
        secret = None if password is None else await self._mint.password(account.account_id, password)
        named = {
            "display_name": display_name,
            "quota_bytes": quota_bytes,
            "is_disabled": is_disabled,
            "is_admin": is_admin,
        }
        changes: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
        if clear_quota:
            changes["quota_bytes"] = None
        now = int(self._clock.now())

        def job(sql: Sql) -> Account:
            changed = replace(administration.account_named(sql, address), **changes)
            administration.update_account(sql, changed)
            if secret is not None:
                credentials.replace_main(sql, changed.account_id, secret, now)
            if secret is not None or changed.is_disabled:
                web_sessions.end_others(sql, changed.account_id)
            return changed

        return await self._change(job)

    async def remove_account(self, address: Address) -> AccountId:
        """Its address, credentials and rights to send go; aliases that point to it stay and lead nowhere.
        The caller removes the mail (`Writing.delete_account`). NoSuchAccount."""
        account_id = await self._change(lambda sql: administration.remove_account(sql, address))
        self._logins.forget(account_id)
        return account_id

    async def set_alias(self, address: Address, targets: Sequence[Address]) -> Alias:
        """Make or change. NoSuchDomain, AlreadyExists (the name is an account or group), BadName,
        LimitReached."""
        return await self._change(lambda sql: administration.set_alias(sql, address, targets))

    async def remove_alias(self, address: Address) -> None:
        """NoSuchAddress."""
        await self._change(lambda sql: administration.release(sql, address, administration.ALIAS))

    async def set_group(
        self, address: Address, members: Sequence[Address], senders: Sequence[AccountId]
    ) -> Group:
        """Make or change. NoSuchDomain, NoSuchAccount, AlreadyExists, BadName, LimitReached."""
        return await self._change(lambda sql: administration.set_group(sql, address, members, senders))

    async def remove_group(self, address: Address) -> None:
        """NoSuchAddress."""
        await self._change(lambda sql: administration.release(sql, address, administration.GROUP))

    async def create_app_password(
        self, account_id: AccountId, label: str, scopes: frozenset[Scope]
    ) -> tuple[Credential, str]:
        """Returns the credential and the generated secret, shown once. NoSuchAccount, AlreadyExists (label),
        BadName (label, no scope), LimitReached."""
        credentials.check(label, scopes)
        secret, shown = await self._mint.app_password(self.account(account_id).account_id)
        return await self._add_credential(account_id, label, scopes, secret, None), shown

    async def create_token(
        self, account_id: AccountId, label: str, scopes: frozenset[Scope], *, lifetime_days: int | None = None
    ) -> tuple[Credential, str]:
        """Returns the credential and the token, shown once; it is taken as a bearer token and as a password.
        NoSuchAccount, AlreadyExists (label), BadName (label, no scope, lifetime), LimitReached."""
        credentials.check(label, scopes)
        terms = TokenTerms(end_of(lifetime_days, self._clock.now()))
        secret, shown = await self._mint.token(self.account(account_id).account_id)
        return await self._add_credential(account_id, label, scopes, secret, terms), shown

    async def _add_credential(
        self,
        account_id: AccountId,
        label: str,
        scopes: frozenset[Scope],
        secret: Secret,
        terms: TokenTerms | None,
    ) -> Credential:
        now = int(self._clock.now())

        def job(sql: Sql) -> Credential:
            administration.account_with_id(sql, account_id)
            return credentials.add(sql, account_id, label, scopes, secret, now, token=terms)

        return await self._change(job)

    async def remove_credential(self, account_id: AccountId, credential_id: int) -> None:
        """Remove an app password or token; its sessions end. NotPermitted for the main password or a number
        not there."""
        await self._change(lambda sql: credentials.remove(sql, account_id, credential_id))

    # --- within ------------------------------------------------------------------------
    async def _change(self, job: Callable[[Sql], T], *, heavy: bool = False) -> T:
        """Run an administrative write: caches of all processes are void with its commit."""

        def versioned(sql: Sql) -> T:
            result = job(sql)
            sql.execute(SQL.bump_version)
            return result

        result = await self._database.write(versioned, heavy=heavy)
        self._ring((BELL,))
        return result
