"""Every meaning has a code."""

import pytest

from bocau.base import errors
from bocau.protocols.smtp import Reply
from bocau.protocols.smtp.events import FATAL, Event, Fault
from bocau.services.smtp import replies
from bocau.services.smtp.commands import COMMANDS
from bocau.services.smtp.errors import ERRORS, login_reply_to, reply_to, worst

CLASSES = [
    kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.BocauError)
]


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_has_a_row_that_fits_its_branch(kind):
    code = ERRORS[kind].code
    if issubclass(kind, errors.TryLater):
        assert 400 <= code < 500
    elif issubclass(kind, errors.Refused) and kind not in (
        errors.OverQuota,
        errors.LimitReached,
        errors.InUse,
    ):
        assert code >= 500


def test_every_fault_has_a_reply_and_every_event_a_command():
    assert set(replies.FAULTS) == set(Fault)
    assert set(COMMANDS) == set(Event.__args__)
    assert all(not replies.FAULTS[fault].is_positive for fault in Fault) and set(Fault) > FATAL


def test_enhanced_codes_agree_with_codes():
    """RFC 3463 §3: the class is the code's first digit."""
    made = [reply for reply in vars(replies).values() if isinstance(reply, Reply)]
    for reply in [*made, *ERRORS.values(), *replies.FAULTS.values()]:
        assert not reply.enhanced or reply.enhanced[0] == str(reply.code)[0], reply


def test_an_unknown_error_is_temporary():
    assert reply_to(OSError()).code == 451
    assert reply_to(type("New", (errors.NoSuchAddress,), {})()) is ERRORS[errors.NoSuchAddress]


def test_a_failed_login_never_tells_why():
    answers = {
        login_reply_to(kind("x")).wire
        for kind in (errors.BadCredentials, errors.AccountDisabled, errors.NotPermitted)
    }
    assert len(answers) == 1
    assert login_reply_to(errors.Throttled("x")).code == 454


def test_hope_outweighs_refusal():
    assert worst([Reply(550, "5.1.1", "a"), Reply(452, "4.2.2", "b")]).code == 452
