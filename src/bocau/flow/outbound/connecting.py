"""From a host to an open session: every address in turn, TLS as far as it goes, a login where one is
needed."""

import secrets
from collections.abc import Mapping, Sequence
from ssl import SSLContext

from bocau.base.errors import BocauError, DnsUnavailable, PeerGone
from bocau.flow.outbound.session import Session, StepRefused
from bocau.flow.outbound.timeouts import CONNECT_SECONDS, REPLY_SECONDS
from bocau.flow.outbound.verdict import said
from bocau.flow.settings import OutboundSettings, Smarthost, SmarthostTls
from bocau.protocols.sasl.client import best_client
from bocau.protocols.smtp.client import Step
from bocau.rules.routing import Hop, Names, is_address, order_addresses
from bocau.runtime.connection import Connection
from bocau.runtime.dial import dial
from bocau.runtime.log import Log
from bocau.runtime.tls import opportunistic_client_context, verified_client_context
from bocau.runtime.tls_binding import server_end_point

CONNECTION_STEPS = frozenset((Step.GREETING, Step.HELLO))


class HostFailed(Exception):
    """No address of the host gave a session."""

    def __init__(
        self, host: str, text: str, status: str, *, is_permanent: bool = False, is_said: bool = False
    ) -> None:
        super().__init__(text)
        self.host = host
        self.text = text
        self.status = status
        self.is_permanent = is_permanent
        """It answered, and refused for good (554, 521); or it has no address at all."""
        self.relay = host if is_said else ""
        """Who said it: the host, or ("") we."""


class TlsFailed(PeerGone):
    """The server offered TLS and could not do it."""


class Connector:
    """Opens sessions as the settings lay down."""

    def __init__(
        self,
        names: Names,
        hostname: str,
        settings: OutboundSettings,
        log: Log,
        seconds: Mapping[Step, float] = REPLY_SECONDS,
    ) -> None:
        self._seconds = seconds
        self._names = names
        self._hostname = hostname
        self._settings = settings
        self._log = log

    async def open(self, hop: Hop) -> Session:
        """A session with the first address that gives one. Raises HostFailed."""
        failure = HostFailed(hop.host, f"{hop.host} has no address", "4.4.1")
        for address in await self._addresses(hop):
            try:
                return await self._open_at(hop, address)
            except StepRefused as exc:
                is_permanent = exc.step in CONNECTION_STEPS and exc.reply.code >= 500
                failure = HostFailed(
                    hop.host,
                    said(exc.reply),
                    exc.reply.enhanced or ("5.3.2" if is_permanent else "4.3.2"),
                    is_permanent=is_permanent,
                    is_said=True,
                )
            except BocauError as exc:
                failure = HostFailed(hop.host, f"{hop.host}[{address}]: {exc}", "4.4.1")
            self._log.info("no session", relay=hop.host, address=address, why=failure.text)
        raise failure

    async def _addresses(self, hop: Hop) -> Sequence[str]:
        if is_address(hop.host):
            return [hop.host]
        try:
            found = await self._names.addresses(hop.host)
        except DnsUnavailable as exc:
            raise HostFailed(hop.host, f"the address of {hop.host} is not known now: {exc}", "4.4.3") from exc
        if not found:
            raise HostFailed(hop.host, f"{hop.host} has no address", "5.4.4", is_permanent=True)
        ordered = order_addresses(found, self._settings.own_addresses)
        if not ordered:
            raise HostFailed(hop.host, f"{hop.host} leads back to this server", "5.4.6", is_permanent=True)
        return ordered

    async def _open_at(self, hop: Hop, address: str) -> Session:
        smarthost = self._smarthost(hop)
        tls = SmarthostTls.OPPORTUNISTIC if smarthost is None else smarthost.required_tls
        try:
            return await self._session(hop, address, tls, smarthost)
        except TlsFailed as exc:
            if tls is not SmarthostTls.OPPORTUNISTIC:
                raise
            # RFC 7435: an unusable offer of TLS is worth no more than none.
            self._log.warning("no TLS, clear text instead", relay=hop.host, address=address, why=str(exc))
            return await self._session(hop, address, SmarthostTls.NONE, smarthost)

    def _smarthost(self, hop: Hop) -> Smarthost | None:
        smarthost = self._settings.smarthost
        return smarthost if smarthost is not None and smarthost.hop == hop else None

    async def _session(
        self, hop: Hop, address: str, tls: SmarthostTls, smarthost: Smarthost | None
    ) -> Session:
        is_implicit = tls is SmarthostTls.IMPLICIT
        connection = await dial(
            address,
            hop.port,
            timeout_seconds=CONNECT_SECONDS,
            local_address=self._source(address),
            tls_context=_context(smarthost, tls) if is_implicit else None,
            server_name=hop.host if is_implicit else None,
        )
        session = Session(connection, self._hostname, hop, self._seconds)
        try:
            await session.greet()
            if tls in (SmarthostTls.OPPORTUNISTIC, SmarthostTls.REQUIRED):
                await self._secure(session, tls, smarthost)
            if smarthost is not None and smarthost.user:
                await _log_in(session, smarthost)
        except BaseException:
            connection.abort()
            raise
        return session

    async def _secure(self, session: Session, tls: SmarthostTls, smarthost: Smarthost | None) -> None:
        """STARTTLS when offered (RFC 3207)."""
        is_required = tls is SmarthostTls.REQUIRED
        if "STARTTLS" not in session.client.extensions:
            if is_required:
                raise PeerGone("the server offers no STARTTLS")
            return
        session.client.start_tls()
        try:
            await session.done()
        except StepRefused:
            if is_required:
                raise
            return
        try:
            await session.connection.start_tls(
                _context(smarthost, tls), server_side=False, server_name=session.hop.host
            )
        except (PeerGone, ValueError) as exc:  # ValueError: a host name that TLS cannot carry
            raise TlsFailed(str(exc)) from exc
        session.client.secured()
        await session.hello()

    def _source(self, address: str) -> str | None:
        """Our own address of the same family to speak from, where one is laid down."""
        is_six = ":" in address
        return next((own for own in self._settings.source_addresses if (":" in own) == is_six), None)


def _context(smarthost: Smarthost | None, tls: SmarthostTls) -> SSLContext:
    """Between strangers any certificate will do; a smarthost that gets mail by decree must prove itself."""
    if smarthost is None or tls is SmarthostTls.OPPORTUNISTIC or not smarthost.is_certificate_checked:
        return opportunistic_client_context()
    return verified_client_context()


async def _log_in(session: Session, smarthost: Smarthost) -> None:
    """Raises StepRefused, PeerError. A wrong password is the administrator's to mend: the mail waits."""
    connection = session.connection
    if connection.tls is None:
        raise PeerGone("a password is never sent without TLS")
    mechanism = best_client(
        session.client.extensions.mechanisms,
        smarthost.user,
        smarthost.password,
        nonce=secrets.token_urlsafe(18),
        binding=_binding(connection),
    )
    if mechanism is None:
        raise PeerGone("the smarthost offers no way to log in that we know")
    await session.authenticate(mechanism)


def _binding(connection: Connection) -> bytes:
    certificate = connection.get_certificate()
    return server_end_point(certificate) if certificate else b""
