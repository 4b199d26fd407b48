"""Two thin clients: an asyncio line protocol (for many connections) and a blocking socket (for big answers)."""

import asyncio
import base64
import socket
import ssl
import time


def tls_context():
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname = False
    c.verify_mode = ssl.CERT_NONE
    return c


class Conn(asyncio.Protocol):
    """Line reader with one waiter; write through self.tr."""

    def __init__(self):
        self.buf = bytearray()
        self.waiter = None
        self.closed = False
        self.tr = None
        self.on_data = None

    def connection_made(self, tr):
        self.tr = tr

    def data_received(self, data):
        self.buf += data
        if self.on_data:
            self.on_data(self)
        if self.waiter and not self.waiter.done():
            self.waiter.set_result(None)

    def connection_lost(self, exc):
        self.closed = True
        if self.waiter and not self.waiter.done():
            self.waiter.set_exception(
                ConnectionError("closed by server: %r %r" % (bytes(self.buf[-200:]), exc))
            )

    async def more(self):
        if self.closed:
            raise ConnectionError("closed by server: %r" % bytes(self.buf[-200:]))
        self.waiter = asyncio.get_running_loop().create_future()
        await self.waiter

    async def line(self):
        start = 0
        while True:
            i = self.buf.find(b"\n", start)
            if i >= 0:
                out = bytes(self.buf[: i + 1])
                del self.buf[: i + 1]
                return out
            start = len(self.buf)
            await self.more()

    async def reply(self, want=b"2"):
        """One SMTP reply (all its lines); raises unless it starts with `want`."""
        all_ = b""
        while True:
            ln = await self.line()
            all_ += ln
            if ln[3:4] != b"-":
                break
        if not ln.startswith(want):
            raise RuntimeError("unexpected reply: %r" % all_)
        return all_

    async def tagged(self, tag, ok=True):
        """Lines up to the tagged one of IMAP; the last is returned."""
        while True:
            ln = await self.line()
            if ln.startswith(tag + b" "):
                if ok and not ln[len(tag) + 1 :].upper().startswith(b"OK"):
                    raise RuntimeError("unexpected: %r" % ln)
                return ln

    async def starttls(self, ctx, host):
        self.tr = await asyncio.get_running_loop().start_tls(self.tr, self, ctx, server_hostname=host)

    def close(self):
        if self.tr:
            self.tr.close()


async def connect(host, port, ctx=None):
    loop = asyncio.get_running_loop()
    _, c = await loop.create_connection(Conn, host, port, ssl=ctx, server_hostname=host if ctx else None)
    sock = c.tr.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return c


def plain(user, password):
    return base64.b64encode(b"\0" + user.encode() + b"\0" + password.encode())


class Answer:
    __slots__ = ("status", "bytes", "ttfb", "secs", "untagged", "data")


class Imap:
    """Blocking IMAP client that measures an answer without parsing it."""

    def __init__(self, host, port, tls=False, starttls=False, timeout=600):
        self.s = socket.create_connection((host, port), timeout=timeout)
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.s = tls_context().wrap_socket(self.s, server_hostname=host)
        self.n = 0
        self.rest = b""
        self.greeting = self.readline()
        if starttls:
            self.ok("STARTTLS")
            self.s = tls_context().wrap_socket(self.s, server_hostname=host)

    def readline(self):
        while b"\n" not in self.rest:
            d = self.s.recv(65536)
            if not d:
                raise ConnectionError("closed: %r" % self.rest)
            self.rest += d
        ln, self.rest = self.rest.split(b"\n", 1)
        return ln + b"\n"

    def run(self, line, keep=False):
        """Send a command, read to its tagged answer; `untagged` counts lines that start with '* '."""
        self.n += 1
        tag = b"Zt%dq" % self.n
        mark = b"\r\n" + tag + b" "
        a = Answer()
        t0 = time.perf_counter()
        self.s.sendall(tag + b" " + (line if isinstance(line, bytes) else line.encode()) + b"\r\n")
        tail, total, first, count, kept = b"\r\n", 0, None, 0, []
        while True:
            d = self.s.recv(1 << 18)
            if first is None:
                first = time.perf_counter() - t0
            if not d:
                raise ConnectionError("closed: %r" % tail)
            total += len(d)
            if keep:
                kept.append(d)
            d = tail + d
            count += d.count(b"\r\n* ")
            i = d.find(mark)
            if i >= 0:
                while not d.endswith(b"\n"):
                    x = self.s.recv(65536)
                    d += x
                    if keep:
                        kept.append(x)
                a.status = d[i + len(mark) :].split(b"\r\n")[0]
                break
            tail = d[-(len(mark) + 2) :]
            # what stays in the tail must not be counted twice
            count -= tail.count(b"\r\n* ")
        a.secs, a.ttfb, a.bytes, a.untagged = time.perf_counter() - t0, first, total, count
        a.data = b"".join(kept)
        return a

    def ok(self, line, keep=False):
        a = self.run(line, keep)
        if not a.status.upper().startswith(b"OK"):
            raise RuntimeError("%r -> %r" % (line, a.status))
        return a

    def login(self, user, password):
        self.ok(f'LOGIN "{user}" "{password}"')
        self.caps = self.ok("CAPABILITY", True).data.upper().split(b"\r\n")[0].split()
        return self

    def close(self):
        try:
            self.s.close()
        except OSError:
            pass
