"""What one message costs to read: scan, digest and envelope, beside the standard library's parser.

python bench/hot_mime.py        prints µs of CPU a message, the best of several rounds
"""

import base64
import time
from collections.abc import Callable
from email import message_from_bytes, policy

from bocau.formats.digest import digest
from bocau.formats.header import body_start
from bocau.formats.mime import scan
from bocau.formats.structure import envelope

ROUNDS = 7
SECONDS_A_ROUND = 0.05

HEADER = b"""\
Return-Path: <alice@sender.example>
Received: from mail.sender.example (mail.sender.example [192.0.2.1])
\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384)
\tby mx.demo.test with ESMTPS id 01JABCDEF
\tfor <bob@demo.test>; Wed, 17 Jul 2024 02:44:25 +0000
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=sender.example; s=mail;
\th=from:to:subject:date:message-id; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;
\tb=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB4nujc7YopdG5dWLSdNg6x
Date: Wed, 17 Jul 2024 02:23:25 +0200
From: =?utf-8?q?Alice_L=C3=AA?= <alice@sender.example>
To: "Bob Builder" <bob@demo.test>, carol@demo.test
Cc: Dave <dave@demo.test>
Subject: =?utf-8?q?B=C3=A1o_c=C3=A1o_th=C3=A1ng?= 7
Message-ID: <3f2b8c1e-9d4a-4a6b@sender.example>
In-Reply-To: <1a2b3c4d@demo.test>
References: <0@demo.test> <1a2b3c4d@demo.test>
User-Agent: Mozilla Thunderbird
MIME-Version: 1.0
"""
LINE = b"The quick brown fox jumps over the lazy dog, and then once more - for the show.\n"


def plain(size: int) -> bytes:
    head = HEADER + b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 7bit\n\n"
    return (head + LINE * ((size - len(head)) // len(LINE))).replace(b"\n", b"\r\n")


def newsletter(size: int) -> bytes:
    """multipart/alternative: text and HTML."""
    part = LINE * (size // 2 // len(LINE))
    return (
        HEADER
        + b'Content-Type: multipart/alternative; boundary="=_alt_1"\n\n--=_alt_1\n'
        + b"Content-Type: text/plain; charset=utf-8\n\n"
        + part
        + b"--=_alt_1\nContent-Type: text/html; charset=utf-8\n"
        + b"Content-Transfer-Encoding: quoted-printable\n\n"
        + part
        + b"--=_alt_1--\n"
    ).replace(b"\n", b"\r\n")


def attachment(size: int) -> bytes:
    """multipart/mixed: text, HTML and one attachment in base64."""
    octets = base64.encodebytes(bytes(range(256)) * (size * 3 // 4 // 256))
    return (
        HEADER
        + b'Content-Type: multipart/mixed; boundary="----=_Part_1"\n\n------=_Part_1\n'
        + b"Content-Type: text/plain; charset=utf-8\n\n"
        + LINE * 10
        + b'------=_Part_1\nContent-Type: application/pdf; name="b.pdf"\nContent-Transfer-Encoding: base64\n'
        + b'Content-Disposition: attachment; filename="b.pdf"\n\n'
        + octets
        + b"------=_Part_1--\n"
    ).replace(b"\n", b"\r\n")


def microseconds(work: Callable[[], object]) -> float:
    """CPU of one call: the best of several rounds."""
    work()
    best = float("inf")
    for _ in range(ROUNDS):
        count, begun = 0, time.process_time()
        while (spent := time.process_time() - begun) < SECONDS_A_ROUND:
            work()
            count += 1
        best = min(best, spent / count)
    return best * 1e6


def main() -> None:
    samples = {
        "2 KB plain": plain(2048),
        "20 KB alternative": newsletter(20_480),
        "1 MB attachment": attachment(1 << 20),
    }
    columns = ("bytes", "scan", "digest", "envelope", "email", "default")
    print(f"{'µs CPU a message':20}" + "".join(f"{column:>10}" for column in columns))
    for name, data in samples.items():
        header = data[: body_start(data)]
        figures = [
            microseconds(lambda data=data: scan(data)),
            microseconds(lambda data=data: digest(data)),
            microseconds(lambda header=header: envelope(header)),
            microseconds(lambda data=data: message_from_bytes(data)),
        ]
        modern = microseconds(lambda data=data: message_from_bytes(data, policy=policy.default))
        print(f"{name:20}{len(data):>10}" + "".join(f"{figure:>10.1f}" for figure in [*figures, modern]))


if __name__ == "__main__":
    main()
