"""The inside of a limited process: read a job, do it, answer; see `runtime.limited`.

    python -m bocau.runtime.limited_child package.module:function

`function(bytes) -> bytes` is called once with b"" to import what it needs, before the process is confined.
"""

import os
import resource
import struct
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Final

from bocau.runtime.confinement import confine

LENGTH: Final = struct.Struct(">I")
DONE: Final = b"d"
FAILED: Final = b"f"
READY: Final = b"r"
JOB_BYTES_MAX: Final = 64 * 1024 * 1024
CPU_SECONDS: Final = 3
"""Of one job; the other side's clock is stricter."""

Job = Callable[[bytes], bytes]


def main() -> None:
    """Serve jobs from standard input until it ends."""
    module, _, name = sys.argv[1].partition(":")
    job: Job = getattr(import_module(module), name)
    job(b"")
    held = confine()
    _answer(READY, ",".join(held).encode("ascii"))
    while (length := _read(LENGTH.size)) is not None:
        size = LENGTH.unpack(length)[0]
        data = _read(size) if size <= JOB_BYTES_MAX else None
        if data is None:
            return
        _limit_time()
        try:
            result = job(data)
        except Exception as error:
            _answer(FAILED, type(error).__name__.encode("ascii", "replace"))
        else:
            _answer(DONE, result)


def _limit_time() -> None:
    """From now on."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(usage.ru_utime + usage.ru_stime) + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _read(size: int) -> bytes | None:
    pieces = []
    while size > 0:
        piece = os.read(0, min(size, 1024 * 1024))
        if not piece:
            return None
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _answer(kind: bytes, data: bytes) -> None:
    view = memoryview(kind + LENGTH.pack(len(data)) + data)
    while view:
        view = view[os.write(1, view) :]


if __name__ == "__main__":
    main()
