"""Proving who somebody is.

throttle → warm? ──yes→ Login                                   (microseconds, no await)
             └─no→ digest of a generated secret → argon2 in a thread → Login, or a counted, slowed
                                                                       BadCredentials
"""

import asyncio
import hmac
import secrets
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from bocau.base.errors import (
    AccountDisabled,
    AppPasswordWanted,
    BadCredentials,
    CodeWanted,
    NotPermitted,
    SyntaxFault,
)
from bocau.base.ids import AccountId
from bocau.database import Database, Sql
from bocau.directory.claims import Claim, ScramKeys, account_claimed, claim_of, folded, scram_keys_of
from bocau.directory.notes import Notes
from bocau.directory.passwords import Passwords, app_password_core, app_password_digest, made_up_salt
from bocau.directory.second_factors import SecondFactors
from bocau.directory.settings import DirectorySettings
from bocau.directory.sign_ins import SignIns
from bocau.directory.standings import (
    NO_CREDENTIAL,
    certificate_holder,
    current,
    token_holder,
)
from bocau.directory.statements import SQL
from bocau.directory.throttle import Suspect, Throttle, code_suspect, guess_mark, suspect
from bocau.directory.tokens import looks_like_token, token_digest
from bocau.directory.values import Certified, Login, LoginAttempt, Scope, SignInOutcome
from bocau.directory.warm import Proof, Standing, WarmPasswords
from bocau.protocols.sasl import DerivedKeys, opaque_string
from bocau.runtime.clock import Clock

_STATE: Final = SQL.state
_STAND_IN: Final = DerivedKeys(secrets.token_bytes(32), secrets.token_bytes(32))
"""The keys of names that do not exist: no proof fits them."""


class Logins:
    def __init__(
        self,
        database: Database,
        settings: DirectorySettings,
        clock: Clock,
        passwords: Passwords,
        sleep: Callable[[float], Awaitable[None]],
        notes: Notes,
        sign_ins: SignIns,
    ) -> None:
        self._database = database
        self._settings = settings.passwords
        self._clock = clock
        self._passwords = passwords
        self._sleep = sleep
        self._throttle = Throttle(database, settings.throttle, clock)
        self._warm = WarmPasswords(settings.passwords)
        self._secret: bytes = b""
        self._proving: dict[bytes, asyncio.Future[Standing | None]] = {}
        self._noted: dict[int, float] = {}
        self._notes = notes
        self._sign_ins = sign_ins

    # --- name and password -------------------------------------------------------

    async def login(self, name: str, password: str, attempt: LoginAttempt) -> Login:
        who = suspect(attempt.client_host, folded(name))
        standing = await self._standing(name, password, who)
        return await self._admit_or_fail(standing, attempt, who, name, password)

    async def by_browser(
        self, name: str, password: str, code: str, attempt: LoginAttempt, factors: SecondFactors
    ) -> Login:
        """The main password, and the code where the account asks for one."""
        who = suspect(attempt.client_host, folded(name))
        standing = await self._standing(name, password, who)
        if standing is not None and standing.needs_code and not standing.is_disabled:
            await self._check_code(standing.login, code, attempt, who, factors)
            # Read again: the password may have been changed meanwhile.
            proved = standing.login.credential_id
            standing = self._database.read(lambda sql: current(sql, proved, self._clock.now()))
        return await self._admit_or_fail(standing, attempt, who, name, password)

    async def confirm(self, login: Login, password: str, attempt: LoginAttempt) -> None:
        """Prove the password once more that a login was made with. Counted as a login is."""
        name = str(login.address)
        who = suspect(attempt.client_host, folded(name))
        standing = await self._standing(name, password, who)
        if standing is None or standing.login.credential_id != login.credential_id:
            await self._fail(who, password)
            raise BadCredentials("wrong password")
        self._forgive(who)

    async def confirm_code(
        self, login: Login, code: str, attempt: LoginAttempt, factors: SecondFactors
    ) -> None:
        """Use up a code once more. CodeWanted, Throttled."""
        who = suspect(attempt.client_host, folded(str(login.address)))
        await self._check_code(login, code, attempt, who, factors)

    async def _standing(self, name: str, password: str, who: Suspect) -> Standing | None:
        mark = self._warm.mark(name, password)
        proof = self._database.read(lambda sql: self._warm_proof(sql, mark, name, who))
        return proof.standing if proof is not None else await self._prove_once(mark, name, password, who)

    async def _check_code(
        self, login: Login, code: str, attempt: LoginAttempt, who: Suspect, factors: SecondFactors
    ) -> None:
        """CodeWanted, Throttled. A wrong code is counted as a wrong password is, and for the account as well:
        only who knows the password gets here, from however many networks."""
        if not code:
            raise CodeWanted("a code is wanted")
        guesser = code_suspect(login.account_id)
        self._database.read(lambda sql: self._check_throttle(sql, guesser))
        self._throttle.begin_guess(guesser)
        try:
            is_right = await factors.take(login.account_id, code)
        finally:
            self._throttle.end_guess(guesser)
        if not is_right:
            self._sign_ins.note(login.account_id, attempt, SignInOutcome.WRONG_CODE)
            await self._throttle.failed(guesser, guess_mark(self.server_secret(), code))
            await self._fail(who, code)
            raise CodeWanted("wrong code", was_wrong=True)

    def _warm_proof(self, sql: Sql, mark: bytes, name: str, who: Suspect) -> Proof | None:
        # Before the cache: or it would tell a throttled guesser which guess is right.
        version = self._check_throttle(sql, who)
        proof = self._warm.get(mark, self._clock.monotonic())
        if proof is not None and proof.standing.login.has_expired(self._clock.now()):
            self._warm.drop(mark)
            return None
        if proof is None or proof.version == version:
            return proof
        standing = current(sql, proof.standing.login.credential_id, self._clock.now())
        if standing is None or account_claimed(sql, name) != standing.login.account_id:
            self._warm.drop(mark)
            return None
        proof.standing, proof.version = standing, version
        return proof

    async def _prove_once(self, mark: bytes, name: str, password: str, who: Suspect) -> Standing | None:
        """A client that opens five connections at once pays one argon2, and guesses once."""
        running = self._proving.get(mark)
        if running is None:
            # Counted before the first await: who opens a hundred connections has not a hundred free guesses.
            self._throttle.begin_guess(who)
            running = asyncio.ensure_future(self._prove(mark, name, password))
            self._proving[mark] = running
            running.add_done_callback(partial(self._proved, mark, who))
        return await asyncio.shield(running)

    def _proved(self, mark: bytes, who: Suspect, running: "asyncio.Future[Standing | None]") -> None:
        del self._proving[mark]
        self._throttle.end_guess(who)
        if not running.cancelled():
            # Looked at, so that asyncio does not complain when whoever asked has gone away.
            running.exception()

    async def _prove(self, mark: bytes, name: str, password: str) -> Standing | None:
        credential_id = await self._matching_credential(name, password)
        if credential_id is None:
            return None
        # Read again: the password may have been changed while it was checked.
        now = self._clock.now()
        version, standing = self._database.read(
            lambda sql: (sql.value(_STATE), current(sql, credential_id, now))
        )
        if standing is not None:
            self._warm.put(mark, Proof(standing, version, self._clock.monotonic()))
        return standing

    async def _matching_credential(self, name: str, password: str) -> int | None:
        claimed = self._database.read(lambda sql: claim_of(sql, name))
        found = self._matching_generated(claimed, password) if claimed is not None else None
        if found is not None:
            return found
        main = next((row for row in claimed.secrets if not row[1]), None) if claimed else None
        try:
            prepared = opaque_string(password)
        except SyntaxFault:
            prepared, main = "-", None
        is_right = await self._passwords.verify(main[2] if main else None, prepared)
        return main[0] if main and is_right else None

    def _matching_generated(self, claimed: Claim, password: str) -> int | None:
        """The app password or token that it is."""
        core = app_password_core(password)
        if core is not None:
            digest = app_password_digest(self.server_secret(), core)
        elif looks_like_token(password):
            digest = token_digest(password)
        else:
            return None
        found = None
        for credential_id, label, secret in claimed.secrets:
            if label and hmac.compare_digest(secret, digest):
                found = credential_id
        return found

    # --- tokens and certificates -----------------------------------------------------

    async def by_token(self, token: str, name: str, attempt: LoginAttempt) -> Login:
        who = suspect(attempt.client_host, folded(name))
        now = self._clock.now()

        def job(sql: Sql) -> Standing | None:
            self._check_throttle(sql, who)
            standing = token_holder(sql, token_digest(token), now)
            if standing is None or (name and account_claimed(sql, name) != standing.login.account_id):
                return None
            return standing

        return await self._admit_or_fail(self._database.read(job), attempt, who, name, token)

    async def by_certificate(self, certified: Certified, name: str, attempt: LoginAttempt) -> Login:
        who = suspect(attempt.client_host, folded(name or " ".join(certified.names[:1])))
        now = self._clock.now()

        def job(sql: Sql) -> Standing | None:
            self._check_throttle(sql, who)
            return certificate_holder(sql, certified, name, now)

        return await self._admit_or_fail(self._database.read(job), attempt, who, name, name)

    async def _admit_or_fail(
        self, standing: Standing | None, attempt: LoginAttempt, who: Suspect, name: str, guess: str
    ) -> Login:
        if standing is None:
            self._note_failure(name, attempt)
            await self._fail(who, guess)
            raise BadCredentials("wrong name or password")
        return self._admit(standing, attempt, who)

    # --- SCRAM ---------------------------------------------------------------------

    async def scram_keys(self, name: str, mechanism: str, attempt: LoginAttempt) -> ScramKeys:
        who = suspect(attempt.client_host, folded(name))

        def job(sql: Sql) -> ScramKeys | None:
            self._check_throttle(sql, who)
            return scram_keys_of(sql, name, mechanism)

        salt = made_up_salt(self.server_secret(), folded(name))
        stand_in = ScramKeys(salt, self._settings.scram_iterations, (0,), (_STAND_IN,))
        return self._database.read(job) or stand_in

    async def scram_settled(self, name: str, credential_id: int | None, attempt: LoginAttempt) -> Login:
        who = suspect(attempt.client_host, folded(name))

        def job(sql: Sql) -> Standing | None:
            self._check_throttle(sql, who)
            return current(sql, credential_id, self._clock.now()) if credential_id is not None else None

        # What was guessed is not known: each failure counts as a new guess.
        return await self._admit_or_fail(self._database.read(job), attempt, who, name, secrets.token_hex(8))

    # --- both ------------------------------------------------------------------------

    def _check_throttle(self, sql: Sql, who: Suspect) -> int:
        """Returns the directory's version."""
        row = sql.row(_STATE)
        assert row is not None
        version, serial = row
        self._throttle.check(sql, serial, who)
        return int(version)

    def _admit(self, standing: Standing, attempt: LoginAttempt, who: Suspect) -> Login:
        login = standing.login
        outcome = _outcome(standing, attempt.scope)
        self._sign_ins.note(login.account_id, attempt, outcome)
        if outcome is not SignInOutcome.NOT_ALLOWED or login.scopes is not None:
            self._forgive(who)
        match outcome:
            case SignInOutcome.DISABLED:
                raise AccountDisabled(str(login.address))
            case SignInOutcome.NOT_ALLOWED if login.scopes is None:
                raise AppPasswordWanted("the second factor is on: use an app password")
            case SignInOutcome.NOT_ALLOWED:
                raise NotPermitted(f"this password is not for {attempt.scope.value}")
        if login.credential_id != NO_CREDENTIAL:
            self._note_use(login.credential_id)
        return login

    def _forgive(self, who: Suspect) -> None:
        if self._throttle.has_failed(who):
            self._notes.do(self._throttle.succeeded(who))

    def _note_failure(self, name: str, attempt: LoginAttempt) -> None:
        account_id = self._database.read(lambda sql: account_claimed(sql, name))
        if account_id is not None:
            self._sign_ins.note(account_id, attempt, SignInOutcome.WRONG_PASSWORD)

    async def _fail(self, who: Suspect, password: str) -> None:
        delay = await self._throttle.failed(who, guess_mark(self.server_secret(), password))
        if delay > 0:
            await self._sleep(delay)

    def _note_use(self, credential_id: int) -> None:
        """Write last_used_at now and then, after the login was answered."""
        now = self._clock.monotonic()
        noted = self._noted.get(credential_id)
        if noted is not None and now - noted < self._settings.used_note_seconds:
            return
        if len(self._noted) >= self._settings.warm_entries_max:
            self._noted.clear()
        self._noted[credential_id] = now
        self._write_use(credential_id)

    def _write_use(self, credential_id: int) -> None:
        now = int(self._clock.now())
        before = now - int(self._settings.used_note_seconds)
        note = {"now": now, "credential_id": credential_id, "before": before}
        self._notes.write(lambda sql: sql.execute(SQL.used_credential, note))

    def server_secret(self) -> bytes:
        if not self._secret:
            self._secret = self._database.read(lambda sql: bytes(sql.value(SQL.secret)))
        return self._secret

    def forget(self, account_id: AccountId) -> None:
        """Drop the warm passwords of an account from memory (they are void in any case)."""
        self._warm.drop_account(account_id)

    async def close(self) -> None:
        await self._notes.close()
        self._passwords.close()


def _outcome(standing: Standing, scope: Scope) -> SignInOutcome:
    """What becomes of a login whose password was right (and its code, from a browser)."""
    scopes = standing.login.scopes
    if standing.is_disabled:
        return SignInOutcome.DISABLED
    if scope not in scopes if scopes is not None else standing.needs_code and scope is not Scope.WEB:
        return SignInOutcome.NOT_ALLOWED
    return SignInOutcome.OK
