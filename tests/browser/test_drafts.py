"""Drafts are never lost, and never become two."""

import pytest
from playwright.sync_api import expect

from browser.composing import TO, Composer, found, on_a_desk, text_of
from browser.webmail import Webmail
from harness import Server


@on_a_desk
@pytest.mark.parametrize("is_saved", [False, True])
def test_a_reload_goes_on_with_what_was_written(mail: Webmail, server: Server, is_saved: bool) -> None:
    writing = Composer(mail).go()
    subject = f"Reload {is_saved}"
    writing.write(TO, subject, "một")
    if is_saved:
        writing.saved()
    mail.page.keyboard.type(" hai")
    mail.page.reload()
    expect(writing.opened().body).to_contain_text("một hai")
    mail.page.keyboard.press("Control+End")
    writing.subject.press("End")
    writing.subject.fill(subject)
    writing.close()
    (kept,) = found(server, mail.variant.user, "Drafts", subject)
    assert "một hai" in text_of(kept, "plain")


@on_a_desk
def test_a_lost_answer_makes_no_second_copy(mail: Webmail, server: Server) -> None:
    mail.guard.expect(r"console: .*ERR_FAILED")
    writing = Composer(mail).go()
    writing.lose("Email/set")
    writing.write(TO, "Lost", "một")
    expect(writing.status).to_have_text(mail.words("composeKeptOffline"))
    writing.body.press_sequentially(" hai")
    writing.saved()
    assert len(found(server, mail.variant.user, "Drafts", "Lost")) == 1


@on_a_desk
def test_two_windows_keep_both_versions(mail: Webmail, server: Server) -> None:
    writing = Composer(mail).go()
    writing.write(TO, "Two", "chung ")
    draft = writing.saved()
    other = Composer(mail, mail.page.context.new_page()).go(f"/compose/{draft}")
    other.body.press_sequentially("kia ")
    other.saved()
    writing.body.press_sequentially("này ")
    mail.told("composeConflict")
    assert len(found(server, mail.variant.user, "Drafts", "Two")) == 2
