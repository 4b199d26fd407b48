"""One open connection to a server: the client engine and the transport that carries it."""

from asyncio import get_running_loop
from collections.abc import AsyncIterable, Mapping

from bocau.base.errors import PeerError, PeerGone
from bocau.flow.outbound.timeouts import BLOCK_SECONDS, REPLY_SECONDS
from bocau.protocols.sasl.client import ClientMechanism
from bocau.protocols.smtp.client import (
    BodyWanted,
    Event,
    Refusal,
    SmtpClient,
    Step,
    Transaction,
)
from bocau.protocols.smtp.reply import Reply
from bocau.rules.routing import Hop
from bocau.runtime.connection import Connection, DeadlinePassed


class StepRefused(Exception):
    """The server refused a step that the whole session needs."""

    def __init__(self, step: Step, reply: Reply) -> None:
        super().__init__(f"{step.value}: {reply.code} {' '.join(reply.lines)}")
        self.step = step
        self.reply = reply


class Session:
    """Lives through several transactions; made and thrown away by `connecting` and `pool`."""

    def __init__(
        self, connection: Connection, hello_name: str, hop: Hop, seconds: Mapping[Step, float] = REPLY_SECONDS
    ) -> None:
        self.connection = connection
        self.client = SmtpClient(hello_name)
        self.hop = hop
        self.message_count = 0
        self._seconds = seconds

    @property
    def at(self) -> str:
        """For the log: "mx.example.org[192.0.2.1]:25"."""
        return f"{self.hop.host}[{self.connection.peer_host}]:{self.hop.port}"

    @property
    def is_usable(self) -> bool:
        """Whether it can take another message: a server that has spoken unasked is about to close."""
        return not self.connection.has_input

    async def event(self) -> Event:
        """Send what the engine has queued and wait for what the server makes of it.

        Raises PeerError: silence, nonsense, a lost connection."""
        client, connection = self.client, self.connection
        clock = get_running_loop().time
        step, ends_at = None, 0.0
        while (event := client.next_event()) is None:
            if outgoing := client.take():
                connection.write(*outgoing)
                await connection.flush(BLOCK_SECONDS)
            if client.step is not step:
                step = client.step
                ends_at = clock() + self._seconds[step]
            client.receive(await self._read(ends_at - clock()))
        return event

    async def _read(self, seconds: float) -> bytes:
        if seconds <= 0:
            raise DeadlinePassed(f"no whole reply to {self.client.step.value} in time")
        data = await self.connection.read(seconds)
        if not data:
            raise PeerGone(f"connection closed in {self.client.step.value}")
        return data

    async def done(self) -> None:
        """The same for a step that must succeed. Raises StepRefused."""
        event = await self.event()
        if isinstance(event, Refusal):
            raise StepRefused(event.step, event.reply)

    async def greet(self) -> None:
        """Wait for the greeting and say EHLO. Raises StepRefused, PeerError."""
        await self.done()
        await self.hello()

    async def hello(self) -> None:
        self.client.hello()
        await self.done()

    async def authenticate(self, mechanism: ClientMechanism) -> None:
        self.client.authenticate(mechanism)
        await self.done()

    async def transfer(self, transaction: Transaction, body: AsyncIterable[bytes]) -> None:
        """Carry one transaction through; what each recipient was told is in `client.answers`, also after an
        error.

        Raises PeerError."""
        self.message_count += 1
        if not self.client.begin(transaction) and not isinstance(await self.event(), BodyWanted):
            return
        async for piece in body:
            self.client.body(piece)
            self.connection.write(*self.client.take())
            if self.connection.wants_flush:
                await self.connection.flush(BLOCK_SECONDS)
        self.client.end_body()
        await self.event()

    async def quit(self) -> None:
        """Say goodbye politely; whatever happens now changes nothing."""
        try:
            self.client.quit()
            await self.event()
        except PeerError:
            pass
        await self.connection.close()
