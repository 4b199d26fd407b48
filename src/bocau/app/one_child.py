"""Do something in a process of its own, so that no thread, file or memory of it stays behind."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bocau.base.errors import BocauError, Refused
from bocau.runtime.log import get_log

REASON_BYTES_MAX = 8192


@contextmanager
def in_child(job: Callable[[], None]) -> Iterator[None]:
    """Run `job` in a forked process beside the `with` block; its end waits for both.

    A BocauError or OSError of the job is raised here as Refused, with its text."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        os._exit(_attempt(job, writing))
    os.close(writing)
    with open(reading, "rb") as pipe:
        try:
            yield
        finally:
            reason = pipe.read(REASON_BYTES_MAX)
            _, status = os.waitpid(pid, 0)
    if status:
        raise Refused(reason.decode("utf-8", "replace") or f"a start-up process ended with status {status}")


def _attempt(job: Callable[[], None], writing: int) -> int:
    try:
        job()
    except (BocauError, OSError) as exc:
        os.write(writing, (str(exc) or type(exc).__name__).encode()[:REASON_BYTES_MAX])
        return 1
    except BaseException as exc:
        get_log("server").exception("start failed", exc)
        os.write(writing, f"start failed: {type(exc).__name__}: {exc}".encode()[:REASON_BYTES_MAX])
        return 1
    return 0
