"""Every transcript beside this file, against real sessions over a real store, in several chunk sizes."""

from pathlib import Path

import pytest

from bocau.protocols.tests.transcript import Transcript, at_once, byte_by_byte, find, play_async
from bocau.services.imap.tests import mail
from bocau.services.imap.tests.home import ALICE, PASSWORD, Home, SessionPlayer

CHOPPED = {"at once": at_once, "byte by byte": byte_by_byte}


class Prepared(SessionPlayer):
    """Logs in and selects first when the transcript says so."""

    def __init__(self, home: Home, about: dict[str, str]) -> None:
        super().__init__(home)
        self._about = about

    async def begin(self) -> bytes:
        greeting = await super().begin()
        if "login" not in self._about:
            return greeting
        await self.say(f"l LOGIN alice@example.org {PASSWORD}")
        if "select" in self._about:
            await self.say(f"s SELECT {self._about['select']}")
        return b""


@pytest.mark.parametrize("cut", CHOPPED)
@pytest.mark.parametrize("transcript", find(Path(__file__).parent), ids=lambda t: t.name)
async def test_transcript(transcript: Transcript, cut: str, home: Home) -> None:
    await home.deliver(mail.PLAIN, mail.MIXED, mail.NESTED)
    await home.store.write(ALICE, lambda tx: tx.claim_recent(tx.mailbox_named("INBOX").mailbox_id))
    await play_async(transcript, Prepared(home, transcript.about), CHOPPED[cut])
