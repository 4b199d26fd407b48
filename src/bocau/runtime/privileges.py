"""Stop being root once the low ports are bound."""

import os
from pathlib import Path
from typing import Final

from bocau.base.errors import NotPermitted

PYTHON: Final = Path(os.__file__).parent
"""Python's own modules, some of which are imported late."""
OURS: Final = Path(__file__).parent.parent


def ids_of(user: str, group: str = "") -> tuple[int, int]:
    """The numbers of `user` and of `group`, else of the user's own group. NotPermitted: no such name."""
    import grp
    import pwd

    try:
        entry = pwd.getpwnam(user)
        return entry.pw_uid, grp.getgrnam(group).gr_gid if group else entry.pw_gid
    except KeyError as exc:
        raise NotPermitted(f"no such user or group: {user} {group}".rstrip()) from exc


def drop_privileges(user: str, group: str = "") -> None:
    """Become `user` (and `group`, else the user's own) for good; nothing to do when we already are.

    Raises NotPermitted when the names are unknown, we may not, or the user cannot read this program.
    """
    user_id, group_id = ids_of(user, group)
    if os.geteuid() == user_id:
        return
    try:
        os.initgroups(user, group_id)
        os.setgid(group_id)
        os.setuid(user_id)
    except OSError as exc:
        raise NotPermitted(f"cannot become {user}: {exc.strerror}") from exc
    if not os.access(OURS, os.R_OK | os.X_OK):
        raise NotPermitted(f"user {user} cannot read {OURS}: install bocau where it can")


def can_read(folder: Path, user: str, group: str = "") -> bool:
    """Whether `user` may list a folder: tried in a process that becomes it."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            user_id, group_id = ids_of(user, group)
            os.initgroups(user, group_id)
            os.setgid(group_id)
            os.setuid(user_id)
            status = 0 if os.access(folder, os.R_OK | os.X_OK) else 1
        finally:
            os._exit(status)
    return os.waitpid(pid, 0)[1] == 0


def give_directory(directory: Path, user: str, group: str = "") -> None:
    """Hand a data directory made by root to `user`, with all that is in it. NotPermitted, OSError."""
    owner = ids_of(user, group)
    os.chown(directory, *owner)
    for folder, folders, files in os.walk(directory):
        for name in (*folders, *files):
            os.chown(os.path.join(folder, name), *owner, follow_symlinks=False)
