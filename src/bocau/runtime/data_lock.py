"""One server per data directory: flock(2) on `serve.lock`, held while the supervisor or a child lives."""

import fcntl
import os
from pathlib import Path

from bocau.base.errors import InUse

LOCK_NAME = "serve.lock"


def lock_data_directory(directory: Path) -> int:
    """Take the lock and write our process id into it; returns the descriptor that holds it.

    Children inherit it: a killed supervisor's workers keep the directory until they are gone.
    Raises InUse with the other server's process id.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(directory / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        owner = os.read(file, 20).decode("ascii", "replace").strip() or "unknown"
        os.close(file)
        raise InUse(f"another server (process {owner}) is running on {directory}") from exc
    os.ftruncate(file, 0)
    os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
    return file


def server_pid(directory: Path) -> int | None:
    """The process id of the server that runs on this directory; None when none does."""
    try:
        file = os.open(directory / LOCK_NAME, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        owner = os.read(file, 20).strip()
        return int(owner) if owner.isdigit() else None
    finally:
        os.close(file)
    return None
