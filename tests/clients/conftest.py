"""What several programs begin with."""

import pytest

from clients.messages import mail
from harness import Server

USER = "user1"


@pytest.fixture
def three(server: Server) -> Server:
    """A server on which the user has three messages and nothing else."""
    with server.imap(USER) as imap:
        imap.select()
        imap.store("1:*", "+FLAGS.SILENT", r"(\Deleted)")
        imap.expunge()
    for subject in ("one", "two", "three"):
        server.deliver(mail(subject), USER)
    return server
