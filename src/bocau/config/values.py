"""The kinds of value beyond numbers and text. Each has a strict `parse(text)` that raises ValueError."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, NamedTuple, Self

from bocau.base.errors import SyntaxFault
from bocau.base.wiretext import number
from bocau.formats.address import canonical_domain
from bocau.rules.quirks import words

PORT_MAX: Final = 65535
ANY_HOST: Final = "*"
UNIX_PREFIX: Final = "unix:"
URL_CHARACTERS_MAX: Final = 1000


def _split(text: str, default_port: int | None) -> tuple[str, int]:
    """`host:port`, `[v6]:port`, or a bare host where there is a usual port."""
    host, colon, port = text.rpartition(":")
    if text.endswith("]") or not colon or (":" in host and not host.startswith("[")):
        host, port = text, "" if default_port is None else str(default_port)
    if not port:
        raise ValueError(f"{text!r} needs a port, as in {host or '192.0.2.1'}:25")
    try:
        port_number = number(port.encode("utf-8"), maximum=PORT_MAX, minimum=1)
    except SyntaxFault:
        raise ValueError(f"{port!r} in {text!r} is not a port (1 to {PORT_MAX})") from None
    return host.removeprefix("[").removesuffix("]"), port_number


def _joined(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Range(NamedTuple):
    """What a number may be, as metadata of its type."""

    least: float | None = None
    most: float | None = None
    above: float | None = None

    def check(self, number: float) -> None:
        """ValueError with the bound that is missed."""
        if self.least is not None and number < self.least:
            raise ValueError(f"must be {self.least:g} or more")
        if self.most is not None and number > self.most:
            raise ValueError(f"must be {self.most:g} or less")
        if self.above is not None and number <= self.above:
            raise ValueError(f"must be more than {self.above:g}")


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """Where to listen: "*:25" (all addresses), "192.0.2.1:25", "[2001:db8::1]:25" or "unix:/path"."""

    host: str
    port: int
    path: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        if text.startswith(UNIX_PREFIX):
            path = text.removeprefix(UNIX_PREFIX)
            if not path.startswith("/"):
                raise ValueError(f"{text!r} needs an absolute path, as in unix:/run/bocau/lmtp")
            return cls("", 0, path)
        host, port = _split(text, None)
        if host != ANY_HOST:
            _numeric(host)
        return cls(host, port)

    def __str__(self) -> str:
        return f"{UNIX_PREFIX}{self.path}" if self.path else _joined(self.host, self.port)

    def shifted(self, offset: int) -> "ListenAddress":
        """The same address, the port moved by `port_offset`."""
        if self.path or not offset:
            return self
        if self.port + offset > PORT_MAX:
            raise ValueError(f"port {self.port} + port_offset {offset} is above {PORT_MAX}")
        return ListenAddress(self.host, self.port + offset)


@dataclass(frozen=True, slots=True)
class Server:
    """Another server: "mail.example.org:587", "192.0.2.1:25", "[2001:db8::1]:25". Without a port: 25."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        host, port = _split(text, 25)
        return cls(_host(host), port)

    def __str__(self) -> str:
        return _joined(self.host, self.port)


@dataclass(frozen=True, slots=True)
class NameServer:
    """A DNS resolver by address: "127.0.0.1", "127.0.0.1:5353", "[::1]:53"."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        host, port = _split(text, 53)
        return cls(_numeric(host), port)

    def __str__(self) -> str:
        return _joined(self.host, self.port)


class Hostname(str):
    """A fully qualified name, as A-labels."""

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls(_host(text))


class IpAddress(str):
    """An IP address in its one spelling."""

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls(_numeric(text))


class FilePath(str):
    """A path; a relative one starts at the folder of the configuration file."""

    @classmethod
    def parse(cls, text: str) -> Self:
        if not text or "\0" in text:
            raise ValueError("a path is needed")
        return cls(text)


class SupportUrl(str):
    """A web address or `mailto:`, in the letters that an IMAP string may have."""

    @classmethod
    def parse(cls, text: str) -> Self:
        if not text.startswith(("https://", "http://", "mailto:")):
            raise ValueError(f"{text!r} is no https:, http: or mailto: address")
        if len(text) > URL_CHARACTERS_MAX or not text.isascii() or not text.isprintable() or " " in text:
            raise ValueError(f"an address of at most {URL_CHARACTERS_MAX} ASCII characters, without spaces")
        return cls(text)


class Words(str):
    """Capability words between spaces or commas: "COMPRESS SCRAM-SHA-256"."""

    @classmethod
    def parse(cls, text: str) -> Self:
        try:
            return cls(" ".join(sorted(words(text))))
        except SyntaxFault as exc:
            raise ValueError(str(exc)) from None


def _numeric(host: str) -> str:
    try:
        return str(ip_address(host))
    except ValueError:
        raise ValueError(f"{host!r} is not an IP address") from None


def _host(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        pass
    try:
        return canonical_domain(text)
    except SyntaxFault as exc:
        raise ValueError(f"{text!r} is not a host name: {exc}") from None
