"""Email/changes, Thread/changes where a client cannot be told, or not all at once (RFC 8620 §5.2)."""

import pytest

from bocau.store.emailchanges import CHANGES_MAX

from .desk import ALICE

MESSAGE = b"Subject: x\r\n\r\nbody\r\n"


@pytest.mark.parametrize("kind", ["Email", "Thread", "Mailbox"])
async def test_a_state_of_another_time_cannot_be_followed(desk, kind):
    await desk.deliver(MESSAGE)
    for state in ("", "x", "1", "999999-1", "1-999999", "-1-0", "1-0-0", "１-1", "1-1-1-1"):
        told = await desk.call(f"{kind}/changes", sinceState=state)
        assert told["error"] == "cannotCalculateChanges", state
    told = await desk.call(f"{kind}/changes", sinceState="0-0", maxChanges=0)
    assert told["error"] == "invalidArguments"


async def test_a_log_that_names_no_emails_cannot_be_followed(desk):
    """Rows of an older version, but for those before the state."""
    await desk.deliver(MESSAGE)
    state = (await desk.call("Email/get", ids=[]))["state"]
    await desk.store.write(ALICE, lambda tx: tx.sql.execute("UPDATE change SET emails = NULL"))
    assert (await desk.call("Email/changes", sinceState="0-0"))["error"] == "cannotCalculateChanges"
    await desk.deliver(MESSAGE)
    assert len((await desk.call("Email/changes", sinceState=state))["created"]) == 1


async def test_one_command_on_many_emails_is_told_piece_by_piece(desk):
    state = (await desk.call("Email/get", ids=[]))["state"]
    count = CHANGES_MAX + 7
    one = await desk.deliver(MESSAGE)

    def double(tx):
        while (size := tx.mailbox(1).message_count) < count:
            tx.copy(1, ((1, min(size, count - size)),), 1)

    await desk.store.write(ALICE, double, heavy=True)
    created, has_more = [], True
    while has_more:
        told = await desk.call("Email/changes", sinceState=state, maxChanges=2000 if created else None)
        created += told["created"]
        state, has_more = told["newState"], told["hasMoreChanges"]
        assert len(told["created"]) <= CHANGES_MAX
    assert created == [f"M{one + number}" for number in range(count)]
    assert state == (await desk.call("Email/get", ids=[]))["state"]
