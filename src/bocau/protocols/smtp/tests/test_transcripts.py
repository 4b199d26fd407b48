"""Every transcript of this directory against the engine, in every chunk size."""

from pathlib import Path

import pytest

from bocau.protocols.smtp.tests.responder import Responder
from bocau.protocols.tests.transcript import SPLITTERS, find, play

TRANSCRIPTS = find(Path(__file__).parent)


@pytest.mark.parametrize("splitter", SPLITTERS.values(), ids=SPLITTERS.keys())
@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda transcript: transcript.name)
def test_transcript(transcript, splitter):
    play(transcript, Responder(transcript.about), splitter)
