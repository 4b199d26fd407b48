"""Command line: python -m mailbench PROFILE.json WORKLOAD [options]; one JSON object per measurement on stdout."""

import argparse
import asyncio
import json
import os
import resource
import socket
import subprocess
import sys
import time

from . import imap, net, pop3, proc, smtp, webmail

try:
    import uvloop

    runner = uvloop.run
except (ImportError, AttributeError):
    runner = asyncio.run


class Meter:
    """Wall time, generator CPU and server CPU between start and stop."""

    def __init__(self, prof):
        self.roots = proc.roots(prof)
        self.c0, self.g0, self.t0 = proc.cpu(self.roots), time.process_time(), time.perf_counter()

    def stop(self, ops=None):
        dt = time.perf_counter() - self.t0
        g = time.process_time() - self.g0
        c = proc.cpu(self.roots) - self.c0
        d = {"gen_cpu": round(g / dt, 2), "srv_cpu_s": round(c, 2)}
        if ops:
            d["srv_cpu_ms_per_op"] = round(c / ops * 1000, 4)
        return d


def lat(values):
    v = sorted(values)
    return (
        {"p50_ms": round(v[len(v) // 2] * 1e3, 2), "p99_ms": round(v[int(len(v) * 0.99)] * 1e3, 2)}
        if v
        else {}
    )


def main():
    ap = argparse.ArgumentParser(prog="mailbench")
    ap.add_argument("profile")
    ap.add_argument(
        "workload",
        choices="smtp_in submission append fill imap_big logins idle pop3 memory startup webmail".split(),
    )
    ap.add_argument("-n", type=int, default=1000)
    ap.add_argument("-c", type=int, default=10, help="connections")
    ap.add_argument("-s", "--size", type=int, default=2048)
    ap.add_argument("--rcpts", type=int, default=1)
    ap.add_argument("--users", type=int, default=10)
    ap.add_argument("--per-conn", type=int, default=0, help="messages per connection, 0 = no limit")
    ap.add_argument("--mode", default="", help="submission: submission|smtps; append: sync|plus|multi")
    ap.add_argument("--no-pipeline", action="store_true")
    ap.add_argument("--no-visible", action="store_true", help="smtp_in: do not wait for delivery")
    ap.add_argument("--tls", action="store_true")
    ap.add_argument("--box", default="INBOX")
    ap.add_argument("--user", type=int, default=1)
    ap.add_argument("--secs", type=float, default=5)
    ap.add_argument("--reps", type=int, default=3)
    ap.add_argument("--full", type=int, default=20000, help="imap_big: how many whole messages to fetch")
    ap.add_argument("--cold", action="store_true", help="label: server restarted just now")
    ap.add_argument("--rounds", type=int, default=5)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--window", type=int, default=64)
    ap.add_argument("--tag", default="")
    a = ap.parse_args()
    with open(a.profile) as f:
        prof = json.load(f)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))

    def out(**kw):
        print(
            json.dumps({"server": prof["label"], "w": a.workload, **({"tag": a.tag} if a.tag else {}), **kw}),
            flush=True,
        )

    if a.workload in ("smtp_in", "submission"):
        sub = (a.mode or "submission") if a.workload == "submission" else None
        per = a.per_conn or (1 if sub else 0)
        see = not a.no_visible and prof.get("imap")
        seen = smtp.Counter(prof, a.users) if see else None
        want = seen.counts() if see else []
        m = Meter(prof)
        secs, ls = runner(smtp.load(prof, a.n, a.c, a.size, a.rcpts, a.users, per, sub, not a.no_pipeline))
        used = m.stop(a.n)
        gen = used["gen_cpu"]
        extra = {}
        if see:
            for k in range(a.n * a.rcpts):
                want[k % a.users] += 1
            missing = seen.wait(want, time.perf_counter() + 240)
            vis = time.perf_counter() - m.t0
            used = m.stop(a.n)
            seen.close()
            extra = {"visible_s": round(vis, 3), "visible_per_s": round(a.n / vis, 1), "missing": missing}
        out(
            n=a.n,
            conns=a.c,
            size=a.size,
            rcpts=a.rcpts,
            mode=sub or "smtp",
            per_conn=per,
            secs=round(secs, 3),
            rate=round(a.n / secs, 1),
            **lat(ls),
            **extra,
            **{**used, "gen_cpu": gen},
        )
    elif a.workload in ("append", "fill"):
        modes = (
            [a.mode]
            if a.mode
            else (["sync", "plus", "multi"] if a.workload == "append" else ["multi", "plus", "sync"])
        )
        for mode in modes:
            m = Meter(prof)
            box = a.box if a.workload == "fill" else f"Bapp{mode}"
            secs, ls = imap.append(prof, a.user, box, a.n, a.size, mode, a.window, a.seed)
            if secs is None:
                continue
            out(
                mode=mode,
                n=a.n,
                size=a.size,
                secs=round(secs, 3),
                rate=round(a.n / secs, 1),
                **lat(ls),
                **m.stop(a.n),
                have=imap.status(prof, a.user, box),
            )
            if a.workload == "fill":
                break
            c = imap.client(prof, a.user)
            c.run(f"DELETE {box}")
            c.close()
    elif a.workload == "imap_big":
        got = {}
        last = [Meter(prof)]

        def report(name, ans, note=None):
            s = last[0].stop()
            got.setdefault(name, []).append((ans.secs, ans.bytes, ans.untagged, s["srv_cpu_s"], note))
            last[0] = Meter(prof)

        imap.big(prof, a.user, a.box, a.reps, a.full, report, a.cold)
        for name, v in got.items():
            v.sort(key=lambda x: x[0])
            secs, size, lines, _, note = v[len(v) // 2]
            out(
                q=name,
                box=a.box,
                ms=round(secs * 1e3, 2),
                min_ms=round(v[0][0] * 1e3, 2),
                mb=round(size / 1e6, 2),
                lines=lines,
                mb_s=round(size / 1e6 / secs, 1),
                lines_s=round(lines / secs),
                srv_cpu_s=sorted(x[3] for x in v)[len(v) // 2],
                runs=len(v),
                **({"note": note} if note else {}),
            )
    elif a.workload == "logins":
        m = Meter(prof)
        secs, ls = runner(imap.logins(prof, a.secs, a.c, a.tls, a.users, a.box))
        out(
            tls=a.tls,
            conns=a.c,
            users=a.users,
            n=len(ls),
            rate=round(len(ls) / secs, 1),
            **lat(ls),
            **m.stop(len(ls) or None),
        )
    elif a.workload == "idle":

        async def deliver(user):
            c, _ = await smtp.start(prof, None, None)
            c.tr.write(b"MAIL FROM:<%s>\r\n" % (prof.get("sender") or "sender@example.org").encode())
            await c.reply()
            c.tr.write(b"RCPT TO:<%s>\r\n" % prof["rcpt"].replace("%d", str(user)).encode())
            await c.reply()
            c.tr.write(b"DATA\r\n")
            await c.reply(b"354")
            c.tr.write(smtp.payloads(1024, 1)[0])
            await c.reply()
            c.close()

        m = Meter(prof)
        out(
            **runner(
                imap.idle(prof, a.n, deliver, a.users, a.rounds, lambda: proc.memory(proc.roots(prof)), a.box)
            ),
            **m.stop(),
        )
    elif a.workload == "pop3":
        for _ in range(a.reps):
            m = Meter(prof)
            r = pop3.session(prof, a.user)
            out(**r, **m.stop(r["n"] * 2 or None))
    elif a.workload == "webmail":
        if prof.get("http"):
            webmail.restart(prof)
        last = [Meter(prof)]

        def told(name, times, **more):
            used = last[0].stop(len(times))
            out(q=name, **webmail.facts(times, **more), **used)
            last[0] = Meter(prof)

        (webmail.by_jmap if prof.get("http") else webmail.by_imap)(prof, a.user, a.reps, told)
    elif a.workload == "memory":
        out(**proc.memory(proc.roots(prof)))
    elif a.workload == "startup":
        subprocess.run(prof["stop"], shell=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)
        t0 = time.perf_counter()
        p = subprocess.Popen(
            prof["start"],
            shell=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        ready = {}
        while len(ready) < 2 and time.perf_counter() - t0 < 60:
            for name, key in (("smtp", b"220"), ("imap", b"* OK")):
                if name in ready or not prof.get(name):
                    ready.setdefault(name, None) if not prof.get(name) else None
                    continue
                try:
                    with socket.create_connection((prof["host"], prof[name]), timeout=5) as s:
                        if s.recv(200).startswith(key):
                            ready[name] = round((time.perf_counter() - t0) * 1e3, 1)
                except OSError:
                    pass
            time.sleep(0.005)
        time.sleep(2)
        out(**{k + "_ready_ms": v for k, v in ready.items()}, **proc.memory(proc.roots(prof)))


main()
