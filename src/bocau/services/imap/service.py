"""What all IMAP connections of one process share."""

import ssl
import tempfile
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from bocau.directory import Directory
from bocau.protocols.imap import Event
from bocau.runtime.connection import Connection
from bocau.runtime.conversation import Session, converse
from bocau.runtime.doorbell import Doorbell
from bocau.runtime.log import Log, get_log
from bocau.services.imap.idlers import Idlers
from bocau.services.imap.session import ImapSession
from bocau.services.imap.settings import ImapSettings
from bocau.services.imap.view import UidLists
from bocau.store import MailStore

if TYPE_CHECKING:
    from bocau.protocols.imap.fetch import Item
    from bocau.services.imap.formatter import Plan
    from bocau.services.imap.parts import PartCache

PLANS_MAX: Final = 256
TlsContext = Callable[[], "ssl.SSLContext | None"]
"""Asked for each STARTTLS, so that a renewed certificate is used at once."""


class ImapService:
    """Give an instance to a listener: it serves one connection to its end."""

    def __init__(
        self,
        store: MailStore,
        directory: Directory,
        settings: ImapSettings = ImapSettings(),
        *,
        doorbell: Doorbell | None = None,
        tls_context: TlsContext = lambda: None,
        now: Callable[[], float] = time.time,
        log: Log | None = None,
    ) -> None:
        self.store = store
        self.directory = directory
        self.settings = settings
        self.tls_context = tls_context
        self.now = now
        self.log = log or get_log("imap")
        self.sessions: set[ImapSession] = set()
        self._parts: PartCache | None = None
        self.uid_lists = UidLists()
        self.idlers = Idlers(store)
        self._plans: dict[tuple[tuple[Item, ...], bool], Plan] = {}
        if doorbell is not None:
            doorbell.listen("directory", self._directory_changed)

    @property
    def parts(self) -> "PartCache":
        """Made when first asked for: the MIME reader is not needed to log in and list."""
        if self._parts is None:
            from bocau.services.imap.parts import PartCache

            self._parts = PartCache(self.store.blobs)
        return self._parts

    def spool(self) -> BinaryIO:
        """A nameless file beside the data, for a body too long for memory."""
        folder = self.store.database.settings.path.parent
        return cast("BinaryIO", tempfile.TemporaryFile(dir=folder))

    def plan(self, items: "tuple[Item, ...]", *, is_uid_only: bool = False) -> "Plan":
        """A compiled item list; clients ask the same ones again and again."""
        plan = self._plans.get((items, is_uid_only))
        if plan is None:
            from bocau.services.imap.formatter import Plan

            if len(self._plans) >= PLANS_MAX:
                self._plans.clear()
            plan = Plan(items, lambda: self.parts, is_uid_only=is_uid_only)
            self._plans[items, is_uid_only] = plan
        return plan

    async def __call__(self, connection: Connection) -> None:
        session = ImapSession(self, connection)
        self.sessions.add(session)
        try:
            await converse(connection, cast("Session[Event]", session))
        finally:
            self.sessions.discard(session)
            session.close()

    def _directory_changed(self) -> None:
        """An account may be gone, disabled, or have another password: its sessions end."""
        for session in list(self.sessions):
            session.check_identity()
