"""Deterministic mail: the same (seed, number, size) always gives the same bytes."""

import random

_R = random.Random(7)
WORDS = [
    "".join(_R.choice("bcdfghklmnprstvw") + _R.choice("aeiou") for _ in range(_R.randint(2, 4)))
    for _ in range(6000)
]
_WEIGHTS = [1 / (k + 3) for k in range(len(WORDS))]
_CUM = []
_s = 0.0
for _w in _WEIGHTS:
    _s += _w
    _CUM.append(_s)
SENDERS = 500
NEEDLE_BODY = "zyxwvutneedle"  # in the body of every 1000th message
NEEDLE_SUBJ = "qqsubjectneedle"  # in the subject of every 500th message
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def text(rnd, size):
    """About `size` bytes of words in lines of at most 72 characters, CRLF."""
    words = rnd.choices(WORDS, cum_weights=_CUM, k=max(4, size // 6))
    out, line, total = [], "", 0
    for w in words:
        if len(line) + len(w) > 70:
            out.append(line)
            total += len(line) + 2
            line = ""
            if total >= size:
                break
        line += w + " "
    else:
        out.append(line)
    return "\r\n".join(out) + "\r\n"


def message(n, size, seed=1, to="user@bench.test", date=True):
    """Message number n of about `size` bytes; one in four is multipart/alternative; threads of about 5."""
    rnd = random.Random(seed * 1000003 + n)
    who = rnd.randrange(SENDERS)
    day, hour, sec = 1 + n // 4000 % 28, n // 160 % 24, n % 60
    subj = " ".join(rnd.choices(WORDS, cum_weights=_CUM, k=5))
    if n % 500 == 7:
        subj += " " + NEEDLE_SUBJ
    h = [
        f"Received: from mx{who}.example.org (mx{who}.example.org [192.0.2.{who % 250 + 1}])",
        f"\tby in.bench.test with ESMTPS id {n:08x}; {day} {MONTHS[n // 9000 % 12]} 2025 {hour:02}:{n % 60:02}:{sec:02} +0000",
        f"From: Sender {who} <sender{who}@example.org>",
        f"To: <{to}>",
        f"Date: {day} {MONTHS[n // 9000 % 12]} 2025 {hour:02}:{n % 60:02}:{sec:02} +0000",
        f"Message-ID: <{seed}.{n}@example.org>",
    ]
    root = n - n % 5
    if n != root:
        h += [
            f"In-Reply-To: <{seed}.{n - 1}@example.org>",
            f"References: <{seed}.{root}@example.org> <{seed}.{n - 1}@example.org>",
        ]
        subj = "Re: " + subj
    h += [f"Subject: {subj}", "MIME-Version: 1.0"]
    fixed = sum(len(x) + 2 for x in h) + 120
    want = max(60, size - fixed)
    needle = NEEDLE_BODY + "\r\n" if n % 1000 == 13 else ""
    if n % 4 == 3 and size >= 1500:
        b = f"=_b{n}"
        half = text(rnd, (want - 300) // 2)
        h += [f'Content-Type: multipart/alternative; boundary="{b}"']
        body = (
            f"--{b}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{half}{needle}\r\n--{b}\r\n"
            f"Content-Type: text/html; charset=utf-8\r\n\r\n<html><body>\r\n{half}</body></html>\r\n--{b}--\r\n"
        )
    else:
        h += ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 7bit"]
        body = needle + text(rnd, want)
    return ("\r\n".join(h) + "\r\n\r\n" + body).encode()
