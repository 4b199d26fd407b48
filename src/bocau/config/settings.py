"""The configuration handed on: each room's own frozen Settings, made from the file's keys."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bocau.config import file as config_file
from bocau.config.errors import ConfigError
from bocau.config.schema import File
from bocau.config.values import ANY_HOST

if TYPE_CHECKING:
    from bocau.database import DatabaseSettings
    from bocau.directory.settings import DirectorySettings
    from bocau.flow.settings import FlowSettings, OutboundSettings, Smarthost
    from bocau.rules.quirks import Quirk
    from bocau.runtime.resolver import ResolverSettings
    from bocau.runtime.tls_client import ClientAuthority
    from bocau.services.imap.settings import ImapSettings
    from bocau.services.jmap.settings import JmapSettings
    from bocau.services.pop.settings import PopSettings
    from bocau.services.smtp.settings import SmtpSettings

DATABASE_NAME: Final = "bocau.sqlite"
CONFIG_NAME: Final = "bocau.toml"
MAIL_SERVICES: Final = ("imap", "imaps", "pop3", "pop3s", "submission", "submissions")
HTTPS_PORT: Final = 443
SECRET_BYTES_MAX: Final = 4096
APPEND_BYTES_MIN: Final = 64 * 1024 * 1024
"""A message that came in by SMTP may be moved here by IMAP: the limit of APPEND is never below this."""


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """All of it. A room's part is made when asked for, so that a short command imports only what it needs."""

    file: File
    data_dir: Path
    base: Path
    """Where relative paths of the file start."""

    def path(self, text: str) -> Path:
        return self.base / text

    @property
    def database(self) -> "DatabaseSettings":
        from bocau.database import DatabaseSettings

        return DatabaseSettings(path=self.data_dir / DATABASE_NAME)

    @property
    def resolver(self) -> "ResolverSettings":
        from bocau.runtime.resolver import ResolverSettings

        dns = self.file.dns
        return ResolverSettings(servers=tuple(map(str, dns.resolver)), timeout_seconds=dns.timeout_seconds)

    @property
    def directory(self) -> "DirectorySettings":
        from bocau.directory.settings import DirectorySettings, ThrottleSettings

        login, usual = self.file.login, ThrottleSettings()
        return DirectorySettings(
            throttle=ThrottleSettings(
                delays_seconds=tuple(min(delay, login.delay_seconds_max) for delay in usual.delays_seconds),
                account_failures_max=login.failures_max,
                refuse_seconds=login.refuse_seconds,
            )
        )

    @property
    def smtp(self) -> "SmtpSettings":
        from bocau.services.smtp.settings import SmtpLimits, SmtpSettings

        smtp = self.file.smtp
        limits = SmtpLimits(message_bytes_max=smtp.size_max_bytes, recipients_max=smtp.recipients_max)
        return SmtpSettings(hostname=self.file.hostname, limits=limits, quirks=self.quirks)

    @property
    def imap(self) -> "ImapSettings":
        from bocau.services.imap.settings import ImapSettings

        return ImapSettings(
            hostname=self.file.hostname,
            allows_plain_login=self.file.login.plain_on_loopback,
            support_url=self.file.imap.support_url,
            quirks=self.quirks,
            jmap_url=self.jmap_url,
            append_bytes_max=max(self.file.smtp.size_max_bytes, APPEND_BYTES_MIN),
        )

    @property
    def jmap(self) -> "JmapSettings":
        from bocau.services.jmap.settings import JmapSettings

        return JmapSettings(
            hostname=str(self.file.hostname),
            ports=self.mail_ports,
            allows_plain_login=self.file.login.plain_on_loopback,
        )

    @property
    def mail_ports(self) -> tuple[tuple[str, int], ...]:
        """Where mail programs find each service that listens on the network."""
        listen = self.file.listen
        found = ((name, getattr(listen, name)) for name in MAIL_SERVICES)
        return tuple(
            (name, addresses[0].shifted(listen.port_offset).port)
            for name, every in found
            if (addresses := [one for one in every if one.port])
        )

    @property
    def web_names(self) -> frozenset[str]:
        """The names that browsers may come by."""
        return frozenset((self.file.hostname, *self.file.web.names))

    @property
    def https_port(self) -> int:
        """0: there is none."""
        listen = self.file.listen
        return next((a.shifted(listen.port_offset).port for a in listen.https if a.port), 0)

    @property
    def jmap_url(self) -> str:
        """Where JMAP clients find the session (RFC 9698); "": nowhere."""
        if not self.https_port:
            return ""
        port = "" if self.https_port == HTTPS_PORT else f":{self.https_port}"
        return f"https://{self.file.hostname}{port}/jmap/session"

    @property
    def pop(self) -> "PopSettings":
        from bocau.services.pop.settings import PopSettings

        return PopSettings(
            hostname=self.file.hostname,
            run_folder=self.data_dir / "run",
            login_delay_seconds=self.file.pop.login_delay_seconds,
            plain_on_loopback=self.file.login.plain_on_loopback,
            quirks=self.quirks,
        )

    @property
    def quirks(self) -> "tuple[Quirk, ...]":
        """What single clients and networks had better not see."""
        from bocau.rules.quirks import Quirk

        return tuple(Quirk.parse(who, text) for who, text in self.file.login.without.items())

    @property
    def client_authority(self) -> "ClientAuthority | None":
        """Who vouches for people's certificates; None: they are not asked for."""
        from bocau.runtime.tls_client import ClientAuthority

        tls = self.file.tls
        if tls.client_ca is None:
            return None
        revoked = self.path(tls.client_crl) if tls.client_crl is not None else None
        return ClientAuthority(self.path(tls.client_ca), revoked)

    @property
    def flow(self) -> "FlowSettings":
        from bocau.flow.settings import FlowSettings

        file = self.file
        return FlowSettings(
            hostname=file.hostname,
            size_max_bytes=file.smtp.size_max_bytes,
            messages_per_hour=file.submission.messages_per_hour,
            recipients_per_day=file.submission.recipients_per_day,
            lifetime_seconds=file.delivery.lifetime_seconds,
            warning_seconds=file.delivery.warning_seconds,
            outbound=self._outbound(),
        )

    def _outbound(self) -> "OutboundSettings":
        from bocau.flow.settings import OutboundSettings
        from bocau.rules.routing import Hop

        delivery = self.file.delivery
        return OutboundSettings(
            port=delivery.port,
            routes={name: Hop(server.host, server.port) for name, server in delivery.routes.items()},
            smarthost=self._smarthost(),
            own_addresses=self._own_addresses(),
            connections_per_destination=delivery.connections_per_destination,
        )

    def _smarthost(self) -> "Smarthost | None":
        from bocau.flow.settings import Smarthost, SmarthostTls
        from bocau.rules.routing import Hop

        submission = self.file.submission
        if submission.smarthost is None:
            return None
        return Smarthost(
            hop=Hop(submission.smarthost.host, submission.smarthost.port),
            user=submission.smarthost_user,
            password=self.smarthost_password() or "",
            tls=SmarthostTls(submission.smarthost_tls),
        )

    def _own_addresses(self) -> tuple[str, ...]:
        """Where other servers reach this one, as far as the configuration tells: mail for there is a loop."""
        listen, port = self.file.listen, self.file.delivery.port
        addresses = [address.shifted(listen.port_offset) for address in listen.smtp]
        return tuple(a.host for a in addresses if a.port == port and a.host not in ("", ANY_HOST))

    def smarthost_password(self) -> str | None:
        """Read now, kept nowhere. ConfigError when the file cannot be read or is empty."""
        name = self.file.submission.smarthost_password_file
        return None if name is None else _first_line(self.path(name), "submission.smarthost_password_file")


def _first_line(path: Path, key: str) -> str:
    try:
        with path.open("rb") as file:
            secret = file.readline(SECRET_BYTES_MAX).decode("utf-8").rstrip("\r\n")
    except OSError as exc:
        raise ConfigError(f"{key}: {path}: {exc.strerror}") from exc
    except UnicodeDecodeError:
        raise ConfigError(f"{key}: {path}: not UTF-8") from None
    if not secret:
        raise ConfigError(f"{key}: {path}: the first line is empty")
    return secret


def compose(file: File, base: Path) -> Settings:
    """Check what only several keys together can tell. Raises ConfigError."""
    if (file.tls.certificate is None) != (file.tls.key is None):
        raise ConfigError("tls.certificate and tls.key belong together: give both or none")
    if file.tls.client_crl is not None and file.tls.client_ca is None:
        raise ConfigError("tls.client_crl needs tls.client_ca")
    _check_quirks(file)
    submission = file.submission
    if submission.smarthost_user and submission.smarthost_password_file is None:
        raise ConfigError("submission.smarthost_user needs submission.smarthost_password_file")
    if submission.smarthost_user and submission.smarthost_tls == "none":
        raise ConfigError("submission.smarthost_tls: a password is never sent without TLS")
    if file.group and not file.user:
        raise ConfigError("group needs user")
    return Settings(file=file, data_dir=base / file.data_dir, base=base)


def _check_quirks(file: File) -> None:
    from bocau.base.errors import SyntaxFault
    from bocau.rules.quirks import Quirk

    for who, text in file.login.without.items():
        try:
            Quirk.parse(who, text)
        except SyntaxFault as exc:
            raise ConfigError(f"login.without.{who}: {exc}") from None


def load_settings(
    path: Path | None, overrides: Sequence[str] = (), defaults: dict[str, Any] | None = None
) -> Settings:
    """Read, check and compose. `defaults` are keys that the file may change."""
    file = config_file.read(path, overrides, defaults)
    return compose(file, path.absolute().parent if path else Path.cwd())
