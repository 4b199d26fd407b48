"""sendmail's command line, as programs have used it for forty years."""

import click
import pytest

from bocau.cli.sendmail import _from_field
from bocau.cli.sendmail_options import read_options
from bocau.formats.address import parse_address


def test_what_cron_mutt_and_php_say() -> None:
    cron = read_options(("-FCronDaemon", "-i", "-B8BITMIME", "-oem", "root"))
    assert (cron.name, cron.dot_ends, cron.recipients) == ("CronDaemon", False, ["root"])
    mutt = read_options(("-oem", "-oi", "-f", "ann@example.org", "--", "bob@example.org", "-odd@example.org"))
    assert (mutt.sender, mutt.dot_ends) == ("ann@example.org", False)
    assert mutt.recipients == ["bob@example.org", "-odd@example.org"]
    php = read_options(("-t", "-i", "-fann@example.org"))
    assert (php.reads_header, php.sender) == (True, "ann@example.org")


def test_letters_without_value_stand_together() -> None:
    wish = read_options(("-ti",))
    assert wish.reads_header and not wish.dot_ends


def test_delivery_reports_are_asked_for() -> None:
    wish = read_options(("-N", "success,failure", "-R", "hdrs", "-V", "id-7", "x@y.example"))
    assert (wish.notify, wish.ret, wish.envid) == (frozenset({"SUCCESS", "FAILURE"}), "HDRS", "id-7")


@pytest.mark.parametrize("words", [("-z",), ("-f",), ("-bd",), ("-N", "never,failure"), ("-R", "half")])
def test_what_cannot_be_done_is_a_usage_error(words: tuple[str, ...]) -> None:
    with pytest.raises(click.UsageError):
        read_options(words)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ('Cron "x"', b'From: "Cron \\"x\\"" <ann@example.org>\r\n'),
        ("Ann\r\nBcc: eve@example.org", b'From: "Ann Bcc: eve@example.org" <ann@example.org>\r\n'),
        ("Lê", b"From: =?utf-8?b?TMOq?= <ann@example.org>\r\n"),
    ],
)
def test_a_senders_name_cannot_add_a_field(name: str, field: bytes) -> None:
    assert _from_field(name, parse_address("ann@example.org")) == field
