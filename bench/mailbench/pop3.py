"""POP3: one session that lists and retrieves everything."""

import socket
import time


def session(prof, user):
    s = socket.create_connection((prof["host"], prof["pop3"]), timeout=300)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    f = s.makefile("rb", 1 << 18)
    t = [time.perf_counter()]

    def line(cmd=None):
        if cmd:
            s.sendall(cmd.encode() + b"\r\n")
        ln = f.readline()
        if not ln.startswith(b"+OK"):
            raise RuntimeError("%r -> %r" % (cmd, ln))
        return ln

    def multi(cmd=None):
        line(cmd)
        size = 0
        while (ln := f.readline()) != b".\r\n":
            size += len(ln)
        return size

    line()
    line("USER " + prof["user"].replace("%d", str(user)))
    line("PASS " + prof["password"])
    n = int(line("STAT").split()[1])
    t.append(time.perf_counter())
    multi("UIDL")
    t.append(time.perf_counter())
    size = 0
    for i in range(1, n + 1):
        size += multi(f"RETR {i}")
    t.append(time.perf_counter())
    # the same once more, pipelined
    s.sendall(b"".join(b"RETR %d\r\n" % i for i in range(1, min(n, 1000) + 1)))
    for i in range(1, min(n, 1000) + 1):
        multi()
    t.append(time.perf_counter())
    line("QUIT")
    s.close()
    return {
        "n": n,
        "mb": round(size / 1e6, 2),
        "login_stat_ms": round((t[1] - t[0]) * 1e3, 1),
        "uidl_ms": round((t[2] - t[1]) * 1e3, 1),
        "retr_all_s": round(t[3] - t[2], 3),
        "retr_per_s": round(n / (t[3] - t[2])),
        "retr_pipelined_per_s": round(min(n, 1000) / (t[4] - t[3])),
    }
