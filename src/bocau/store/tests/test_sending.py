"""Identities, submissions, vacation and correspondents: ids, the log, and what bounds them."""

from typing import Any

import pytest

from bocau.base.errors import LimitReached
from bocau.base.ids import AccountId, QueueId
from bocau.formats.address import parse_address
from bocau.store import ChangeKind, correspondents, identities, submissions, vacation
from bocau.store.apart import changes_apart, last_change
from bocau.store.identities import Identity
from bocau.store.submissions import CANCELED, FINAL, PENDING, Submission
from bocau.store.vacation import Vacation

from .conftest import ALICE, BOB

NOW = 1_800_000_000


def new(undo_status: str = FINAL, send_at: int = NOW, **more: Any) -> Submission:
    email = (ALICE << 32) + 1
    made = Submission(0, 1, email, email, {"rcptTo": []}, send_at, undo_status, None, {}, created_at=NOW)
    return made._replace(account_id=ALICE, **more)


async def test_an_identity_is_called_by_its_creation_and_never_twice(store):
    def job(tx):
        first = identities.add(tx, Identity(0, "A", "a@here.test"))
        identities.remove(tx, first.identity_id)
        second = identities.add(tx, Identity(0, "B", "b@here.test"))
        return first.identity_id, second.identity_id

    first, second = await store.write(ALICE, job)
    assert first < second == store.glance(ALICE, lambda tx: last_change(tx, ChangeKind.IDENTITY))
    found = store.glance(ALICE, lambda tx: changes_apart(tx, ChangeKind.IDENTITY, 0))
    assert found.names == [str(first), str(second)] and not found.has_more
    part = store.glance(ALICE, lambda tx: changes_apart(tx, ChangeKind.IDENTITY, 0, 1))
    assert part.names == [str(first)] and part.has_more
    rest = store.glance(ALICE, lambda tx: changes_apart(tx, ChangeKind.IDENTITY, part.state))
    assert rest.names == [str(second)] and rest.state == second


async def test_identities_are_bounded(store, monkeypatch):
    monkeypatch.setattr(identities, "IDENTITIES_MAX", 2)
    for name in ("a", "b"):
        await store.write(ALICE, lambda tx, name=name: identities.add(tx, Identity(0, "", f"{name}@x.test")))
    with pytest.raises(LimitReached):
        await store.write(ALICE, lambda tx: identities.add(tx, Identity(0, "", "c@x.test")))


async def test_waiting_submissions_are_bounded_and_found_when_due(store, monkeypatch):
    monkeypatch.setattr(submissions, "PENDING_MAX", 2)
    body = store.blobs.stage(b"x")
    for at in (NOW + 20, NOW + 10):
        await store.write(ALICE, lambda tx, at=at: submissions.add(tx, new(PENDING, at), body))
    with pytest.raises(LimitReached):
        await store.write(ALICE, lambda tx: submissions.add(tx, new(PENDING, NOW), body))
    look = store.glance
    assert look(BOB, lambda tx: submissions.next_due_at(tx.sql, 0)) == NOW + 10
    assert look(BOB, lambda tx: submissions.due(tx.sql, NOW + 9, 9)) == []
    found = look(BOB, lambda tx: submissions.due(tx.sql, NOW + 20, 9))
    assert [one.send_at for one in found] == [NOW + 10, NOW + 20]
    one = found[0].submission_id
    assert look(BOB, lambda tx: submissions.held_body(tx, one)) == body
    assert not await store.write(BOB, lambda tx: submissions.end(tx, one, CANCELED)), "of another account"
    assert await store.write(ALICE, lambda tx: submissions.end(tx, one, CANCELED))
    assert not await store.write(ALICE, lambda tx: submissions.end(tx, one, FINAL))
    assert look(ALICE, lambda tx: submissions.held_body(tx, one)) is None


async def test_old_submissions_are_forgotten_with_new_ones(store, monkeypatch):
    monkeypatch.setattr(submissions, "PENDING_MAX", 0)
    monkeypatch.setattr(submissions, "DONE_MAX", 3)
    for _ in range(5):
        await store.write(ALICE, lambda tx: submissions.add(tx, new(created_at=2**40)))
    assert len(store.glance(ALICE, submissions.submissions)) == 3
    monkeypatch.setattr(submissions, "DONE_MAX", 99)
    await store.write(ALICE, lambda tx: submissions.add(tx, new(created_at=0)))
    assert len(store.glance(ALICE, submissions.submissions)) == 3


async def test_reports_are_bounded_and_only_of_the_own_account(store, monkeypatch):
    monkeypatch.setattr(submissions, "REPORTS_MAX", 2)
    await store.write(ALICE, lambda tx: submissions.add(tx, new(message_id="<1@x>")))
    for account, email in ((BOB, 1), (ALICE, 2), (ALICE, 3), (ALICE, 4)):
        await store.write(account, lambda tx, email=email: submissions.note_report(tx, "dsn", "<1@x>", email))
    (one,) = store.glance(ALICE, submissions.submissions)
    assert one.reports == (("dsn", 2), ("dsn", 3))


async def test_the_queue_finds_the_submission(store):
    await store.write(ALICE, lambda tx: submissions.add(tx, new(queue_id=QueueId(7))))
    found = store.glance(AccountId(0), lambda tx: submissions.of_queue(tx.sql, QueueId(7)))
    assert found is not None and found[1] == ALICE
    assert store.glance(AccountId(0), lambda tx: submissions.of_queue(tx.sql, QueueId(8))) is None


async def test_nobody_is_told_twice_and_not_too_many_are(store, monkeypatch):
    monkeypatch.setattr(vacation, "TOLD_MAX", 2)
    await store.write(ALICE, lambda tx: vacation.set_vacation(tx, Vacation(True)))

    async def tell(sender: str, now: int) -> bool:
        told: bool = await store.write(ALICE, lambda tx: vacation.tell(tx, sender, now))
        return told

    week = vacation.AGAIN_SECONDS
    assert [await tell("a@x", NOW), await tell("a@x", NOW + week - 1), await tell("b@x", NOW + 9)] == [
        1,
        0,
        1,
    ]
    assert not await tell("c@x", NOW + 10)
    assert await tell("c@x", NOW + week), "the first may be forgotten by now"


async def test_correspondents_are_bounded_and_the_best_stay(store, monkeypatch):
    monkeypatch.setattr(correspondents, "CORRESPONDENTS_MAX", 4)
    monkeypatch.setattr(correspondents, "FORGOTTEN_AT_ONCE", 1)

    async def meet(name: str, now: int) -> None:
        people = [(parse_address(f"{name}@x.test"), name)]
        await store.write(ALICE, lambda tx: correspondents.meet(tx, people, now))

    for number in range(3):
        await meet("often", NOW + number)
    for number, name in enumerate("abcd"):
        await meet(name, NOW + 10 + number)
    found = store.glance(ALICE, lambda tx: correspondents.find(tx, "", 9, NOW + 100))
    assert [one.name for one in found] == ["often", "d", "c"]
    assert not store.glance(ALICE, lambda tx: correspondents.has_written_to(tx, parse_address("a@x.test")))
    assert store.glance(ALICE, lambda tx: correspondents.has_written_to(tx, parse_address("OFTEN@x.test")))


async def test_with_the_account_all_of_it_goes(store):
    body = store.blobs.stage(b"x")

    def fill(tx):
        identities.add(tx, Identity(0, "A", "a@here.test"))
        submissions.add(tx, new(PENDING), body)
        vacation.set_vacation(tx, Vacation(True))
        vacation.tell(tx, "x@y", NOW)
        correspondents.meet(tx, [(parse_address("x@y.test"), "")], NOW)

    await store.write(ALICE, fill)
    await store.write(ALICE, lambda tx: tx.delete_account())
    tables = ("identity", "email_submission", "held_body", "vacation", "vacation_reply", "correspondent")
    for table in tables:
        assert store.glance(ALICE, lambda tx, t=table: tx.sql.value(f"SELECT count(*) FROM {t}")) == 0, table
