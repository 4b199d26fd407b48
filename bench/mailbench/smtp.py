"""SMTP: reception (port 25) and authenticated submission."""

import asyncio
import re
import ssl
import time

from . import gen, net


def payloads(size, count=64, seed=11, sender=None):
    """`count` different dot-stuffed messages, ready for DATA; some servers want the sender's own From field."""
    out = []
    for n in range(count):
        m = gen.message(n, size, seed)
        if len(m) < size:  # pad to the exact size class
            m += gen.text(gen.random.Random(n), size - len(m)).encode()
        if sender:
            m = re.sub(rb"\nFrom: .*\r", b"\nFrom: <" + sender.encode() + b">\r", m, count=1)
        out.append(m.replace(b"\r\n.", b"\r\n..") + b".\r\n")
    return out


async def hello(c, name=b"bench.test"):
    c.tr.write(b"EHLO " + name + b"\r\n")
    return (await c.reply()).upper()


async def start(prof, submission, ctx):
    """Connected, greeted, TLS and AUTH done when `submission`."""
    host = prof["host"]
    if not submission:
        c = await net.connect(host, prof["smtp"])
        await c.reply()
        return c, await hello(c)
    if submission == "smtps":
        c = await net.connect(host, prof["smtps"], ctx)
        await c.reply()
    else:
        c = await net.connect(host, prof["submission"])
        await c.reply()
        await hello(c)
        c.tr.write(b"STARTTLS\r\n")
        await c.reply()
        await c.starttls(ctx, host)
    caps = await hello(c)
    user = prof["user"].replace("%d", "1")
    c.tr.write(b"AUTH PLAIN " + net.plain(user, prof["password"]) + b"\r\n")
    await c.reply()
    return c, caps


async def load(
    prof, n, conns, size, nrcpt=1, users=10, per_conn=None, submission=None, pipeline=True, tls_resume=False
):
    """Send n messages over `conns` connections; latency = from MAIL (or from connect, when one message per
    connection) to the 250 after DATA. Returns (seconds, latencies)."""
    data = payloads(size, sender=prof["user"].replace("%d", "1") if submission else prof.get("sender"))
    todo = iter(range(n))
    lat = []
    ctx = net.tls_context() if submission else None
    if ctx and not tls_resume:
        ctx.options |= ssl.OP_NO_TICKET
    sender = b"<" + (prof.get("sender") or "sender@example.org").encode() + b">"
    if submission:
        sender = b"<" + prof["user"].replace("%d", "1").encode() + b">"

    async def worker():
        c, sent = None, 0
        for i in todo:
            t0 = time.perf_counter()
            if c is None:
                c, caps = await start(prof, submission, ctx)
                sent = 0
            if per_conn != 1:
                t0 = time.perf_counter()
            rc = [prof["rcpt"].replace("%d", str((i * nrcpt + k) % users + 1)).encode() for k in range(nrcpt)]
            cmds = (
                [b"MAIL FROM:" + sender + b"\r\n"] + [b"RCPT TO:<" + r + b">\r\n" for r in rc] + [b"DATA\r\n"]
            )
            if pipeline and b"PIPELINING" in caps:
                c.tr.write(b"".join(cmds))
                for _ in cmds[:-1]:
                    await c.reply()
                await c.reply(b"354")
            else:
                for cmd in cmds[:-1]:
                    c.tr.write(cmd)
                    await c.reply()
                c.tr.write(cmds[-1])
                await c.reply(b"354")
            c.tr.write(data[i % len(data)])
            await c.reply()
            lat.append(time.perf_counter() - t0)
            sent += 1
            if per_conn and sent >= per_conn:
                c.tr.write(b"QUIT\r\n")
                await c.reply()
                c.close()
                c = None
        if c:
            c.tr.write(b"QUIT\r\n")
            await c.reply()
            c.close()

    t0 = time.perf_counter()
    await asyncio.gather(*[worker() for _ in range(conns)])
    return time.perf_counter() - t0, lat


class Counter:
    """STATUS MESSAGES over the users' mailboxes, through sessions that stay open (so polling costs little)."""

    def __init__(self, prof, users, box="INBOX"):
        self.box = box
        self.c = []
        for u in range(1, users + 1):
            c = net.Imap(prof["host"], prof["imap"])
            self.c.append(c.login(prof["user"].replace("%d", str(u)), prof["password"]))

    def counts(self):
        return [self.count(c) for c in self.c]

    def count(self, c):
        a = c.run(f"STATUS {self.box} (MESSAGES)", True)
        return int(a.data.split(b"MESSAGES ")[1].split(b")")[0]) if b"MESSAGES " in a.data else 0

    def wait(self, want, until, pause=0.05):
        """Wait until mailbox k holds want[k], one mailbox after the other; the number still missing."""
        missing = 0
        for c, w in zip(self.c, want):
            while (have := self.count(c)) < w and time.perf_counter() < until:
                time.sleep(pause)
            missing += max(0, w - have)
        return missing

    def close(self):
        for c in self.c:
            c.run("LOGOUT")
            c.close()
