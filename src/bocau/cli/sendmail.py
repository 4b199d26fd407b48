"""`bocau sendmail`: the interface of /usr/sbin/sendmail, for programs that send mail from this host.

    standard input → envelope from options and header → flow.submit → local delivery, queue

The queue is in the store, so the server need not be running.
"""

import getpass
import sys
from typing import TYPE_CHECKING, Any, Final

import click

from bocau.cli.failures import Failure
from bocau.cli.output import json_option, print_json
from bocau.cli.running import with_rooms
from bocau.cli.sendmail_options import Wish, read_options
from bocau.cli.sysexits import Unreadable, with_sysexits
from bocau.cli.where import where_options

if TYPE_CHECKING:
    from bocau.app import Rooms
    from bocau.config import Settings
    from bocau.flow.values import Arrived, Recipient
    from bocau.formats.address import Address

RECIPIENT_FIELDS: Final = (b"to", b"cc", b"bcc")
RESENT_FIELDS: Final = (b"resent-to", b"resent-cc", b"resent-bcc")


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@with_sysexits
@where_options
@json_option
@click.argument("words", metavar="[OPTION]... [RECIPIENT]...", nargs=-1, type=click.UNPROCESSED)
def command(settings: "Settings", words: tuple[str, ...], as_json: bool) -> None:
    """Send the message on standard input, as /usr/sbin/sendmail does.

    \b
      -t             take the recipients from To, Cc and Bcc
      -f ADDRESS     the sender ('<>' or '' for none); also -r
      -F NAME        the sender's name, where the message has no From
      -i, -oi        a line with a single dot does not end the message
      -N CONDITIONS  tell of never, or of success, failure, delay (comma between)
      -R full|hdrs   how much of the message comes back with a report
      -V ENVID       the envelope identifier in reports
      -bp            list the queue (mailq);  -bi: nothing to do (newaliases)

    -B -G -L -O -U -X -h -m -n -v and other -o… options are taken and ignored.

    Whoever may open the data directory (root, the server's user) is trusted to write as anybody. Without -f
    the sender is the login name at this server's domain: root on mail.example.org writes as root@example.org.
    The same domain completes recipients without one. The server need not be running.

    It ends with the statuses of sysexits.h: 64 wrong usage, 65 not an address, 67 no such user here,
    69 refused, 75 try again later, 77 not permitted.

    \b
    Example:  printf 'Subject: backup done\\n\\nAll well.\\n' | bocau sendmail ann@example.org
              ln -s $(which bocau) /usr/sbin/sendmail
    """
    wish = read_options(words)
    if wish.mode == "newaliases":
        return
    if wish.mode == "mailq":
        from bocau.cli import queue

        click.get_current_context().invoke(
            queue.list_queue, config=None, directory=settings.data_dir, as_json=as_json
        )
        return
    content = _read_message(wish.dot_ends, settings.file.smtp.size_max_bytes)

    async def job(rooms: "Rooms") -> str:
        return await rooms.flow.submit(_arrived(rooms, wish, content))

    trace_id = with_rooms(settings, job)
    if as_json:
        print_json({"trace_id": trace_id})


def _read_message(dot_ends: bool, maximum: int) -> bytes:
    """The message with whatever line ends it has; the flow makes them CRLF."""
    stream = sys.stdin.buffer
    if dot_ends:
        lines: list[bytes] = []
        size = 0
        while size <= maximum and (line := stream.readline()) and line.rstrip(b"\r\n") != b".":
            lines.append(line)
            size += len(line)
        content = b"".join(lines)
    else:
        content = stream.read(maximum + 1)
    if len(content) > maximum:
        raise Failure(f"the message is larger than smtp.size_max_bytes ({maximum})")
    # An mbox separator, as some programs send first.
    if content.startswith(b"From "):
        content = content.partition(b"\n")[2]
    return content


def _arrived(rooms: "Rooms", wish: Wish, content: bytes) -> "Arrived":
    from bocau.app.rooms import home_domain
    from bocau.flow.values import Arrived, Envelope, Origin
    from bocau.formats.header import fields
    from bocau.services.smtp.trace_id import TraceIds

    domain = home_domain(rooms)
    sender = _sender(wish.sender, domain)
    found = fields(content)
    recipients = [_address(text, domain) for text in wish.recipients]
    if wish.reads_header:
        recipients += _header_recipients(content, found, domain)
    if not recipients:
        raise click.UsageError("No recipients: name them, or say -t to take them from the header.")
    if wish.name and sender is not None and not any(field.name == b"from" for field in found):
        content = _from_field(wish.name, sender) + content
    envelope = Envelope(
        reverse_path=sender,
        recipients=tuple(_recipient(wish, address) for address in dict.fromkeys(recipients)),
        smtputf8=any(a.needs_smtputf8 for a in (*recipients, *([sender] if sender else []))),
        ret=wish.ret,
        envid=wish.envid,
    )
    origin = Origin(client_host="", client_port=0, helo=getpass.getuser(), protocol="")
    return Arrived(envelope, origin, content, TraceIds(rooms.clock)(), rooms.clock.now())


def _recipient(wish: Wish, address: "Address") -> "Recipient":
    from bocau.flow.values import Notify, Recipient

    notify = None if wish.notify is None else frozenset(map(Notify, wish.notify))
    return Recipient(address, notify)


def _sender(text: str | None, domain: str) -> "Address | None":
    if text is None:
        return _address(getpass.getuser(), domain)
    return None if text in ("", "<>") else _address(text, domain)


def _address(text: str, domain: str) -> "Address":
    from bocau.base.errors import SyntaxFault
    from bocau.formats.address import parse_address

    bare = text.strip().removeprefix("<").removesuffix(">")
    try:
        return parse_address(bare if "@" in bare else f"{bare}@{domain}")
    except SyntaxFault as exc:
        raise Unreadable(f"{text!r} is not an address: {exc}") from None


def _header_recipients(content: bytes, found: Any, domain: str) -> "list[Address]":
    """To, Cc and Bcc; those of the latest resending when it was resent (RFC 5322 §3.6.6)."""
    from bocau.formats.address import quote_local_part
    from bocau.formats.address_list import Mailbox, parse_address_list

    names = RESENT_FIELDS if any(field.name in RESENT_FIELDS for field in found) else RECIPIENT_FIELDS
    values = [content[field.value_start : field.end] for field in found if field.name in names]
    mailboxes = [item for value in values for item in parse_address_list(value) if isinstance(item, Mailbox)]
    texts = [
        (quote_local_part(box.local.decode("utf-8", "replace")), box.host.decode("utf-8", "replace"))
        for box in mailboxes
    ]
    return [_address(f"{local}@{host or domain}", domain) for local, host in texts]


def _from_field(name: str, sender: "Address") -> bytes:
    """RFC 5322 §3.4 display name, RFC 2047 §5 where it is not ASCII."""
    from bocau.formats.header import fold
    from bocau.formats.words import encode_words

    plain = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    quoted = '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
    phrase = quoted.encode() if plain.isascii() else encode_words(plain)
    return b"From: " + fold(phrase + b" <" + str(sender).encode() + b">", len("From: ")) + b"\r\n"
