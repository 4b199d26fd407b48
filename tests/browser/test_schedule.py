"""Mail that leaves later: its time can be changed, it can leave now, or be written again."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Locator, expect

from browser.composing import TO, Composer, arrived, can_undo, found, in_both_languages, on_a_desk, text_of
from browser.guards import overflow
from browser.webmail import Webmail
from harness import Server, eventually
from jmap_client import JmapClient


def times(server: Server, mail: Webmail) -> list[datetime]:
    """When what waits goes out."""
    client = JmapClient(server, mail.variant.user)
    ids = client.call("EmailSubmission/query", filter={"undoStatus": "pending"})["ids"]
    told = client.call("EmailSubmission/get", ids=ids, properties=["sendAt"])["list"]
    return [datetime.fromisoformat(one["sendAt"]) for one in told]


def choose_time(writing: Composer, at: datetime) -> Locator:
    """In the dialog, by its own field; the browser's clock is the server's."""
    dialog = writing.question("composeSchedule")
    dialog.get_by_label(writing.words("composeOtherTime")).fill(f"{at.astimezone():%Y-%m-%dT%H:%M}")
    dialog.get_by_role("button", name=writing.words("composeSchedule"), exact=True).click()
    return dialog


def open_scheduled(mail: Webmail, subject: str) -> None:
    with mail.folders() as folders:
        folders.get_by_role("link", name=mail.words("scheduled")).click()
    mail.row(subject).click()


@in_both_languages
def test_later_another_time_and_now(mail: Webmail, server: Server) -> None:
    can_undo(server, mail.variant.user, 0)
    mail.go()
    mail.page.keyboard.press("c")
    writing = Composer(mail).opened()
    subject = f"Later {mail.variant.name}"
    writing.write(TO, subject, "mai mới gửi")
    writing.button("composeSchedule").click()
    dialog = choose_time(writing, datetime.now(UTC) - timedelta(days=1))
    expect(dialog).to_contain_text(mail.words("composePast"))
    choose_time(writing, datetime.now(UTC) + timedelta(days=400))
    expect(dialog).to_contain_text(mail.words("composeTooFar"))
    dialog.get_by_role("button", name=mail.words("composeTomorrow")).click()
    expect(writing.root).to_be_hidden()
    expect(mail.toasts).to_contain_text(mail.words("composeScheduledFor", time="").strip(" ."))
    (first,) = times(server, mail)
    assert timedelta() < first - datetime.now(UTC) < timedelta(days=2)

    open_scheduled(mail, subject)
    expect(writing.root).to_contain_text(TO)
    expect(writing.body).to_have_count(0)
    writing.button("composeChangeTime").click()
    changed = (datetime.now(UTC) + timedelta(days=9)).replace(second=0, microsecond=0)
    choose_time(writing, changed)
    expect(writing.root).to_be_hidden()
    assert times(server, mail) == [changed]
    assert not found(server, "user5", "INBOX", subject)

    open_scheduled(mail, subject)
    assert overflow(mail.page) <= 0
    writing.button("composeSendNow").click()
    expect(writing.root).to_be_hidden()
    arrived(server, "user5", subject)
    expect(mail.row(subject)).to_have_count(0)
    eventually(lambda: not times(server, mail))
    assert found(server, mail.variant.user, "Sent", subject)
    assert not found(server, mail.variant.user, "Drafts", subject)


@in_both_languages
def test_canceled_it_is_a_draft_again(mail: Webmail, server: Server) -> None:
    writing = Composer(mail).go()
    subject = f"Canceled {mail.variant.name}"
    writing.write(TO, subject, "chưa gửi")
    writing.button("composeSchedule").click()
    writing.question("composeSchedule").get_by_role("button", name=mail.words("composeTomorrow")).click()
    expect(writing.root).to_be_hidden()
    open_scheduled(mail, subject)
    writing.button("composeCancelSchedule").click()
    expect(writing.opened().body).to_contain_text("chưa gửi")
    assert not times(server, mail)
    expect(writing.chips()).to_have_text([TO])
    writing.body.press("Control+End")
    mail.page.keyboard.type(" nữa")
    writing.saved()
    (kept,) = found(server, mail.variant.user, "Drafts", subject)
    writing.discard()
    eventually(lambda: not found(server, mail.variant.user, "Drafts", subject))
    assert "chưa gửi nữa" in text_of(kept, "plain")


@on_a_desk
def test_a_schedule_is_taken_back_at_once(mail: Webmail, server: Server) -> None:
    mail.go()
    mail.page.keyboard.press("c")
    writing = Composer(mail).opened()
    writing.write(TO, "Not yet", "khoan")
    writing.button("composeSchedule").click()
    writing.question("composeSchedule").get_by_role("button", name=mail.words("composeTomorrow")).click()
    expect(writing.root).to_be_hidden()
    mail.undo()
    expect(writing.opened().body).to_contain_text("khoan")
    assert not times(server, mail)
    writing.discard()
