"""Stop being root once the low ports are bound."""

import os
from pathlib import Path

from bocau.base.errors import NotPermitted


def drop_privileges(user: str, group: str = "") -> None:
    """Become `user` (and `group`, else the user's own) for good; nothing to do when we already are.

    Raises NotPermitted when the names are unknown or we may not.
    """
    import grp
    import pwd

    try:
        entry = pwd.getpwnam(user)
        group_id = grp.getgrnam(group).gr_gid if group else entry.pw_gid
    except KeyError as exc:
        raise NotPermitted(f"no such user or group: {user} {group}".rstrip()) from exc
    if os.geteuid() == entry.pw_uid:
        return
    try:
        os.initgroups(user, group_id)
        os.setgid(group_id)
        os.setuid(entry.pw_uid)
    except OSError as exc:
        raise NotPermitted(f"cannot become {user}: {exc.strerror}") from exc


def give_directory(directory: Path, user: str, group: str = "") -> None:
    """Hand a data directory made by root to `user`."""
    import shutil

    shutil.chown(directory, user, group or None)
