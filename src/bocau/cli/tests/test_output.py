"""What people see on a terminal, and what programs read."""

import pytest

from bocau.cli import output
from bocau.cli.output import counted, print_one, print_rows, span

ROWS = [
    {"address": "ann@example.org", "is_admin": True, "last_reply": "550 5.1.1 " + "no such user " * 20},
    {"address": "bob@example.org", "is_admin": False, "last_reply": ""},
]
COLUMNS = ("address", "is_admin", "last_reply")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """80 columns."""
    monkeypatch.setattr(output, "_terminal_columns", lambda: 80)


@pytest.mark.usefixtures("terminal")
def test_a_table_on_a_terminal_has_headings_and_fits(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(ROWS, COLUMNS, as_json=False)
    heading, first, second = capsys.readouterr().out.splitlines()
    assert heading.split() == ["ADDRESS", "ADMIN", "LAST", "REPLY"]
    assert len(first) == 80 and first.endswith("…")
    assert second.split() == ["bob@example.org", "no", "-"]


def test_a_program_gets_every_word_and_no_heading(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(ROWS, COLUMNS, as_json=False)
    first, _ = capsys.readouterr().out.splitlines()
    assert first.startswith("ann@example.org") and first.endswith("no such user")


@pytest.mark.usefixtures("terminal")
def test_an_empty_table_says_so_to_people(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([], COLUMNS, as_json=False, none="the queue is empty")
    assert capsys.readouterr().out == "the queue is empty\n"


def test_an_empty_table_is_silence_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([], COLUMNS, as_json=False)
    assert capsys.readouterr().out == ""


def test_facts_are_labelled_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    facts = {"is_admin": True, "message_count": 3, "created_at": "2026-01-01T00:00:00Z", "alias_count": 0}
    print_one(facts, as_json=False)
    labels = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert labels == ["admin", "messages", "created", "aliases"]


def test_what_a_stranger_wrote_cannot_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    print_one({"reply": "550 \x1b[2J\nno"}, as_json=False)
    assert "\x1b" not in (out := capsys.readouterr().out) and len(out.splitlines()) == 1


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-3, "0 s"), (40, "40 s"), (300, "5 min"), (3 * 3600, "3 h"), (86_400, "24 h"), (432_000, "5 d")],
)
def test_spans_are_short(seconds: float, text: str) -> None:
    assert span(seconds) == text


def test_one_is_not_many() -> None:
    assert [counted(n, "mailbox", "mailboxes") for n in (0, 1, 2)] == [
        "0 mailboxes",
        "1 mailbox",
        "2 mailboxes",
    ]
    assert counted(1200, "message") == "1,200 messages"
