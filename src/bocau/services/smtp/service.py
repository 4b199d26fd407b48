"""One listener's service: what all its sessions share."""

import ssl
from collections.abc import Callable
from typing import Final, cast

from bocau.base.errors import PeerGone
from bocau.directory import Directory
from bocau.flow.flow import MailFlow
from bocau.protocols.smtp import BodyLimits, Dialect, Reply
from bocau.protocols.smtp.events import Event
from bocau.rules.quirks import NOTHING
from bocau.runtime.clock import Clock
from bocau.runtime.connection import Connection, TlsInfo
from bocau.runtime.conversation import Session, converse
from bocau.runtime.log import Log
from bocau.services.authentication import mechanisms
from bocau.services.smtp import profiles, replies
from bocau.services.smtp.in_flight import InFlight
from bocau.services.smtp.profiles import Profile
from bocau.services.smtp.session import SmtpSession
from bocau.services.smtp.settings import SmtpSettings

EHLO_REPLIES_MAX: Final = 100
"""Different answers that are remembered."""


class SmtpService:
    """`serve` is what a listener calls. One for each of MX, submission, submissions and LMTP."""

    def __init__(
        self,
        profile: Profile,
        settings: SmtpSettings,
        *,
        flow: MailFlow,
        directory: Directory,
        clock: Clock,
        log: Log,
        new_trace_id: Callable[[], str],
        tls_context: ssl.SSLContext | None = None,
        in_flight: InFlight | None = None,
    ) -> None:
        """`tls_context`: for STARTTLS. `in_flight`: shared by all services of a process."""
        self.profile = profile
        self.settings = settings
        self.flow = flow
        self.directory = directory
        self.clock = clock
        self.log = log
        self.new_trace_id = new_trace_id
        self.tls_context = tls_context
        self.in_flight = in_flight or InFlight(settings.body_bytes_in_flight_max)
        self.body_limits = BodyLimits(settings.limits.message_bytes_max, settings.limits.discard_bytes_max)
        self.watches_early_talkers = settings.refuses_early_talkers and profile.watches_early_talkers
        is_lmtp = profile.dialect is Dialect.LMTP
        self.greeting = (replies.lmtp_greeting if is_lmtp else replies.greeting)(settings.hostname)
        self.farewell = replies.farewell(settings.hostname)
        self.helo_reply = Reply(250, "", settings.hostname)
        self._ehlo_replies: dict[tuple[bool, tuple[str, ...], frozenset[str]], Reply] = {}

    async def serve(self, connection: Connection) -> None:
        """Speak with one client to the end; the listener closes the connection."""
        session = SmtpSession(self, connection)
        try:
            await converse(connection, cast("Session[Event]", session))
        except PeerGone:
            pass
        except Exception as error:  # Our own bug must not take the other sessions with it.
            self.log.exception(
                "session failed", error, service=self.profile.name, client=connection.peer_host
            )
            session.say(replies.BROKEN)
        finally:
            session.close()

    def ehlo_reply(
        self, tls: TlsInfo | None, *, is_logged_in: bool, without: frozenset[str] = NOTHING
    ) -> Reply:
        """What is offered now, but for the words in `without`."""
        offers_tls = self.tls_context is not None and tls is None
        offered: tuple[str, ...] = ()
        if self.profile.requires_login and not is_logged_in:
            offered = mechanisms(tls, False, without)
        key = offers_tls, offered, without
        reply = self._ehlo_replies.get(key)
        if reply is None:
            reply = profiles.ehlo_reply(
                self.settings, offers_tls=offers_tls, mechanisms=offered, without=without
            )
            if len(self._ehlo_replies) >= EHLO_REPLIES_MAX:
                self._ehlo_replies.clear()
            self._ehlo_replies[key] = reply
        return reply

    def postmaster_domain(self) -> str:
        """Whose postmaster `<postmaster>` is: as configured, else of our name, else of the first domain."""
        named, hostname = self.settings.postmaster_domain, self.settings.hostname
        if named or self.directory.is_local_domain(hostname):
            return named or hostname
        domains = self.directory.domains()
        return domains[0].name if domains else hostname

    def login_first(self, tls: TlsInfo | None) -> Reply:
        """Why MAIL is refused before AUTH (RFC 4954 §6, RFC 3207 §4)."""
        return replies.TLS_FIRST if tls is None and self.tls_context is not None else replies.LOGIN_FIRST
