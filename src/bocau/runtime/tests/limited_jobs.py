"""What a limited process is asked to do in test_limited: to misbehave."""

import os
import socket
import subprocess
import sys
import time


def misbehave(job: bytes) -> bytes:
    """Answers what came of it."""
    match job:
        case b"hang":
            time.sleep(60)
        case b"spin":
            while True:
                pass
        case b"eat":
            return b"%d" % len(bytearray(4 * 1024**3))
        case b"die":
            os._exit(3)
        case b"raise":
            raise ValueError("no")
        case b"file":
            return _outcome(lambda: open("/etc/passwd"))
        case b"socket":
            return _outcome(lambda: socket.socket(socket.AF_INET))
        case b"socket instead of a pipe":
            os.close(2)
            return _outcome(lambda: socket.socket(socket.AF_UNIX))
        case b"program":
            return _outcome(lambda: subprocess.run([sys.executable, "-c", ""]))
        case b"fork":
            return _outcome(os.fork)
        case b"environment":
            return ",".join(sorted(os.environ)).encode()
        case b"pid":
            return b"%d" % os.getpid()
    return job[::-1]


def _outcome(attempt: object) -> bytes:
    try:
        attempt()  # type: ignore[operator]
    except OSError as error:
        return f"refused {error.errno}".encode()
    return b"done"
