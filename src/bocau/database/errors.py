"""From the driver's errors to ours, by meaning.

full disk → DiskFull · locked → StoreBusy · broken disk or file → TryLater · not unique → AlreadyExists
anything else is our own bug and stays what it is
"""

import errno

import apsw

from bocau.base.errors import AlreadyExists, DiskFull, StoreBusy, TryLater

_NO_SPACE = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
_BROKEN = (
    apsw.IOError,
    apsw.CorruptError,
    apsw.NotADBError,
    apsw.CantOpenError,
    apsw.ReadOnlyError,
    apsw.NoMemError,
    apsw.ProtocolError,
)
_NOT_UNIQUE = frozenset((apsw.SQLITE_CONSTRAINT_UNIQUE, apsw.SQLITE_CONSTRAINT_PRIMARYKEY))


class OutOfStep(Exception):
    """The schema on disk and this program do not fit together; the text says what to do."""


def translate(error: BaseException, system_errno: int = 0) -> BaseException:
    """The error a caller should see for `error`; `system_errno` is the connection's last errno."""
    if isinstance(error, apsw.FullError):
        return DiskFull("the disk that holds the database is full")
    if isinstance(error, apsw.BusyError | apsw.LockedError):
        return StoreBusy("the database is locked by another process")
    if isinstance(error, apsw.IOError) and system_errno in _NO_SPACE:
        return DiskFull("no space for the database")
    if isinstance(error, _BROKEN):
        return TryLater(f"database: {error}")
    if isinstance(error, apsw.ConstraintError) and getattr(error, "extendedresult", 0) in _NOT_UNIQUE:
        return AlreadyExists(str(error))
    if isinstance(error, OSError):
        return translate_os(error)
    return error


def translate_os(error: OSError) -> TryLater:
    """The meaning of a failed file operation."""
    if error.errno in _NO_SPACE:
        return DiskFull("the disk is full")
    return TryLater(f"disk: {error.strerror or error}")
