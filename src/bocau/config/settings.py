"""The configuration handed on: each room's own frozen Settings, made from the file's keys."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bocau.config import file as config_file
from bocau.config.errors import ConfigError
from bocau.config.schema import File

if TYPE_CHECKING:
    from bocau.database import DatabaseSettings
    from bocau.runtime.resolver import ResolverSettings

DATABASE_NAME: Final = "bocau.sqlite"
CONFIG_NAME: Final = "bocau.toml"
SECRET_BYTES_MAX: Final = 4096


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
    submission = file.submission
    if submission.smarthost_user and submission.smarthost_password_file is None:
        raise ConfigError("submission.smarthost_user needs submission.smarthost_password_file")
    if submission.smarthost_user and submission.smarthost_tls == "none":
        raise ConfigError("submission.smarthost_tls: a password is never sent without TLS")
    if file.group and not file.user:
        raise ConfigError("group needs user")
    return Settings(file=file, data_dir=base / file.data_dir, base=base)


def load_settings(
    path: Path | None, overrides: Sequence[str] = (), defaults: dict[str, Any] | None = None
) -> Settings:
    """Read, check and compose. `defaults` are keys that the file may change."""
    file = config_file.read(path, overrides, defaults)
    return compose(file, path.absolute().parent if path else Path.cwd())
