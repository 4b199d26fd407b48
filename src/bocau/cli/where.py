"""Which server a command looks after: --config, --dir, $BOCAU_DIR, or /etc/bocau/bocau.toml."""

import os
import socket
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from bocau.cli.failures import Failure

if TYPE_CHECKING:
    from bocau.config import Settings

SYSTEM_CONFIG: Final = Path("/etc/bocau/bocau.toml")
DIRECTORY_VARIABLE: Final = "BOCAU_DIR"


def where_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --config and --dir; the command receives `settings` instead."""

    @click.option("--config", type=click.Path(path_type=Path), help="The server's bocau.toml.")
    @click.option("--dir", "directory", type=click.Path(path_type=Path), help="The server's data directory.")
    @wraps(command)
    def with_settings(config: Path | None, directory: Path | None, **rest: Any) -> Any:
        return command(settings=locate(config, directory), **rest)

    return with_settings


def locate(config: Path | None, directory: Path | None) -> "Settings":
    """The settings of the server that is meant. Raises Failure when there is none."""
    from bocau.config import load_settings

    if config is not None:
        return load_settings(config)
    named = directory or (Path(text) if (text := os.environ.get(DIRECTORY_VARIABLE)) else None)
    if named is not None:
        return settings_of(named)
    if SYSTEM_CONFIG.exists():
        return load_settings(SYSTEM_CONFIG)
    raise Failure(f"which server? name it with --config, --dir or ${DIRECTORY_VARIABLE}")


def settings_of(directory: Path) -> "Settings":
    """Those in the directory's own bocau.toml, else the built-in ones."""
    from bocau.config import load_settings
    from bocau.config.settings import CONFIG_NAME

    if not directory.is_dir():
        raise Failure(f"{directory}: no such directory; --dir names a server's data directory")
    own = directory / CONFIG_NAME
    given = {"hostname": socket.gethostname(), "data_dir": str(directory.absolute())}
    return load_settings(own if own.exists() else None, (), given)
