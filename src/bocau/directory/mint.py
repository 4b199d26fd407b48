"""Makes what people and programs log in with: of a password that was chosen, or out of random bits.

What is shown once goes out; what is kept of it is a `Secret`, salted for its account.
"""

import secrets
from collections.abc import Callable

from bocau.base.ids import AccountId
from bocau.database import Database
from bocau.directory import credentials
from bocau.directory.credentials import ScramSalt
from bocau.directory.passwords import (
    SALT_BYTES,
    Passwords,
    Secret,
    app_password_core,
    app_password_digest,
    check_new_password,
    new_app_password,
)
from bocau.directory.tokens import new_token, token_digest


class Mint:
    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        scram_iterations: int,
        server_secret: Callable[[], bytes],
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._scram_iterations = scram_iterations
        self._server_secret = server_secret

    async def first_password(self, password: str) -> tuple[ScramSalt, Secret]:
        """Of an account that is being made, with its salt. NotPermitted (an unusable password)."""
        salt = ScramSalt(secrets.token_bytes(SALT_BYTES), self._scram_iterations)
        prepared = check_new_password(password)
        return salt, await self._passwords.make(prepared, salt.salt, salt.iterations)

    async def password(self, account_id: AccountId, password: str) -> Secret:
        """Of an account that is there. NotPermitted (an unusable password)."""
        salt = self._salt(account_id)
        return await self._passwords.make(check_new_password(password), salt.salt, salt.iterations)

    async def app_password(self, account_id: AccountId) -> tuple[Secret, str]:
        """A new one, and how it is shown."""
        shown = new_app_password()
        core = app_password_core(shown)
        assert core is not None
        return await self._random(account_id, shown, app_password_digest(self._server_secret(), core))

    async def token(self, account_id: AccountId) -> tuple[Secret, str]:
        """A new one, and how it is shown."""
        shown = new_token()
        return await self._random(account_id, shown, token_digest(shown))

    async def _random(self, account_id: AccountId, shown: str, digest: str) -> tuple[Secret, str]:
        """A digest is enough for what nobody can guess; SCRAM's keys stand beside it."""
        salt = self._salt(account_id)
        scram = await self._passwords.make_scram(shown, salt.salt, salt.iterations)
        return Secret(digest, scram), shown

    def _salt(self, account_id: AccountId) -> ScramSalt:
        salt = self._database.read(lambda sql: credentials.scram_salt(sql, account_id))
        assert salt is not None
        return salt
