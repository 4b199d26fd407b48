"""A stage for SMTP sessions without a network: a wire of lists, a flow that remembers, a small directory."""

from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from bocau.base.errors import BadCredentials, NoSuchAddress, NotPermitted, OverQuota, RelayDenied
from bocau.base.ids import AccountId
from bocau.directory import Login
from bocau.flow.values import Arrived, Outcome
from bocau.formats.address import Address
from bocau.protocols.smtp import State
from bocau.runtime.connection import TlsInfo
from bocau.services.smtp import LMTP, MX, SUBMISSION, SmtpLimits, SmtpService, SmtpSettings, TraceIds
from bocau.services.smtp.session import SmtpSession

PROFILES = {"mx": MX, "submission": SUBMISSION, "lmtp": LMTP}
TLS = TlsInfo(version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384", server_end_point=b"\x01" * 32)
ANN = AccountId(7)


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Drive what never really waits: no loop, no time."""
    for _ in range(1000):
        try:
            coroutine.send(None)
        except StopIteration as end:
            return end.value
    raise AssertionError("it waits")


class Clock:
    def __init__(self) -> None:
        self.time = 1_000_000.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time


class Wire:
    """A connection: what was written, what waits to be read."""

    peer_host, peer_port, wants_flush = "192.0.2.9", 4711, False

    def __init__(self, tls: TlsInfo | None = None) -> None:
        self.tls = tls
        self.inbox = b""
        self.is_lost = False
        self._written: list[bytes] = []

    def write(self, *segments: bytes) -> None:
        self._written += segments

    def take(self) -> bytes:
        written = b"".join(self._written)
        self._written.clear()
        return written

    @property
    def has_input(self) -> bool:
        return bool(self.inbox)

    async def read(self, timeout_seconds: float) -> bytes:
        data, self.inbox = self.inbox, b""
        return data

    async def flush(self) -> None: ...

    async def start_tls(self, context: object) -> None:
        self.inbox, self.tls = b"", TLS


class Flow:
    """Takes mail for demo.test; `nobody` does not exist, `full` fails at delivery, `error` fails all."""

    def __init__(self) -> None:
        self.arrived: list[Arrived] = []
        self.error: Exception | None = None

    def check_recipient(self, address: Address, size_declared: int | None) -> None:
        if address.domain != "demo.test":
            raise RelayDenied(str(address))
        if address.local_part.startswith("nobody"):
            raise NoSuchAddress(str(address))

    def check_sender(self, account_id: int, reverse_path: Address | None) -> None:
        if reverse_path != Address("ann", "demo.test"):
            raise NotPermitted(str(reverse_path))

    def check_submission_recipient(self, account_id: int, address: Address) -> None:
        if address.domain == "demo.test":
            self.check_recipient(address, None)

    async def receive(self, arrived: Arrived) -> list[Outcome]:
        self._take(arrived)
        return [
            Outcome(each, OverQuota("full") if each.address.local_part == "full" else None)
            for each in arrived.envelope.recipients
        ]

    async def submit(self, arrived: Arrived) -> str:
        self._take(arrived)
        return "q17"

    def _take(self, arrived: Arrived) -> None:
        if self.error is not None:
            raise self.error
        self.arrived.append(arrived)


class People:
    """A directory with one account: ann@demo.test, password "secret"."""

    is_closed = False

    async def login(self, name: str, password: str, attempt: object) -> Login:
        if (name, password) != ("ann@demo.test", "secret"):
            raise BadCredentials(name)
        return Login(ANN, Address("ann", "demo.test"), None, 1)

    def is_still_valid(self, login: Login) -> bool:
        return not self.is_closed


class Log:
    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, object]]] = []

    def info(self, event: str, **fields: object) -> None:
        self.lines.append((event, fields))

    warning = error = info

    def exception(self, event: str, error: BaseException, **fields: object) -> None:
        self.lines.append((event, {"error": error, **fields}))


class Stage:
    """One service and one session; a player for transcripts."""

    def __init__(
        self, profile: str = "mx", *, tls: bool = False, starttls: bool = False, **limits: int
    ) -> None:
        self.clock, self.flow, self.log = Clock(), Flow(), Log()
        settings = SmtpSettings("mx.demo.test", "demo.test", limits=replace(SmtpLimits(), **limits))
        self.service = SmtpService(
            PROFILES[profile],
            settings,
            flow=self.flow,  # type: ignore[arg-type]
            directory=People(),  # type: ignore[arg-type]
            clock=self.clock,
            log=self.log,  # type: ignore[arg-type]
            new_trace_id=TraceIds(self.clock, 1),
            tls_context=object() if starttls else None,  # type: ignore[arg-type]
        )
        self.wire = Wire(TLS if tls else None)
        self.session = SmtpSession(self.service, self.wire)  # type: ignore[arg-type]

    @classmethod
    def of(cls, about: dict[str, str]) -> "Stage":
        """As the header of a transcript wants it."""
        limits = {key: int(about[key]) for key in SmtpLimits.__slots__ if key in about}
        return cls(
            about.get("profile", "mx"),
            tls=about.get("tls") == "yes",
            starttls=about.get("starttls") == "yes",
            **limits,
        )

    @property
    def is_over(self) -> bool:
        assert not self.session.is_over or self.session.engine.state is State.CLOSED
        return self.session.is_over

    def begin(self) -> bytes:
        run(self.session.begin())
        return self.wire.take()

    def upgrade(self) -> None:
        assert self.wire.tls is not None

    def receive(self, data: bytes) -> bytes:
        engine = self.session.engine
        if self.session.is_over:
            return b""
        engine.receive(data)
        while not self.session.is_over and (event := engine.next_event()) is not None:
            run(self.session.handle(event))
        return self.wire.take()

    def say(self, *lines: str | bytes) -> list[str]:
        """Send lines, get the reply lines."""
        data = b"".join((line.encode() if isinstance(line, str) else line) + b"\r\n" for line in lines)
        return self.receive(data).decode("ascii").split("\r\n")[:-1]
