"""Passwords that are guessed at once: the same table as the webmail's meter has."""

import json
from pathlib import Path

import pytest

from bocau.directory.guessing import WORDS, names_of, weakness_of
from bocau.formats.address import parse_address

TABLE = json.loads(Path(__file__).with_name("passwords.json").read_text("utf-8"))
NAMES = names_of([parse_address(TABLE["names"])])
REFUSED = [(why, password) for why, passwords in TABLE["refused"].items() for password in passwords]


@pytest.mark.parametrize(("why", "password"), REFUSED)
def test_what_is_tried_first_is_refused(why: str, password: str) -> None:
    found = weakness_of(password, NAMES)
    assert found is not None and found.name == why


@pytest.mark.parametrize("password", TABLE["taken"])
def test_what_is_not_tried_first_is_taken(password: str) -> None:
    assert weakness_of(password, NAMES) is None


def test_the_words_are_as_they_are_compared_and_each_once() -> None:
    words = WORDS.read_text("ascii").split()
    assert all(word.isalnum() and word == word.lower() for word in words)
    assert sorted(set(words)) == sorted(words)
