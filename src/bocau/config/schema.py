"""What may stand in bocau.toml: one class a table, one field a key; `manual` documents them."""

# Every default here is immutable.
# ruff: noqa: RUF009

import os
from dataclasses import dataclass, field
from typing import Annotated, Literal

from bocau.config.values import (
    FilePath,
    Hostname,
    IpAddress,
    ListenAddress,
    NameServer,
    Range,
    Server,
    SupportUrl,
    Words,
)

Port = Annotated[int, Range(1, 65535)]
Count = Annotated[int, Range(1)]
Seconds = Annotated[float, Range(above=0)]
Addresses = tuple[ListenAddress, ...]


def _everywhere(port: int) -> Addresses:
    return (ListenAddress("*", port),)


def _loopback(port: int) -> Addresses:
    return (ListenAddress("127.0.0.1", port), ListenAddress("::1", port))


@dataclass(frozen=True, slots=True)
class Listen:
    """Where each service listens: a list of "*:PORT" (every address), "IPv4:PORT", "[IPv6]:PORT" or
    "unix:/path". An empty list switches a service off."""

    smtp: Addresses = _everywhere(25)
    """Mail from other servers."""
    submission: Addresses = _everywhere(587)
    """Mail from people, STARTTLS before the login."""
    submissions: Addresses = _everywhere(465)
    """Mail from people, TLS from the first byte."""
    lmtp: Addresses = _loopback(24)
    """Mail from programs of this host. There is no login here: keep it on loopback or a Unix socket."""
    imap: Addresses = _everywhere(143)
    """IMAP, STARTTLS before the login."""
    imaps: Addresses = _everywhere(993)
    """IMAP, TLS from the first byte."""
    pop3: Addresses = _everywhere(110)
    """POP3, STLS before the login."""
    pop3s: Addresses = _everywhere(995)
    """POP3, TLS from the first byte."""
    pop2: Addresses = _everywhere(109)
    """POP2, only when `pop.pop2` is true."""
    http: Addresses = _everywhere(80)
    """Sends browsers on to `https`; nothing is read or written here, but see `login.plain_on_loopback`."""
    https: Addresses = _everywhere(443)
    """The webmail and JMAP."""
    port_offset: Annotated[int, Range(0, 60000)] = 0
    """Added to every port above, so that a test server needs no root."""


@dataclass(frozen=True, slots=True)
class Tls:
    """The server's certificate. Without one, a self-signed one is made in the data directory.

    Both files are read at the start, before root is given up. SIGHUP has them read again; for that, `user`
    must be able to."""

    certificate: FilePath | None = None
    """PEM file: the certificate, then its chain."""
    key: FilePath | None = None
    """PEM file with the private key; needed with `certificate`."""
    client_ca: FilePath | None = None
    """PEM file with the authorities that vouch for people's certificates. With it, IMAP, POP3 and submission
    ask clients for one, and who shows a valid one may log in by it (SASL EXTERNAL): its e-mail address must
    be an account. Nobody has to; but a client that shows one of another authority is turned away."""
    client_crl: FilePath | None = None
    """PEM file with the certificates that `client_ca` has revoked. SIGHUP reads it again; one that is out of
    date lets no certificate in. Without it nothing is asked about revocation; there is no OCSP."""


@dataclass(frozen=True, slots=True)
class Smtp:
    """Receiving mail."""

    size_max_bytes: Annotated[int, Range(65536, 2**31 - 1)] = 50 * 1024 * 1024
    """The largest message that is taken, in and out (announced as SIZE)."""
    recipients_max: Annotated[int, Range(100, 100_000)] = 1000
    """Recipients of one message; more are answered with 452 and come in the next one (RFC 5321 §4.5.3.1)."""


@dataclass(frozen=True, slots=True)
class Submission:
    """Mail that people and programs hand in for others."""

    smarthost: Server | None = None
    """Send all mail for other servers to this one, as "host:port", instead of to the recipients' MX."""
    smarthost_user: str = ""
    """Log in to the smarthost under this name."""
    smarthost_password_file: FilePath | None = None
    """File whose first line is the password for the smarthost."""
    smarthost_tls: Literal["opportunistic", "required", "implicit", "none"] = "opportunistic"
    """TLS to the smarthost: STARTTLS when offered, STARTTLS or nothing, TLS from the first byte (port 465),
    never. With a password, "opportunistic" means "required"."""
    messages_per_hour: Count = 1000
    """Messages that one account may submit in an hour."""
    recipients_per_day: Count = 10_000
    """Recipients that one account may write to in a day."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Sending mail to other servers."""

    port: Port = 25
    """The port of other servers; another one than 25 is for tests."""
    routes: dict[str, Server] = field(default_factory=dict)
    """Servers for single domains, before smarthost and MX: { "example.org" = "10.0.0.7:25" }.
    ".example.org" covers its subdomains."""
    connections_per_destination: Annotated[int, Range(1, 1000)] = 5
    """Connections to one destination at the same time."""
    lifetime_seconds: Seconds = 5 * 86400.0
    """After this time without success the sender gets the message back."""
    warning_seconds: Seconds = 4 * 3600.0
    """After this time the sender is told that it is still waiting."""


@dataclass(frozen=True, slots=True)
class Dns:
    """Asking the domain name system."""

    resolver: tuple[NameServer, ...] = ()
    """Resolvers to ask, as "address:port"; empty: those of /etc/resolv.conf."""
    timeout_seconds: Seconds = 5.0
    """How long one question to one resolver may take."""


@dataclass(frozen=True, slots=True)
class Imap:
    """Reading mail where it is."""

    support_url: SupportUrl = SupportUrl("")
    """Where people find help; clients that ask by ID are told (RFC 2971)."""


@dataclass(frozen=True, slots=True)
class Web:
    """The webmail and JMAP."""

    names: tuple[Hostname, ...] = ()
    """Further names that browsers reach this server by, beside `hostname`; a request for any other name is
    refused. A name needs its place in the certificate."""
    proxies: tuple[IpAddress, ...] = ()
    """Addresses of proxies before this server that end TLS and speak plain HTTP to `listen.http`. What they
    say in X-Forwarded-Proto and X-Forwarded-For is believed, what anybody else says is not; a proxy must
    set both fields itself, whatever its client sends, and pass Host on. Without this nobody can log in
    through it."""


@dataclass(frozen=True, slots=True)
class Pop:
    """POP3 and its predecessor."""

    login_delay_seconds: Annotated[int, Range(0, 3600)] = 0
    """The least time between two logins of an account; 0: none (RFC 2449 §6.5)."""
    pop2: bool = False
    """POP2 (RFC 937) on port 109, for programs of another time. It knows no TLS: it takes passwords only from
    this host itself, and only with `login.plain_on_loopback`; elsewhere put a TLS tunnel before it."""


@dataclass(frozen=True, slots=True)
class Login:
    """Who may try passwords, and how often."""

    plain_on_loopback: bool = False
    """Allow IMAP, POP3 and web logins without TLS from this host itself. Submission always wants TLS."""
    failures_max: Count = 10
    """Failed logins of one account from one network after which it is refused for a while."""
    refuse_seconds: Seconds = 300.0
    """For how long it is refused then."""
    delay_seconds_max: Annotated[float, Range(0, 15)] = 15.0
    """The answer to a wrong password waits for 2, 4, 8, then 15 seconds, but never longer than this."""
    without: dict[str, Words] = field(default_factory=dict)
    """What single clients had better not see, by the name they give themselves in IMAP's ID or by network:
    { "eM Client*" = "SCRAM-SHA-256 SCRAM-SHA-1", "192.0.2.0/24" = "COMPRESS" }. The words are those of
    CAPABILITY, CAPA and EHLO, mechanisms with or without "AUTH="; what is left out is refused as well. For
    one account: `bocau account set ADDRESS --without WORDS`."""


@dataclass(frozen=True, slots=True)
class Log:
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least weighty line that is written."""
    format: Literal["text", "json"] = "text"
    """Lines for people or for programs."""


@dataclass(frozen=True, slots=True)
class File:
    """The keys at the top, before the first table."""

    hostname: Hostname
    """This server's name in the DNS, as its reverse entry and its MX records say it."""
    data_dir: FilePath = FilePath("/var/lib/bocau")
    """Where all state lives. One server per directory."""
    user: str = ""
    """Become this user after the ports are open; empty: stay who started it."""
    group: str = ""
    """Become this group; empty: the user's own."""
    workers: Annotated[int, Range(0, 256)] = 0
    """Worker processes; 0: one per processor."""
    listen: Listen = Listen()
    tls: Tls = Tls()
    smtp: Smtp = Smtp()
    submission: Submission = Submission()
    delivery: Delivery = Delivery()
    dns: Dns = Dns()
    imap: Imap = Imap()
    pop: Pop = Pop()
    web: Web = Web()
    login: Login = Login()
    log: Log = Log()

    @property
    def worker_count(self) -> int:
        return self.workers or os.cpu_count() or 1
