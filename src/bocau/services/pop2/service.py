"""POP2 on a listener: `Pop2Service(pop).serve(connection)`."""

from bocau.runtime.connection import Connection
from bocau.runtime.conversation import converse
from bocau.services.pop import PopService
from bocau.services.pop2.session import Pop2Session


class Pop2Service:
    """One per process; it shares everything with the POP3 service, the locks above all."""

    def __init__(self, pop: PopService) -> None:
        self._rooms = pop.rooms

    async def serve(self, connection: Connection) -> None:
        """Serve one connection to its end."""
        session = Pop2Session(connection, self._rooms)
        try:
            await converse(connection, session)
        finally:
            session.close()
