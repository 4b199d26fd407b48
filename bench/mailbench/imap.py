"""IMAP workloads."""

import asyncio
import random
import time

from . import gen, net

TB = (
    "(UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc Bcc Subject Date Message-ID Priority X-Priority "
    "References Newsgroups In-Reply-To Content-Type Reply-To)])"
)


def client(prof, user=1, tls=False):
    c = net.Imap(prof["host"], prof["imaps" if tls else "imap"], tls=tls)
    return c.login(prof["user"].replace("%d", str(user)), prof["password"])


def append(prof, user, box, n, size, mode, window=64, seed=1, first=0):
    """mode: sync (one at a time, synchronising literal), plus (LITERAL+, pipelined), multi (MULTIAPPEND of `window`).
    Returns (seconds, latencies or None)."""
    c = client(prof, user)
    c.run(f"CREATE {box}")
    plus = b"LITERAL+" in c.caps
    lat = []
    t0 = time.perf_counter()
    if mode == "sync":
        for i in range(first, first + n):
            m = gen.message(i, size, seed)
            t = time.perf_counter()
            if plus:
                c.ok(b"APPEND %s (\\Seen) {%d+}\r\n%s" % (box.encode(), len(m), m))
            else:
                c.n += 1
                tag = b"Zt%dq" % c.n
                c.s.sendall(b"%s APPEND %s (\\Seen) {%d}\r\n" % (tag, box.encode(), len(m)))
                ln = c.readline()
                assert ln.startswith(b"+"), ln
                c.s.sendall(m + b"\r\n")
                while not (ln := c.readline()).startswith(tag):
                    pass
                assert b" OK" in ln, ln
            lat.append(time.perf_counter() - t)
    elif mode == "plus":
        if not plus:
            return None, None
        i = first
        while i < first + n:
            k = min(window, first + n - i)
            out = []
            for j in range(k):
                m = gen.message(i + j, size, seed)
                out.append(b"W%d APPEND %s (\\Seen) {%d+}\r\n%s\r\n" % (j, box.encode(), len(m), m))
            c.s.sendall(b"".join(out))
            done = 0
            while done < k:
                ln = c.readline()
                if ln.startswith(b"W"):
                    assert b" OK" in ln, ln
                    done += 1
            i += k
    else:
        if not plus or b"MULTIAPPEND" not in c.caps:
            return None, None
        i = first
        while i < first + n:
            k = min(window, first + n - i)
            parts = [b"APPEND " + box.encode()]
            for j in range(k):
                m = gen.message(i + j, size, seed)
                parts.append(b" (\\Seen) {%d+}\r\n%s" % (len(m), m))
            c.ok(b"".join(parts))
            i += k
    secs = time.perf_counter() - t0
    c.run("LOGOUT")
    c.close()
    return secs, lat


def status(prof, user, box):
    c = client(prof, user)
    a = c.run(f"STATUS {box} (MESSAGES)", True)
    c.close()
    try:
        return int(a.data.split(b"MESSAGES ")[1].split(b")")[0])
    except IndexError:
        return 0


def big(prof, user, box, reps, full, report, cold=None):
    """All measurements on one filled mailbox. report(name, answer, note)."""
    c = client(prof, user)
    sel = c.run(f"SELECT {box}", True)
    report("select" + ("_cold" if cold else ""), sel)
    if not sel.status.startswith(b"OK"):
        return
    n = int([x for x in sel.data.split(b"\r\n") if x.endswith(b"EXISTS")][0].split()[1])
    firsts = {}

    def m(name, cmd, times=reps):
        for k in range(times):
            a = c.run(cmd)
            if not a.status.startswith(b"OK"):
                report(name, a, "refused: " + a.status.decode("latin1")[:80])
                return a
            report(name + ("" if k else "_first"), a)
        return a

    for _ in range(reps):
        c2 = client(prof, user)
        report("select_warm", c2.ok(f"SELECT {box}"))
        c2.close()
    m("fetch_flags", "FETCH 1:* (FLAGS)")
    m("fetch_uid_flags", "UID FETCH 1:* (FLAGS)")
    m("fetch_envelope_all", "FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)")
    m("fetch_thunderbird", "UID FETCH 1:* " + TB)
    hi = min(n, full)
    m("fetch_full", f"FETCH 1:{hi} (UID BODY.PEEK[])", 2)
    rnd = random.Random(3)
    for k in range(200):
        report("fetch_one_random", c.ok(f"FETCH {rnd.randint(1, n)} (UID BODY.PEEK[])"))
    m("search_from", "UID SEARCH FROM sender77@")
    m("search_subject", f"UID SEARCH SUBJECT {gen.NEEDLE_SUBJ}")
    m("search_body", f"UID SEARCH BODY {gen.NEEDLE_BODY}")
    m("search_text", f"UID SEARCH TEXT {gen.NEEDLE_BODY}")
    m("search_unseen", "UID SEARCH UNSEEN")
    m("search_since", "UID SEARCH SENTSINCE 1-Jun-2025 LARGER 2000")
    if b"SORT" in c.caps:
        m("sort_date", "UID SORT (REVERSE DATE) UTF-8 ALL")
        m("sort_subject", "UID SORT (SUBJECT) UTF-8 ALL")
    if b"THREAD=REFERENCES" in c.caps:
        m("thread_references", "UID THREAD REFERENCES UTF-8 ALL")
    m("store_flags", "STORE 1:* +FLAGS (\\Flagged)", 1)
    m("store_flags_silent", "STORE 1:* -FLAGS.SILENT (\\Flagged)", 1)
    c.run("CREATE Bcopy")
    k = min(n, 10000)
    m("copy_10k", f"COPY 1:{k} Bcopy", 1)
    c.run("CREATE Bmove")
    c.ok("SELECT Bcopy")
    if b"MOVE" in c.caps:
        m("move_10k", f"MOVE 1:{k} Bmove", 1)
        c.ok("SELECT Bmove")
    m("store_deleted_10k", "STORE 1:* +FLAGS.SILENT (\\Deleted)", 1)
    m("expunge_10k", "EXPUNGE", 1)
    c.run(f"SELECT {box}")
    c.run("DELETE Bcopy")
    c.run("DELETE Bmove")
    c.run("LOGOUT")
    c.close()


async def logins(prof, secs, conns, tls, users, box="INBOX"):
    """New connection + LOGIN + SELECT + LOGOUT, as often as possible. Returns (seconds, latencies)."""
    lat = []
    end = time.perf_counter() + secs
    ctx = net.tls_context() if tls else None

    async def worker(k):
        i = k
        while time.perf_counter() < end:
            t = time.perf_counter()
            c = await net.connect(prof["host"], prof["imaps" if tls else "imap"], ctx)
            await c.line()
            u = prof["user"].replace("%d", str(i % users + 1))
            i += conns
            c.tr.write(f'a LOGIN "{u}" "{prof["password"]}"\r\n'.encode())
            await c.tagged(b"a")
            c.tr.write(f"b SELECT {box}\r\n".encode())
            await c.tagged(b"b")
            c.tr.write(b"c LOGOUT\r\n")
            await c.tagged(b"c")
            c.close()
            lat.append(time.perf_counter() - t)

    t0 = time.perf_counter()
    await asyncio.gather(*[worker(k) for k in range(conns)])
    return time.perf_counter() - t0, lat


async def idle(prof, n, deliver, users, rounds, mem, box="INBOX", batch=50):
    """Hold n IDLE sessions; user of session k is k % users + 1. `deliver(user)` brings one message in.
    Returns dict with memory and the times until the concerned sessions heard EXISTS."""
    before = mem()
    conns = []

    async def one(k):
        c = await net.connect(prof["host"], prof["imap"])
        await c.line()
        u = prof["user"].replace("%d", str(k % users + 1))
        c.tr.write(f'a LOGIN "{u}" "{prof["password"]}"\r\n'.encode())
        await c.tagged(b"a")
        c.tr.write(f"b SELECT {box}\r\n".encode())
        await c.tagged(b"b")
        c.tr.write(b"c IDLE\r\n")
        while not (await c.line()).startswith(b"+"):
            pass
        c.user = k % users + 1
        c.heard = None
        conns.append(c)

    t0 = time.perf_counter()
    for k in range(0, n, batch):
        await asyncio.gather(*[one(j) for j in range(k, min(n, k + batch))])
    setup = time.perf_counter() - t0
    await asyncio.sleep(2)
    after = mem()

    def heard(c):
        if c.heard is None and b"EXISTS" in c.buf:
            c.heard = time.perf_counter()
            c.buf.clear()

    first, last, mid, sent = [], [], [], []
    for r in range(rounds):
        user = r % users + 1
        mine = [c for c in conns if c.user == user]
        for c in mine:
            c.heard = None
            c.buf.clear()
            c.on_data = heard
        t0 = time.perf_counter()
        await deliver(user)
        sent.append(time.perf_counter() - t0)
        while time.perf_counter() - t0 < 60 and any(c.heard is None for c in mine):
            await asyncio.sleep(0.002)
        ts = sorted(c.heard - t0 for c in mine if c.heard)
        if len(ts) < len(mine):
            print("  only", len(ts), "of", len(mine), "heard within 60 s", flush=True)
        if ts:
            first.append(ts[0])
            mid.append(ts[len(ts) // 2])
            last.append(ts[-1])
        await asyncio.sleep(1)
    for c in conns:
        c.close()
    med = lambda x: round(sorted(x)[len(x) // 2] * 1000, 2) if x else None
    return {
        "sessions": n,
        "users": users,
        "setup_s": round(setup, 2),
        "mem_before": before,
        "mem_after": after,
        "kb_per_session": round((after["pss_mb"] - before["pss_mb"]) * 1024 / n, 1),
        "accept_ms": med(sent),
        "first_ms": med(first),
        "half_ms": med(mid),
        "all_ms": med(last),
    }
