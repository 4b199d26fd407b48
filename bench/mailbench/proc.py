"""CPU time and memory of a server = of the process trees below some root processes (Linux /proc)."""

import os

TICK = os.sysconf("SC_CLK_TCK")


def tree(roots):
    kids = {}
    for p in os.listdir("/proc"):
        if p.isdigit():
            try:
                with open(f"/proc/{p}/stat") as f:
                    s = f.read()
                kids.setdefault(int(s[s.rindex(")") + 2 :].split()[1]), []).append(int(p))
            except OSError:
                pass
    out, todo = [], list(roots)
    while todo:
        p = todo.pop()
        if p not in out:
            out.append(p)
            todo += kids.get(p, [])
    return out


def cpu(roots):
    """Seconds of CPU used by the trees so far, ended and waited-for children included."""
    t = 0
    for p in tree(roots):
        try:
            with open(f"/proc/{p}/stat") as f:
                s = f.read()
            t += sum(map(int, s[s.rindex(")") + 2 :].split()[11:15]))
        except OSError:
            pass
    return t / TICK


def memory(roots):
    """{'pss_mb', 'rss_mb', 'procs'} of the trees."""
    pss = rss = n = 0
    for p in tree(roots):
        try:
            with open(f"/proc/{p}/smaps_rollup") as f:
                for line in f:
                    if line.startswith("Pss:"):
                        pss += int(line.split()[1])
                    elif line.startswith("Rss:"):
                        rss += int(line.split()[1])
            n += 1
        except OSError:
            pass
    return {"pss_mb": round(pss / 1024, 1), "rss_mb": round(rss / 1024, 1), "procs": n}


def roots(profile):
    out = [int(p) for p in profile.get("pids", [])]
    for f in profile.get("pidfiles", []):
        try:
            with open(f) as h:
                out.append(int(h.read().split()[0]))
        except (OSError, ValueError, IndexError):
            pass
    return out
