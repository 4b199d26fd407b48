"""Another mail server, scripted: answers well unless told to fail at a phase, and remembers what it was
sent."""

import asyncio
import ssl
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

CLOSE = "close"
RESET = "reset"
SILENCE = "silence"
GARBAGE = "garbage"
ENDLESS = "endless"
LONG_LINE = "long line"
DRIP = "drip"

PLAIN = ("PIPELINING", "SIZE 50000000", "8BITMIME")
MODERN = (*PLAIN, "CHUNKING", "BINARYMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES")


@dataclass
class Taken:
    mail: str
    recipients: list[str]
    body: bytes


@dataclass
class Remote:
    """`faults`: phase (banner, EHLO, HELO, STARTTLS, MAIL, RCPT, DATA, dot, QUIT…) → replies or faults, used
    up in
    order; the last one stays."""

    extensions: Sequence[str] = MODERN
    faults: dict[str, list[str]] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    taken: list[Taken] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connection_count: int = 0
    open_count: int = 0
    open_max: int = 0
    gate: asyncio.Event | None = None
    """When set, a message is answered only after the gate is open."""
    port: int = 0
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> "Remote":
        self._server = await asyncio.start_server(self._serve, host, port, limit=2**23)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connection_count += 1
        self.open_count += 1
        self.open_max = max(self.open_max, self.open_count)
        self._writers.add(writer)
        try:
            await Conversation(self, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError, Over):
            pass
        finally:
            self.open_count -= 1
            self._writers.discard(writer)
            writer.close()

    def next_fault(self, phase: str) -> str | None:
        faults = self.faults.get(phase)
        if not faults:
            return None
        return faults.pop(0) if len(faults) > 1 else faults[0]


class Over(Exception):
    pass


@dataclass
class Conversation:
    remote: Remote
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    mail: str = ""
    recipients: deque[str] = field(default_factory=deque)
    chunks: bytes = b""

    async def run(self) -> None:
        await self.answer("banner", "220 remote.test ESMTP")
        while line := await self.reader.readline():
            text = line.decode("utf-8").rstrip("\r\n")
            self.remote.commands.append(text)
            await self.command(text.split(" ")[0].split(":")[0].upper(), text)

    async def command(self, verb: str, text: str) -> None:
        match verb:
            case "EHLO":
                await self.answer(verb, *self.hello())
            case "MAIL":
                if await self.answer(verb, "250 2.1.0 ok"):
                    self.mail, self.recipients = text, deque()
            case "RCPT":
                if self.mail and await self.answer(verb, "250 2.1.5 ok"):
                    self.recipients.append(text)
                elif not self.mail:
                    self.say("503 5.5.1 no sender")
            case "DATA":
                await self.data()
            case "BDAT":
                await self.chunk(text.split(" "))
            case "STARTTLS":
                if await self.answer(verb, "220 2.0.0 go"):
                    await self.start_tls()
            case "AUTH":
                await self.answer(verb, "235 2.7.0 ok")
            case "RSET":
                self.mail, self.recipients = "", deque()
                await self.answer(verb, "250 2.0.0 ok")
            case "QUIT":
                await self.answer(verb, "221 2.0.0 bye")
                raise Over
            case _:
                await self.answer(verb, "250 2.0.0 ok")

    def hello(self) -> list[str]:
        words = ["remote.test", *self.remote.extensions]
        if self.remote.tls and self.writer.get_extra_info("ssl_object") is None:
            words.append("STARTTLS")
        return [f"250{'-' if i < len(words) - 1 else ' '}{word}" for i, word in enumerate(words)]

    async def start_tls(self) -> None:
        assert self.remote.tls is not None
        await self.writer.drain()
        await self.writer.start_tls(self.remote.tls)

    async def data(self) -> None:
        if not self.recipients:
            self.say("554 5.5.1 no valid recipients")
            return
        if not await self.answer("DATA", "354 go"):
            return
        body = await self.reader.readuntil(b"\r\n.\r\n")
        await self.message((b"\r\n" + body[:-3]).replace(b"\r\n..", b"\r\n.")[2:])

    async def chunk(self, words: list[str]) -> None:
        self.chunks += await self.reader.readexactly(int(words[1]))
        if words[-1] != "LAST":
            self.say("250 2.0.0 chunk")
            return
        body, self.chunks = self.chunks, b""
        if self.recipients:
            await self.message(body)
        else:
            self.say("503 5.5.1 no recipients")

    async def message(self, body: bytes) -> None:
        if self.remote.gate is not None:
            await self.remote.gate.wait()
        taken = Taken(self.mail, list(self.recipients), body)
        self.mail, self.recipients = "", deque()
        if self.remote.next_fault("dot taken"):
            # The message is taken, and the reply gets lost.
            self.remote.taken.append(taken)
            self.writer.transport.abort()
            raise Over
        if await self.answer("dot", "250 2.0.0 taken as 4711"):
            self.remote.taken.append(taken)

    def say(self, *lines: str) -> None:
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode("utf-8"))

    async def answer(self, phase: str, *lines: str) -> bool:
        """Answer as scripted; returns whether that was positive."""
        fault = self.remote.next_fault(phase)
        match fault:
            case None:
                self.say(*lines)
                await self.writer.drain()
                return True
            case "close":
                raise Over
            case "reset":
                self.writer.transport.abort()
                raise Over
            case "silence":
                await self.reader.read(-1)
                raise Over
            case "garbage":
                self.say("\x00\x7f what?")
            case "endless":
                while True:
                    self.say(*["250-and more"] * 1000)
                    await self.writer.drain()
            case "long line":
                while True:
                    self.writer.write(b"2" * 65536)
                    await self.writer.drain()
            case "drip":
                while not self.writer.is_closing():
                    self.writer.write(b"2")
                    await asyncio.sleep(0.02)
                raise Over
            case _:
                self.say(*fault.split("\n"))
                await self.writer.drain()
                if fault.startswith("421"):
                    raise Over
                return fault[0] in "23"
        return False
