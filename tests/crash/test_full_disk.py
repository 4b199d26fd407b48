"""A file system that is really full: mail is put off, deleting works, nothing needs a restart."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from crash.jmap_operations import (
    Person,
    batch_status,
    change_some,
    check_apart,
    import_one,
    keep_blob,
    save_draft,
    send,
    start_batch,
)
from crash.ledger import Ledger, plain_imap
from crash.operations import NotDone, World, append, check_sent, deliver, expunge, some_mail, submit
from crash.sink import Sink
from crash.victim import Victim, Zygote
from harness import eventually

SIZE = "96m"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A tmpfs of SIZE."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "tmpfs", str(place)]
    if os.geteuid() or not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("this machine does not let us mount a file system")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place: Path) -> Path:
    """Take every byte that is left."""
    ballast = place / "ballast"
    with ballast.open("ab", buffering=0) as file:
        for size in (65536, 512, 1):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                continue
    assert os.statvfs(place).f_bavail == 0
    return ballast


def test_a_full_disk_refuses_mail_and_lets_delete_and_recovers(
    small_disk: Path, tmp_path: Path, zygote: Zygote
) -> None:
    with Sink() as sink:
        settings = (f"submission.smarthost={sink.host}:{sink.port}", "submission.smarthost_tls=none")
        victim = Victim(tmp_path, zygote, workers=2, users=1, settings=settings)
        victim.data = small_disk / "data"
        with victim:
            world = World(victim, Ledger(), sink)
            some_mail(world, 6)
            deliver(world)
            with plain_imap(victim, "bob") as bystander:
                bystander.select()
                assert (victim.data / "reserve").exists()
                ballast = fill(small_disk)
                for refused in (deliver, append, submit):
                    with pytest.raises(NotDone, match=r"452|UNAVAILABLE|LIMIT|OVERQUOTA"):
                        refused(world)
                assert bystander.uid("FETCH", "1:*", "(BODY.PEEK[])")[0] == "OK"
                expunge(world)
                world.ledger.check(victim)
                ballast.unlink()
                for again in (deliver, append):
                    again(world)
                submit(world)
                assert bystander.noop()[0] == "OK"
            world.ledger.check(victim)
            eventually(lambda: not victim.queued())
            victim.assert_sound()
            victim.assert_no_traceback()


def test_a_full_disk_fails_jmap_calls_and_lets_read_and_destroy_and_recovers(
    small_disk: Path, tmp_path: Path, zygote: Zygote
) -> None:
    with Sink() as sink:
        settings = (f"submission.smarthost={sink.host}:{sink.port}", "submission.smarthost_tls=none")
        victim = Victim(tmp_path, zygote, workers=2, users=1, settings=settings)
        victim.data = small_disk / "data"
        with victim:
            world = World(victim, Ledger(), sink)
            person = Person(world)
            _ = person.boxes, person.identity
            kept = import_one(person)
            known = person.ask(("Email/get", {"ids": [kept]}))
            doomed = [person_draft(person) for _ in range(3)]
            keep_blob(person)
            ballast = fill(small_disk)
            for refused in (import_one, save_draft, keep_blob, big_blob, send):
                with pytest.raises(NotDone):
                    refused(person)
            assert person.ask(("Email/get", {"ids": [kept]}))[0]["list"] == known[0]["list"]
            (told,) = person.ask(("Email/set", {"destroy": doomed}))
            assert sorted(told["destroyed"]) == sorted(doomed)
            world.ledger.check(victim)
            ballast.unlink()
            for again in (import_one, change_some, save_draft, keep_blob, big_blob, send):
                again(person)
            batch = start_batch(person)
            eventually(lambda: batch_status(person, batch) == "done")
            check_apart(person)
            check_sent(world)
            victim.assert_sound()
            victim.assert_no_traceback()


def person_draft(person: Person) -> str:
    """An email that may be destroyed; returns its id."""
    new = {"mailboxIds": {person.boxes["drafts"]: True}, "subject": "to go"}
    (told,) = person.ask(("Email/set", {"create": {"k": new}}))
    return str(told["created"]["k"]["id"])


def big_blob(person: Person) -> None:
    """More than is gathered in memory."""
    person.upload(b"0123456789abcdef" * 131_072)
