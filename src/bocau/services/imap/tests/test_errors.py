"""Every meaning has a wire code."""

from bocau.base import errors
from bocau.protocols.imap.replies import Status
from bocau.services.imap.errors import TABLE, BadNumber, tagged


def test_every_error_of_base_has_a_code() -> None:
    kinds = {
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.BocauError) and kind is not errors.BocauError
    }
    assert kinds - TABLE.keys() == set()


def test_a_class_outside_the_table_answers_as_its_nearest_ancestor() -> None:
    assert tagged(b"a", BadNumber("no")).status is Status.BAD


def test_facts_of_an_error_cannot_break_the_line() -> None:
    from bocau.protocols.imap import ImapEngine

    reply = tagged(b"a", errors.NoSuchMailbox("no 'x\r\n* BYE' é"))
    assert ImapEngine().send(reply) == b"a NO [NONEXISTENT] no 'x  * BYE' ?\r\n"
