"""POP3 on a listener: `PopService(...).serve(connection)`."""

import ssl

from bocau.directory import Directory
from bocau.runtime.clock import Clock
from bocau.runtime.connection import Connection
from bocau.runtime.conversation import converse
from bocau.runtime.log import Log
from bocau.services.pop.commands import COMMANDS
from bocau.services.pop.delays import LoginDelays
from bocau.services.pop.locks import PopLocks
from bocau.services.pop.session import PopSession, Rooms
from bocau.services.pop.settings import PopSettings
from bocau.store import MailStore


class PopService:
    """One per process, for all its POP3 listeners. `tls_context` is what STLS starts; None: STLS is not
    offered."""

    def __init__(
        self,
        settings: PopSettings,
        store: MailStore,
        directory: Directory,
        clock: Clock,
        log: Log,
        tls_context: ssl.SSLContext | None,
    ) -> None:
        locks = PopLocks(settings.run_folder)
        delays = LoginDelays(settings.run_folder, settings.login_delay_seconds)
        self.rooms = Rooms(settings, store, directory, clock, log, locks, delays, tls_context)

    async def serve(self, connection: Connection) -> None:
        """Serve one connection to its end."""
        session = PopSession(connection, self.rooms, COMMANDS)
        try:
            await converse(connection, session)
        finally:
            session.close()
