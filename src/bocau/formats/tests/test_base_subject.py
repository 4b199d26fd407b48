"""Base subjects by the steps of RFC 5256 §2.1."""

import time

import pytest

from bocau.formats.base_subject import base_subject


@pytest.mark.parametrize(
    ("subject", "base", "is_reply"),
    [
        ("", "", False),
        ("hello", "hello", False),
        ("  two   words\t here ", "two words here", False),
        ("Re: hello", "hello", True),
        ("RE:re : Fwd: fW:hello", "hello", True),
        ("Re[2]: hello", "hello", True),
        ("Re [list] : hello", "hello", True),
        ("[list] Re: [list] hello", "hello", True),
        ("[a] [b] Re: [c] Re: hello", "hello", True),
        ("[list] hello", "hello", False),
        ("[a] [b]hello", "hello", False),
        ("[only]", "[only]", False),
        ("[a] [only]", "[only]", False),
        ("Re: [only]", "[only]", True),
        ("hello (fwd)", "hello", True),
        ("hello (FWD) (fwd)  ", "hello", True),
        ("[fwd: hello]", "hello", True),
        ("Re: [Fwd: Re: [fwd: hello (fwd)]]", "hello", True),
        ("[fwd: a] b", "b", False),
        ("[fwd: hello", "[fwd: hello", False),
        ("Re:", "", True),
        ("(fwd)", "", True),
        ("reply", "reply", False),
        ("forward: x", "forward: x", False),
        ("fwdd: x", "fwdd: x", False),
        ("Re hello", "Re hello", False),
        ("a [b] c", "a [b] c", False),
        ("[a [b] Re: x", "[a [b] Re: x", False),
        ("x]", "x]", False),
    ],
)
def test_what_is_left(subject: str, base: str, is_reply: bool) -> None:
    assert base_subject(subject) == (base, is_reply)


@pytest.mark.parametrize("piece", ["[a] ", "Re: ", "[fwd: ", "[", " (fwd)", "[a", "re ", "]", "[a]re", " "])
def test_hostile_subjects_cost_little(piece: str) -> None:
    before = time.process_time()
    base_subject((piece * 1000)[:998])
    assert time.process_time() - before < 0.05
