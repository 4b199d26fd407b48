"""Signed addresses: nobody else makes one, nobody changes one, and they end."""

import pytest

from bocau.base.ids import AccountId
from bocau.services.jmap.viewing.seal import LIFE_SECONDS, STEP_SECONDS, Seal, Ticket, expiry

NOW = 1_700_000_000.0
TICKET = Ticket("view", AccountId(7), 1, 0, 7 << 32 | 1, "", expiry(NOW))


@pytest.fixture
def seal() -> Seal:
    return Seal(lambda purpose: b"k" * 32)


def test_what_is_signed_is_opened(seal: Seal) -> None:
    assert seal.open(seal.sign(TICKET), "view", NOW) == TICKET


def test_an_address_opens_one_kind_of_thing(seal: Seal) -> None:
    assert seal.open(seal.sign(TICKET), "part", NOW) is None


def test_an_address_ends(seal: Seal) -> None:
    token = seal.sign(TICKET)
    assert seal.open(token, "view", NOW + LIFE_SECONDS) is not None
    assert seal.open(token, "view", NOW + LIFE_SECONDS + STEP_SECONDS) is None


def test_no_other_key_and_no_other_octet(seal: Seal) -> None:
    token = seal.sign(TICKET)
    assert Seal(lambda purpose: b"x" * 32).open(token, "view", NOW) is None
    for at in range(len(token)):
        changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        assert seal.open(changed, "view", NOW) is None


@pytest.mark.parametrize("token", ["", ".", "a.b", "é.x", "A" * 100_000, "W10."])
def test_nonsense_opens_nothing(seal: Seal, token: str) -> None:
    assert seal.open(token, "view", NOW) is None


def test_the_same_thing_keeps_its_address_for_a_while() -> None:
    assert expiry(STEP_SECONDS * 10) == expiry(STEP_SECONDS * 11 - 1) < expiry(STEP_SECONDS * 11)
