"""What the webmail asks, by JMAP over HTTP; the same look by IMAP for servers without it."""

import base64
import http.client
import json
import random
import statistics
import subprocess
import threading
import time

from . import browser, gen, imap, net

ROWS = 50
OPENED = 300
KEYWORDS = 1000
MOVED = 50_000
BLOB_BYTES = 20_000_000
PUSHES = 15
NEWSLETTER_BYTES = 1_000_000
USING = [
    *(f"urn:ietf:params:jmap:{name}" for name in ("core", "mail", "submission", "blob", "quota")),
    "urn:bocau:params:jmap",
]
NEWEST_FIRST = [{"property": "receivedAt", "isAscending": False}]
ROW = [
    *("id", "threadId", "mailboxIds", "keywords", "from", "to", "subject", "receivedAt", "size"),
    *("hasAttachment", "preview"),
]
HEAD = [*ROW, "blobId", "cc", "bcc", "replyTo", "sentAt"]
VIEW = [
    *("id", "url", "kind", "hasRemoteImages", "hasColours", "isTrusted", "sender", "unsubscribe"),
    "attachments",
]
TB_ROW = "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)"


class Failed(Exception):
    pass


class Jmap:
    """One kept-alive connection, logged in by name and password."""

    def __init__(self, prof, user):
        self.prof = prof
        self.name = prof["user"].replace("%d", str(user))
        told = f"{self.name}:{prof['password']}".encode()
        self.head = {"Authorization": f"Basic {base64.b64encode(told).decode()}"}
        self.http = http.client.HTTPConnection(prof["host"], prof["http"], timeout=600)
        self.account = next(iter(json.loads(self.ask("GET", "/jmap/session"))["accounts"]))

    def ask(self, method, path, body=None, kind="application/json", wanted=(200, 201)):
        self.http.request(method, path, body, {**self.head, "Content-Type": kind})
        answer = self.http.getresponse()
        data = answer.read()
        if answer.status not in wanted:
            raise Failed(f"{method} {path}: {answer.status} {data[:200]!r}")
        return data

    def calls(self, *calls):
        """The arguments of the responses to (method, arguments)."""
        listed = [[name, {"accountId": self.account, **told}, str(k)] for k, (name, told) in enumerate(calls)]
        data = self.ask("POST", "/jmap/api", json.dumps({"using": USING, "methodCalls": listed}))
        found = json.loads(data)["methodResponses"]
        for name, told, _ in found:
            if name == "error":
                raise Failed(told)
        return [told for _, told, _ in found]


def ref(call, name, path):
    return {"resultOf": str(call), "name": name, "path": path}


def look(client, filter_, position=0):
    """What the webmail asks for one screen of a list: one request."""
    asked = {"filter": filter_, "sort": NEWEST_FIRST, "collapseThreads": True, "calculateTotal": True}
    return client.calls(
        ("Email/query", {**asked, "position": position, "limit": ROWS}),
        ("Email/get", {"#ids": ref(0, "Email/query", "/ids"), "properties": ROW}),
        ("Thread/get", {"#ids": ref(1, "Email/get", "/list/*/threadId")}),
        ("Email/get", {"#ids": ref(2, "Thread/get", "/list/*/emailIds"), "properties": ROW}),
    )


def conversation(client, thread):
    """What the webmail asks to open one: a request, and the newest body."""
    _, _, views = client.calls(
        ("Thread/get", {"ids": [thread]}),
        ("Email/get", {"#ids": ref(0, "Thread/get", "/list/*/emailIds"), "properties": HEAD}),
        (
            "EmailView/get",
            {"#ids": ref(0, "Thread/get", "/list/*/emailIds"), "images": "trusted", "properties": VIEW},
        ),
    )
    if not client.ask("GET", views["list"][-1]["url"]):
        raise Failed("an empty body")


def one_body(client, email):
    (views,) = client.calls(("EmailView/get", {"ids": [email], "images": "blocked", "properties": VIEW}))
    return client.ask("GET", views["list"][0]["url"])


def newsletter(size):
    """A newsletter as marketing tools write it: nested tables, a style element, styles on everything."""
    rnd = random.Random(11)
    rules = "".join(f".c{n}{{color:#{n:06x};padding:{n % 30}px;font:14px/1.4 Arial}}\r\n" for n in range(200))
    cells, total = [], 0
    while total < size:
        words = " ".join(rnd.choices(gen.WORDS, k=40))
        n = rnd.randrange(10**6)
        cells.append(
            f'<tr><td class="c{n % 200}" style="padding:10px 20px;background-color:#{n:06x};font-family:Arial,'
            f'sans-serif" align="center" width="600"><table cellpadding="0" cellspacing="0"><tr><td>'
            f'<a href="https://news.example.org/click?u={n}&amp;id={n * 7}" style="color:#{n:06x};'
            f'text-decoration:none"><img src="https://img.example.org/{n}.png" width="280" height="120" alt="">'
            f'</a><p style="margin:0;line-height:1.5">{words}</p></td></tr></table></td></tr>\r\n'
        )
        total += len(cells[-1])
    return (
        f"From: News <news@example.org>\r\nTo: <user@bench.test>\r\nSubject: News {rnd.random()} {time.time()}\r\n"
        f"Message-ID: <news.{time.time()}@example.org>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/html; charset=utf-8\r\n\r\n<html><head><style>"
        f"{rules}</style></head><body><table>{''.join(cells)}</table></body></html>\r\n"
    ).encode()


class Clock:
    """Times what is done and hands it to `report(name, seconds, …)`."""

    def __init__(self, report):
        self.report = report

    def once(self, name, job, **more):
        return self.often(name, [job], **more)[0]

    def often(self, name, jobs, **more):
        times, got = [], []
        for job in jobs:
            t = time.perf_counter()
            got.append(job())
            times.append(time.perf_counter() - t)
        self.report(name, times, **more)
        return got


def restart(prof):
    """Stop and start the server; returns when it answers by HTTP."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(prof["stop"], shell=True, **quiet)
    subprocess.Popen(prof["start"], shell=True, start_new_session=True, **quiet)
    end = time.perf_counter() + 60
    while time.perf_counter() < end:
        try:
            one = http.client.HTTPConnection(prof["host"], prof["http"], timeout=5)
            one.request("GET", "/.well-known/jmap")
            one.getresponse().read()
            return
        except OSError:
            time.sleep(0.05)
    raise Failed("the server does not answer")


def by_jmap(prof, user, reps, report):
    clock = Clock(report)
    client = Jmap(prof, user)
    (boxes,) = client.calls(("Mailbox/get", {"ids": None}))
    inbox = next(box["id"] for box in boxes["list"] if box["role"] == "inbox")
    other = next(box["id"] for box in boxes["list"] if box["role"] == "archive")
    here = {"inMailbox": inbox}
    query, *_ = clock.once("list_first", lambda: look(client, here))
    total = query["total"]
    clock.often("list_warm", [lambda: look(client, here)] * 20 * reps)
    rnd = random.Random(5)
    places = [rnd.randrange(total - ROWS) for _ in range(20 * reps)]
    clock.often("list_anywhere", [lambda p=p: look(client, here, p) for p in places])
    rows = _rows(client, here, 100)
    clock.often(
        "rows_100", [lambda: client.calls(("Email/get", {"ids": rows, "properties": ROW}))] * 10 * reps
    )
    _openings(client, here, total, rnd, clock)
    for name, words in (("subject", gen.NEEDLE_SUBJ), ("text", gen.NEEDLE_BODY), ("text", gen.WORDS[0])):
        label = f"search_{name}" if words != gen.WORDS[0] else "search_common"
        clock.often(label, [lambda n=name, w=words: look(client, {**here, n: w})] * reps)
    _keywords(client, here, reps, clock)
    _batch(client, here, inbox, other, total, clock)
    _blobs(client, clock)
    _cleaning(client, prof, user, reps, clock)
    report("push", pushes(prof, user, client))
    _logins(prof, user, clock)
    if browser.is_there():
        browser.measure(prof, user, report)


def _rows(client, filter_, count, position=0):
    asked = {"filter": filter_, "sort": NEWEST_FIRST, "position": position, "limit": count}
    (found,) = client.calls(("Email/query", asked))
    return found["ids"]


def _openings(client, here, total, rnd, clock):
    threads = []
    for position in (rnd.randrange(total - ROWS) for _ in range(12)):
        found = look(client, here, position)[1]
        threads += [one["threadId"] for one in found["list"][: OPENED // 12 + 1]]
    conversation(client, threads.pop())  # the limited process starts
    clock.often("open", [lambda t=t: conversation(client, t) for t in dict.fromkeys(threads[:OPENED])])


def _keywords(client, here, reps, clock):
    ids = _rows(client, here, KEYWORDS)

    def change(value):
        (told,) = client.calls(("Email/set", {"update": {one: {"keywords/$flagged": value} for one in ids}}))
        if len(told["updated"]) != len(ids):
            raise Failed(told)

    clock.often("set_1000", [lambda v=v: change(v) for v in (True, None) * reps])


def _batch(client, here, inbox, other, total, clock):
    (found,) = client.calls(
        ("Email/query", {"filter": here, "sort": NEWEST_FIRST, "position": min(MOVED, total) - 1, "limit": 1})
    )
    if total > MOVED:
        (last,) = client.calls(("Email/get", {"ids": found["ids"], "properties": ["receivedAt"]}))
        filter_ = {"operator": "AND", "conditions": [here, {"after": last["list"][0]["receivedAt"]}]}
    else:
        filter_ = here
    update = {"mailboxIds": {other: True}}

    def begin():
        told = client.calls(("EmailBatch/set", {"create": {"b": {"filter": filter_, "update": update}}}))[0]
        if not told.get("created"):
            raise Failed(told)
        return told["created"]["b"]["id"]

    def ended(status):
        t = time.perf_counter()
        while True:
            (one,) = client.calls(("EmailBatch/get", {"ids": [number]}))[0]["list"]
            if one["status"] == status:
                clock.report(f"batch_{status}", [time.perf_counter() - t], emails=one["total"])
                return
            if time.perf_counter() - t > 120:
                raise Failed(one)
            time.sleep(0.05)

    number = clock.once("batch_accepted", begin)
    ended("done")
    clock.once(
        "batch_undo_accepted",
        lambda: client.calls(("EmailBatch/set", {"update": {number: {"status": "undone"}}})),
    )
    ended("undone")
    client.calls(("EmailBatch/set", {"destroy": [number]}))


def _blobs(client, clock):
    data = random.Random(1).randbytes(BLOB_BYTES)
    kind = "application/octet-stream"

    def up():
        path = f"/jmap/upload/{client.account}/"
        return json.loads(client.ask("POST", path, data, kind))["blobId"]

    ids = clock.often("upload", [up] * 3, bytes=BLOB_BYTES)
    path = f"/jmap/download/{client.account}/{ids[0]}/x?type={kind}"
    clock.often("download", [lambda: client.ask("GET", path)] * 3, bytes=BLOB_BYTES)


def _cleaning(client, prof, user, reps, clock):
    writer = imap.client(prof, user)
    times, again = [], []
    for _ in range(reps):
        data = newsletter(NEWSLETTER_BYTES)
        writer.run("CREATE Newsletters")
        writer.ok(b"APPEND Newsletters {%d+}\r\n%b" % (len(data), data))
        email = _rows(client, {"subject": "News", "minSize": NEWSLETTER_BYTES // 2}, 1)[0]
        for put in (times, again):
            t = time.perf_counter()
            one_body(client, email)
            put.append(time.perf_counter() - t)
    writer.close()
    clock.report("newsletter_first", times)
    clock.report("newsletter_again", again)


def pushes(prof, user, client):
    """Seconds from the OK of an APPEND to the event, each on a stream of its own (another worker's, mostly)."""
    writer, times = imap.client(prof, user), []
    writer.run("CREATE Pushed")
    for k in range(PUSHES):
        stream = http.client.HTTPConnection(prof["host"], prof["http"], timeout=30)
        stream.request("GET", "/jmap/eventsource?types=*&closeafter=no&ping=0", headers=client.head)
        answer = stream.getresponse()
        answer.fp.readline()
        answer.fp.readline()
        heard = []

        def listen(answer=answer, heard=heard):
            while b"Email" not in answer.fp.readline():
                pass
            heard.append(time.perf_counter())

        thread = threading.Thread(target=listen)
        thread.start()
        data = gen.message(10_000_000 + k, 1000)
        writer.ok(b"APPEND Pushed {%d+}\r\n%b" % (len(data), data))
        t = time.perf_counter()
        thread.join(30)
        stream.close()
        times.append(max(0.0, heard[0] - t))
    writer.run("DELETE Pushed")
    writer.close()
    return times


def _logins(prof, user, clock):
    told = {"name": prof["user"].replace("%d", str(user)), "password": prof["password"]}

    def login():
        context = net.tls_context()
        one = http.client.HTTPSConnection(prof["host"], prof["https"], timeout=60, context=context)
        one.request("POST", "/auth/login", json.dumps(told), {"Content-Type": "application/json"})
        answer = one.getresponse()
        data = answer.read()
        one.close()
        if answer.status != 200:
            raise Failed(f"login: {answer.status} {data[:200]!r}")

    clock.often("login", [login] * 10)


def by_imap(prof, user, reps, report):
    """The nearest that IMAP has: SORT for the order, ENVELOPE for the rows, the whole message to open one."""
    clock = Clock(report)

    def first():
        c = imap.client(prof, user)
        c.ok("SELECT INBOX")
        return c, _sorted(c)

    c, uids = clock.once("list_first", first)
    rnd = random.Random(5)

    def some(position):
        order = _sorted(c)
        c.ok(f"UID FETCH {b','.join(order[position : position + ROWS]).decode()} {TB_ROW}")

    clock.often("list_warm", [lambda: some(0)] * 3 * reps)
    clock.often("list_anywhere", [lambda: some(rnd.randrange(len(uids) - ROWS))] * 3 * reps)
    hundred = b",".join(uids[:100]).decode()
    clock.often("rows_100", [lambda: c.ok(f"UID FETCH {hundred} {TB_ROW}")] * 10 * reps)
    chosen = rnd.sample(uids, OPENED)
    clock.often("open", [lambda u=u: c.ok(f"UID FETCH {u.decode()} (BODY.PEEK[])") for u in chosen])
    for label, key, words in (
        ("search_subject", "SUBJECT", gen.NEEDLE_SUBJ),
        ("search_text", "TEXT", gen.NEEDLE_BODY),
        ("search_common", "TEXT", gen.WORDS[0]),
    ):
        clock.once(label, lambda k=key, w=words: c.ok(f"UID SEARCH {k} {w}"))
    thousand = b",".join(uids[:KEYWORDS]).decode()
    clock.often(
        "set_1000",
        [lambda s=s: c.ok(f"UID STORE {thousand} {s}FLAGS (\\Flagged)") for s in ("+", "-") * reps],
    )
    c.run("CREATE Half")
    half = min(MOVED, len(uids))
    clock.once("batch_done", lambda: c.ok(f"MOVE 1:{half} Half"), emails=half)
    c.ok("SELECT Half")
    clock.once("batch_undone", lambda: c.ok(f"MOVE 1:{half} INBOX"), emails=half)
    c.close()


def _sorted(c):
    return c.ok("UID SORT (REVERSE ARRIVAL) UTF-8 ALL", True).data.split(b"\r\n")[0].split()[2:]


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def facts(times, **more):
    """What is printed of a measurement."""
    found = {
        "n": len(times),
        "ms": round(statistics.median(times) * 1e3, 2),
        "p95_ms": round(percentile(times, 0.95) * 1e3, 2),
        "max_ms": round(max(times) * 1e3, 2),
        **more,
    }
    if size := more.get("bytes"):
        found["mb_s"] = round(size / 1e6 / statistics.median(times), 1)
    return found
