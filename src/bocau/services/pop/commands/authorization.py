"""USER, PASS, AUTH, STLS: who is it (RFC 1939 §7, 5034, 2595 §4)."""

from bocau.base.errors import BocauError
from bocau.directory import Login
from bocau.protocols.pop import AuthAsked, PassSaid, ResponseSaid, StartTlsAsked, UserSaid
from bocau.protocols.sasl import decode_initial_response, decode_response
from bocau.services.authentication import Authentication
from bocau.services.pop.maildrop import Maildrop
from bocau.services.pop.session import PopSession


def user(session: PopSession, event: UserSaid) -> None:
    if not session.mechanisms:
        session.refuse("Say STLS first")
        return
    session.accept()


async def password(session: PopSession, event: PassSaid) -> None:
    try:
        login = await session.rooms.directory.login(event.name, event.password, session.attempt())
    except BocauError as error:
        _note_failure(session, error, event.name)
        raise
    await _enter(session, login)


async def authenticate(session: PopSession, event: AuthAsked) -> None:
    if event.mechanism not in session.mechanisms:
        session.refuse("No such mechanism here")
        session.is_over = session.server.has_failed_enough
        return
    session.authentication = Authentication(
        session.rooms.directory,
        event.mechanism,
        session.attempt(),
        session.connection.tls,
        session.without,
    )
    await _step(session, None if event.initial is None else decode_initial_response(event.initial))


async def respond(session: PopSession, event: ResponseSaid) -> None:
    await _step(session, decode_response(event.line))


async def _step(session: PopSession, response: bytes | None) -> None:
    assert session.authentication is not None
    try:
        answer = await session.authentication.step(response)
    except BocauError as error:
        session.authentication = None
        _note_failure(session, error, "")
        raise
    if isinstance(answer, Login):
        session.authentication = None
        await _enter(session, answer)
    else:
        session.connection.write(session.server.challenge(answer))


def _note_failure(session: PopSession, error: BocauError, name: str) -> None:
    session.rooms.log.info(
        "login refused", client=session.connection.peer_host, name=name, reason=type(error).__name__
    )


async def _enter(session: PopSession, login: Login) -> None:
    """Lock the mailbox and take the snapshot. InUse."""
    session.rooms.locks.acquire(login.account_id)
    try:
        session.rooms.delays.note(login.account_id, session.rooms.clock.now())
        maildrop = await Maildrop.open(session.rooms.store, login.account_id)
    except BaseException:
        session.rooms.locks.release(login.account_id)
        raise
    session.login, session.maildrop = login, maildrop
    session.checked_at = session.rooms.clock.monotonic()
    text = f"{maildrop.count} messages, {maildrop.size_bytes} octets"
    session.connection.write(session.server.accept(text))


async def start_tls(session: PopSession, event: StartTlsAsked) -> None:
    context = session.rooms.tls_context
    if context is None or session.connection.tls is not None:
        session.refuse("TLS is not to be had, or runs already")
        return
    session.accept("Begin TLS")
    await session.connection.flush()
    session.server.tls_started()
    await session.connection.start_tls(context)
