"""Who runs the command, and who owns the data: root acts as the data's owner, and as itself on its own files.

What a command writes into the data directory must stay writable for the server, which runs as another user.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def as_owner(directory: Path) -> Iterator[None]:
    """As root, be the owner of `directory` for a while."""
    if os.geteuid() or not directory.exists() or not directory.stat().st_uid:
        yield
        return
    owner = directory.stat()
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(os.getgid())


@contextmanager
def as_caller() -> Iterator[None]:
    """Within as_owner: be the one who runs the command again, to open that one's files."""
    user, group = os.geteuid(), os.getegid()
    if os.getuid() or not user:
        yield
        return
    os.seteuid(0)
    os.setegid(os.getgid())
    try:
        yield
    finally:
        os.setegid(group)
        os.seteuid(user)
