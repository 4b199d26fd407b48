"""The directory's one door. Look-ups are plain calls on the loop (cached, checked against the directory's version);
changes and logins are awaited."""

from collections.abc import Sequence

from bocau.base.ids import AccountId
from bocau.directory.values import Account, Alias, Credential, Domain, Expansion, Group, Login, LoginAttempt, Scope
from bocau.formats.address import Address


class Directory:
    # --- look-ups: now, in this thread ----------------------------------------------
    def is_local_domain(self, domain: str) -> bool:
        raise NotImplementedError

    def expand(self, address: Address) -> Expansion:
        """Follow account, alias, group, subaddress (`user+tag`), catch-all; postmaster@ and abuse@ always work
        (fall back to the admins). Raises NoSuchDomain (not ours), NoSuchAddress, AccountDisabled."""
        raise NotImplementedError

    def account(self, account_id: AccountId) -> Account:
        """NoSuchAccount."""
        raise NotImplementedError

    def account_named(self, address: Address) -> Account:
        raise NotImplementedError

    def may_send_as(self, account_id: AccountId, address: Address) -> bool:
        """Its own address (with any subaddress), its aliases, groups it may send as."""
        raise NotImplementedError

    def domains(self) -> list[Domain]:
        raise NotImplementedError

    def accounts(self, domain: str | None = None) -> list[Account]:
        raise NotImplementedError

    def aliases(self, domain: str | None = None) -> list[Alias]:
        raise NotImplementedError

    def groups(self, domain: str | None = None) -> list[Group]:
        raise NotImplementedError

    def credentials(self, account_id: AccountId) -> list[Credential]:
        raise NotImplementedError

    # --- logins ----------------------------------------------------------------------
    async def login(self, name: str, password: str, attempt: LoginAttempt) -> Login:
        """Prove a name and password. `name` is the full address, or an alias of the account.

        Counts failures per account and network over all processes, slows 2→15 s, then refuses for a while;
        argon2 runs in a thread, a warm password costs microseconds. Unknown names cost the same as wrong passwords.
        Raises BadCredentials, AccountDisabled, Throttled."""
        raise NotImplementedError

    async def scram_keys(self, name: str, mechanism: str, attempt: LoginAttempt) -> "ScramKeys":
        """Salt, iterations, StoredKey, ServerKey for `SCRAM-SHA-1` or `SCRAM-SHA-256` (RFC 5802 §3). Unknown names
        get stable fake keys. Raises Throttled."""
        raise NotImplementedError

    async def scram_settled(self, name: str, succeeded: bool, attempt: LoginAttempt) -> Login:
        """Tell how a SCRAM exchange ended; counts failures like login(). Raises BadCredentials."""
        raise NotImplementedError

    # --- administration --------------------------------------------------------------
    async def create_domain(self, name: str) -> Domain:
        raise NotImplementedError

    async def set_domain(self, name: str, *, catch_all: Address | None, is_disabled: bool) -> Domain:
        raise NotImplementedError

    async def remove_domain(self, name: str) -> None:
        """InUse while it has accounts, aliases or groups."""
        raise NotImplementedError

    async def create_account(
        self,
        address: Address,
        password: str,
        *,
        display_name: str = "",
        quota_bytes: int | None = None,
        is_admin: bool = False,
    ) -> Account:
        """The mailboxes are made by whoever calls (MailStore.write … create_account, same account_id), see app."""
        raise NotImplementedError

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
        raise NotImplementedError

    async def remove_account(self, address: Address) -> AccountId:
        raise NotImplementedError

    async def set_alias(self, address: Address, targets: Sequence[Address]) -> Alias:
        raise NotImplementedError

    async def remove_alias(self, address: Address) -> None:
        raise NotImplementedError

    async def set_group(
        self, address: Address, members: Sequence[Address], senders: Sequence[AccountId]
    ) -> Group:
        raise NotImplementedError

    async def remove_group(self, address: Address) -> None:
        raise NotImplementedError

    async def create_app_password(
        self, account_id: AccountId, label: str, scopes: frozenset[Scope]
    ) -> tuple[Credential, str]:
        """Returns the credential and the generated secret, shown once."""
        raise NotImplementedError

    async def remove_credential(self, account_id: AccountId, credential_id: int) -> None:
        raise NotImplementedError


class ScramKeys:
    salt: bytes
    iterations: int
    stored_key: bytes
    server_key: bytes
