"""LOGIN (RFC 9051 §6.2.3)."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.commands import Login

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Login) -> None:
    if not session.may_log_in:
        session.no(command, "STARTTLS first: no passwords in clear text", b"PRIVACYREQUIRED")
        return
    login = await session.service.directory.login(command.user, command.password, session.attempt)
    session.logged_in(command, login)
