"""Drafts are never lost, and never become two."""

import pytest
from playwright.sync_api import expect

from browser.composing import TO, Composer, found, on_a_desk, text_of
from browser.webmail import Webmail
from harness import Server, eventually


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


@on_a_desk
def test_without_a_connection_the_words_wait(mail: Webmail, server: Server) -> None:
    """They are kept, told so, and saved once when the connection is back; nothing is asked of the person."""
    mail.guard.expect(r"console: .*ERR_INTERNET_DISCONNECTED")
    writing = Composer(mail).go()
    writing.write(TO, "Away", "trước")
    writing.saved()
    mail.page.context.set_offline(True)
    mail.page.keyboard.type(" trong")
    expect(writing.status).to_have_text(mail.words("composeKeptOffline"))
    mail.page.keyboard.type(" lúc mất mạng")
    mail.page.context.set_offline(False)
    writing.saved()
    (kept,) = eventually(lambda: found(server, mail.variant.user, "Drafts", "Away"))
    assert text_of(kept, "plain").strip() == "trước trong lúc mất mạng"
    writing.discard()


@on_a_desk
@pytest.mark.parametrize("is_away", [False, True])
def test_a_closed_tab_is_offered_again(mail: Webmail, server: Server, is_away: bool) -> None:
    """Whether or not its last words still reached the server, there is one draft in the end."""
    mail.guard.expect(r"console: .*ERR_INTERNET_DISCONNECTED")
    subject = f"Closed {is_away}"
    writing = Composer(mail, mail.page.context.new_page()).go()
    writing.write(TO, subject, "một")
    writing.saved()
    mail.page.context.set_offline(is_away)
    writing.page.keyboard.type(" hai")
    expect(writing.status).not_to_have_text(mail.words("composeSaving"))
    writing.page.close()
    mail.page.context.set_offline(False)
    again = Composer(mail).go()
    notice = again.root.get_by_text(mail.words("composeFoundUnsaved"))
    expect(notice).to_be_visible()
    again.button("composePutBack").click()
    expect(again.body).to_contain_text("một hai")
    expect(again.subject).to_have_value(subject)
    expect(notice).to_be_hidden()
    again.saved()
    (kept,) = found(server, mail.variant.user, "Drafts", subject)
    assert text_of(kept, "plain").strip() == "một hai"
    again.discard()
    eventually(lambda: not found(server, mail.variant.user, "Drafts", subject))
