"""Names that are taken for others (Unicode TR39)."""

import pytest

from bocau.formats.lookalike import has_mixed_scripts, imitated, registered

OURS = ["paypal.com", "vietcombank.com.vn", "demo.test"]


@pytest.mark.parametrize(
    ("domain", "known"),
    [
        ("paypa1.com", "paypal.com"),
        ("раураl.com", "paypal.com"),  # Cyrillic
        ("xn--pypal-4ve.com", "paypal.com"),
        ("paypall.com", "paypal.com"),
        ("payapl.com", "paypal.com"),
        ("vietcornbank.com.vn", "vietcombank.com.vn"),
        ("mail.vietcornbank.com.vn", "vietcombank.com.vn"),
        ("dem0.test", "demo.test"),
        ("paypal.com", None),
        ("mail.paypal.com", None),
        ("example.org", None),
        ("dems.test", None),  # too short to be meant
    ],
)
def test_a_domain_that_looks_like_one_we_know(domain: str, known: str | None) -> None:
    assert imitated(domain, OURS) == known


def test_letters_of_two_alphabets_in_one_word() -> None:
    assert has_mixed_scripts("pаypal") and has_mixed_scripts("Αpple")
    assert not has_mixed_scripts("Nguyễn Văn Đức") and not has_mixed_scripts("Анна Smith")


def test_what_was_registered() -> None:
    assert registered("a.b.example.com") == "example.com"
    assert registered("mail.bank.com.vn") == "bank.com.vn"
