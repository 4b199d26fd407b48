"""Maildir++ trees in and out, for `bocau import` and `bocau export`.

Door: MaildirWriter, read_mailboxes, read_messages, MaildirMessage.
"""

from bocau.store.maildir.reader import MaildirMessage, read_mailboxes, read_messages
from bocau.store.maildir.writer import MaildirWriter

__all__ = ["MaildirMessage", "MaildirWriter", "read_mailboxes", "read_messages"]
