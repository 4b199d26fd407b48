"""One mail transaction: envelope and body on their way in, until the end of data or a reset."""

from typing import Final

from bocau.flow.values import BodyType, Envelope, Notify, Recipient
from bocau.formats.address import Address
from bocau.protocols.smtp.events import MailFrom, RcptTo
from bocau.services.smtp.in_flight import InFlight

_PIECE_BYTES: Final = 64 * 1024
"""Pieces below this size are gathered, so that a body of single octets costs no list entry each."""


class Body:
    """The pieces of a body, bounded by what the process may hold."""

    __slots__ = ("_in_flight", "_pieces", "_small", "has_no_room", "size")

    def __init__(self, in_flight: InFlight) -> None:
        self._in_flight = in_flight
        self._pieces: list[bytes] = []
        self._small = bytearray()
        self.size = 0
        self.has_no_room = False

    def add(self, piece: bytes) -> None:
        """Keep one more piece; without room all of it is dropped, and nothing more is kept."""
        if self.has_no_room:
            return
        if not self._in_flight.take(len(piece)):
            self.drop()
            self.has_no_room = True
            return
        self.size += len(piece)
        if len(piece) >= _PIECE_BYTES and not self._small:
            self._pieces.append(piece)
        else:
            self._small += piece
            if len(self._small) >= _PIECE_BYTES:
                self._gather()

    def _gather(self) -> None:
        self._pieces.append(bytes(self._small))
        self._small = bytearray()

    def whole(self) -> bytes:
        """The body in one; the pieces are let go of, so that it is not held twice while it is delivered."""
        if self._small:
            self._gather()
        if len(self._pieces) != 1:
            self._pieces = [b"".join(self._pieces)]
        return self._pieces[0]

    def drop(self) -> None:
        self._in_flight.give_back(self.size)
        self.size = 0
        self._pieces, self._small = [], bytearray()


class Transaction:
    """Empty, or begun by MAIL."""

    __slots__ = ("body", "mail", "recipients")

    def __init__(self, in_flight: InFlight) -> None:
        self.mail: MailFrom | None = None
        self.recipients: list[Recipient] = []
        self.body = Body(in_flight)

    @property
    def is_empty(self) -> bool:
        return self.mail is None and not self.recipients and not self.body.size

    def add(self, asked: RcptTo, address: Address) -> None:
        notify = None if asked.notify is None else frozenset(Notify(word) for word in asked.notify)
        self.recipients.append(Recipient(address, notify, asked.original))

    def envelope(self) -> Envelope:
        mail = self.mail
        assert mail is not None and self.recipients
        return Envelope(
            reverse_path=mail.reverse_path,
            recipients=tuple(self.recipients),
            body_type=BodyType(mail.body.value),
            smtputf8=mail.smtputf8,
            ret=mail.ret,
            envid=mail.envid,
            size_declared=mail.size,
        )
