"""The transcripts of this directory and those of the engine, against whole sessions, in every chunk size."""

from pathlib import Path

import pytest

from bocau.protocols.smtp import tests as engine_tests
from bocau.protocols.tests.transcript import SPLITTERS, find, play
from bocau.services.smtp.tests.stage import Stage

TRANSCRIPTS = find(Path(__file__).parent) + find(Path(engine_tests.__file__).parent)


@pytest.mark.parametrize("splitter", SPLITTERS.values(), ids=SPLITTERS.keys())
@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda transcript: transcript.name)
def test_transcript(transcript, splitter):
    stage = Stage.of(transcript.about)
    play(transcript, stage, splitter)
    stage.session.close()
    assert stage.service.in_flight.bytes_taken == 0
