"""Give up, for good, what a process that only computes does not need (Linux).

| what                                  | holds                                                        |
|---------------------------------------|--------------------------------------------------------------|
| no new files, sockets, processes      | everywhere: RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_FSIZE         |
| memory                                | everywhere: RLIMIT_AS                                        |
| no more rights by running a program   | Linux: no_new_privs                                          |
| the calls themselves end in EPERM     | Linux on x86-64 and arm64: a seccomp filter                  |
| no network at all                     | where user namespaces may be made: an empty network namespace |
"""

import ctypes
import os
import platform
import resource
import struct
import sys
from typing import Final

MEMORY_BYTES_MAX: Final = 1024 * 1024 * 1024

_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_SET_SECCOMP: Final = 22
_PR_SET_DUMPABLE: Final = 4
_SECCOMP_MODE_FILTER: Final = 2
_CLONE_NEWNET: Final = 0x40000000
_CLONE_NEWUSER: Final = 0x10000000

# Classic BPF (linux/filter.h, linux/seccomp.h).
_LOAD: Final = 0x20
_JUMP_IF_EQUAL: Final = 0x15
_JUMP_IF_NOT_LESS: Final = 0x35
_RETURN: Final = 0x06
_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000 | 1  # EPERM
_KILL: Final = 0x80000000
_X32: Final = 0x40000000
"""System calls of the x32 ABI on x86-64 have this bit: the same calls by other numbers."""

_ARCHITECTURES: Final[dict[str, tuple[int, tuple[int, ...]]]] = {
    # socket connect accept sendto bind listen socketpair clone fork vfork execve kill open creat ptrace
    # openat accept4 unshare process_vm_readv process_vm_writev bpf execveat io_uring_setup pidfd_getfd
    # openat2 clone3
    "x86_64": (
        0xC000003E,
        (
            *(41, 42, 43, 44, 49, 50, 53, 56, 57, 58, 59, 62, 2, 85, 101, 257, 288, 272, 310, 311, 321, 322),
            *(425, 438, 437, 435),
        ),
    ),
    "aarch64": (
        0xC00000B7,
        (
            198,
            203,
            202,
            206,
            200,
            201,
            199,
            220,
            221,
            129,
            117,
            56,
            242,
            97,
            270,
            271,
            280,
            281,
            425,
            438,
            437,
            435,
        ),
    ),
}


def confine() -> list[str]:
    """Confine this process; returns the names of what holds. Import everything before: no file opens."""
    library = ctypes.CDLL(None, use_errno=True)
    held = ["limits"]
    if sys.platform == "linux":
        library.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        if library.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0:
            held.append("network")
        if library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
            held.append("privileges")
            if _filter_calls(library):
                held.append("calls")
    _limit()
    return held


def _limit() -> None:
    for what, value in (
        (resource.RLIMIT_AS, MEMORY_BYTES_MAX),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 3),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(what, (value, value))
    os.umask(0o777)


class _Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def _filter_calls(library: ctypes.CDLL) -> bool:
    known = _ARCHITECTURES.get(platform.machine())
    if known is None:
        return False
    code = _program(*known)
    program = _Program(len(code) // 8, code)
    done: int = library.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)
    return done == 0


def _program(architecture: int, numbers: tuple[int, ...]) -> bytes:
    """Kill another architecture's calls; refuse the numbers; allow the rest."""
    count = len(numbers)
    lines = [
        (_LOAD, 0, 0, 4),
        (_JUMP_IF_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
        (_JUMP_IF_NOT_LESS, count + 1, 0, _X32),
        *((_JUMP_IF_EQUAL, count - index, 0, number) for index, number in enumerate(numbers)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)
