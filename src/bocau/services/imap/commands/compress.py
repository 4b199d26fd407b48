"""COMPRESS DEFLATE (RFC 4978): only after the login, so that no password shares a context with anything."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.commands import Compress
from bocau.protocols.imap.replies import Status, Tagged

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Compress) -> None:
    if command.algorithm != b"DEFLATE":
        session.bad(command, "no such algorithm")
        return
    if session.connection.is_compressed:
        session.no(command, "the connection is compressed already", b"COMPRESSIONACTIVE")
        return
    session.reply(Tagged(command.tag, Status.OK, "DEFLATE begins"))
    # The client must wait for this reply (RFC 4978 §3): what came behind the command in plain is not read.
    session.engine.upgrade()
    session.connection.start_compression()
