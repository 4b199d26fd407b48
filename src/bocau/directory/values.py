"""The values that travel through the directory's door."""

from dataclasses import dataclass
from enum import StrEnum

from bocau.base.ids import AccountId, DomainId
from bocau.formats.address import Address


class Scope(StrEnum):
    """What a credential may open. The main password opens all."""

    IMAP = "imap"
    POP = "pop"
    SMTP = "smtp"
    MANAGESIEVE = "managesieve"
    JMAP = "jmap"
    ADMIN = "admin"
    WEB = "web"
    """A browser: opened by the main password only."""


@dataclass(frozen=True, slots=True)
class Domain:
    domain_id: DomainId
    name: str
    """A-labels."""
    catch_all: Address | None
    is_disabled: bool


@dataclass(frozen=True, slots=True)
class Account:
    account_id: AccountId
    address: Address
    display_name: str
    is_disabled: bool
    is_admin: bool
    quota_bytes: int | None
    created_at: int


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name: mail to `address` goes to each target (local or remote)."""

    address: Address
    targets: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A name for several people; members listed in `senders` may send as it."""

    address: Address
    members: tuple[Address, ...]
    senders: tuple[AccountId, ...]


@dataclass(frozen=True, slots=True)
class Credential:
    credential_id: int
    account_id: AccountId
    label: str
    """"" for the main password, else the name of the app password or token."""
    scopes: frozenset[Scope] | None
    """None: all."""
    created_at: int
    last_used_at: int | None
    is_token: bool = False
    expires_at: int | None = None
    """None: never."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """Where mail to one address goes after aliases, groups, catch-all and subaddresses are followed."""

    accounts: tuple[AccountId, ...]
    remote: tuple[Address, ...]
    detail: str = ""
    """The part after "+" of the address asked for."""


@dataclass(frozen=True, slots=True)
class LoginAttempt:
    """Who knocks, for the throttle."""

    client_host: str
    scope: Scope
    is_secure: bool
    """TLS, or loopback where the configuration allows plain."""
    client: str = ""
    """What the program says of itself."""


@dataclass(frozen=True, slots=True)
class Login:
    """A proven identity."""

    account_id: AccountId
    address: Address
    scopes: frozenset[Scope] | None
    credential_id: int
    """0: a client certificate."""
    expires_at: float | None = None
    """When the token or certificate ends; None: never."""
    without: frozenset[str] = frozenset()
    """Capability words that are switched off for this account."""
    session_id: int = 0
    """The web session that it belongs to; 0: none."""

    def has_expired(self, now: float) -> bool:
        return self.expires_at is not None and self.expires_at <= now


@dataclass(frozen=True, slots=True)
class Certified:
    """What a valid client certificate says of its holder."""

    names: tuple[str, ...]
    expires_at: float


@dataclass(frozen=True, slots=True)
class WebSession:
    """A browser that is logged in."""

    session_id: int
    client_host: str
    user_agent: str
    created_at: int
    last_used_at: int
    ends_at: int
    """When it ends unless it is used before."""


@dataclass(frozen=True, slots=True)
class SecondFactor:
    is_enabled: bool
    is_pending: bool
    """Being set up: not asked for yet."""
    recovery_codes_left: int


class SignInOutcome(StrEnum):
    OK = "ok"
    WRONG_PASSWORD = "wrongPassword"
    WRONG_CODE = "wrongCode"
    DISABLED = "disabled"
    NOT_ALLOWED = "notAllowed"
    """The password is not for this: an app password outside its scopes, or the main one where an app password
    is wanted."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """A login, or a try at one."""

    sign_in_id: int
    at: int
    way: str
    """A scope's name."""
    outcome: SignInOutcome
    client_host: str
    client: str
