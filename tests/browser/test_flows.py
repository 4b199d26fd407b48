"""A day's mail in the webmail, by mouse and thumb: English and Vietnamese, on a desk and in a hand.

`BOCAU_SCREENSHOTS=folder` keeps pictures for a person to look at.
"""

import re

import pytest
from playwright.sync_api import Browser, Route, expect

from browser import correspondence as seed
from browser.conftest import new_context
from browser.guards import Guard, overflow
from browser.webmail import Variant, Webmail
from harness import Server, eventually

SENT_ANSWER = "mình đã nhận được"


def arrives(server: Server, variant: Variant, subject: str) -> None:
    letters = seed.Correspondence(server, variant.user)
    letters.keep("INBOX", *letters.received(seed.MAI, subject, "Biển xanh lắm.\n", 0), "()")
    letters.carry()


def test_log_in_after_a_wrong_password(
    browser: Browser, server: Server, base: str, variant: Variant, mail: Webmail
) -> None:
    context = new_context(browser, variant)
    guard = Guard(context, base)
    guard.expect(r"console: .*401 .*/auth/login")
    page = context.new_page()
    stranger = Webmail(page, base, variant, guard)
    page.goto(f"{base}/mail/archive")
    stranger.log_in("wrong")
    expect(page.get_by_role("alert")).to_have_text(mail.words("loginWrong"))
    page.keyboard.type(server.password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=mail.words("archiveFolder"), level=1)).to_be_visible()
    assert page.url == f"{base}/mail/archive"
    assert page.evaluate("document.documentElement.lang") == variant.language
    context.close()
    guard.check()


def test_a_conversation_has_what_was_sent_and_received(mail: Webmail) -> None:
    mail.go()
    expect(mail.row(seed.REPORT)).to_contain_text("3")
    mail.read(seed.REPORT)
    expect(mail.reader.get_by_role("heading", name=seed.REPORT, level=1)).to_be_visible()
    expect(mail.messages).to_have_count(3)
    expect(mail.body.locator("body")).to_contain_text("9:00")
    first, sent = mail.messages.nth(0), mail.messages.nth(1)
    expect(first.locator("iframe")).to_have_count(0)
    first.get_by_role("button").click()
    expect(first.locator("iframe").content_frame.locator("body")).to_contain_text("Doanh thu")
    first.get_by_role("button", name=mail.words("readerDetails")).click()
    expect(first).to_contain_text("lan@congty.vn")
    expect(first).to_contain_text(mail.words("readerChecks"))
    first.get_by_role("button", name=mail.words("readerFold")).click()
    expect(first.locator("iframe")).to_have_count(0)
    sent.get_by_role("button").click()
    expect(sent.locator("iframe").content_frame.locator("body")).to_contain_text(SENT_ANSWER)
    assert overflow(mail.page) <= 0


def test_images_come_when_they_are_asked_for(mail: Webmail) -> None:
    """Through this server alone: what is fetched from elsewhere makes the guard fail."""
    mail.guard.expect(r"console: .*/px/")
    mail.go()
    proxied: list[str] = []
    mail.page.on("request", lambda request: proxied.append(request.url) if "/px/" in request.url else None)
    mail.read(seed.INVOICE)
    expect(mail.body.get_by_role("heading", name=seed.INVOICE)).to_be_visible()
    expect(mail.reader.get_by_text(mail.words("readerImagesHidden"))).to_be_visible()
    assert not proxied
    mail.reader.get_by_role("button", name=mail.words("readerShowOnce")).click()
    eventually(lambda: mail.page.wait_for_timeout(20) or proxied)
    expect(mail.reader.get_by_text(mail.words("readerImagesHidden"))).to_be_hidden()
    mail.go()
    mail.read(seed.INVOICE)
    with mail.page.expect_response(
        lambda answer: answer.url.endswith("/jmap/api") and "imageSenders" in (answer.request.post_data or "")
    ):
        mail.reader.get_by_role("button", name=mail.words("readerShowAlways")).click()
    proxied.clear()
    mail.go()
    mail.read(seed.INVOICE)
    eventually(lambda: mail.page.wait_for_timeout(20) or proxied)
    expect(mail.reader.get_by_text(mail.words("readerImagesHidden"))).to_be_hidden()


def test_attachments_are_looked_at_and_saved(mail: Webmail) -> None:
    mail.go()
    mail.read(seed.FILES)
    mail.reader.get_by_role("button", name="ghi chú.txt").click()
    expect(mail.dialog("ghi chú.txt")).to_contain_text("Đại Nội")
    mail.page.keyboard.press("Escape")
    mail.reader.get_by_role("button", name="cầu Trường Tiền.png").click()
    picture = mail.dialog("cầu Trường Tiền.png").get_by_role("img", name="cầu Trường Tiền.png")
    eventually(lambda: picture.evaluate("one => one.naturalWidth") == 1)
    mail.page.keyboard.press("Escape")
    expect(mail.reader.get_by_text(mail.words("readerDangerous"))).to_be_visible()
    with mail.download() as saved:
        mail.reader.get_by_role("link", name=mail.words("readerSave", name="ghi chú.txt")).click()
    assert saved[0].suggested_filename == "ghi chú.txt"
    assert saved[0].path().read_text().splitlines() == seed.NOTES.splitlines()


def test_an_enclosed_message_opens_in_place(mail: Webmail) -> None:
    mail.go()
    mail.read(seed.ENCLOSING)
    mail.reader.get_by_role("button", name=re.compile(r"\.eml$")).click()
    enclosed = mail.dialog(seed.ENCLOSED)
    expect(enclosed).to_contain_text("Phạm Thị Mai")
    expect(enclosed.locator("iframe").content_frame.locator("body")).to_contain_text("xem giúp em")
    mail.page.keyboard.press("Escape")
    expect(enclosed).to_be_hidden()


def test_the_source_is_shown_and_saved(mail: Webmail) -> None:
    mail.go()
    mail.read(seed.INVOICE)
    more = mail.messages.get_by_role("button", name=mail.words("readerMore"), exact=True)
    mail.choose(more, "readerSource")
    expect(mail.dialog(mail.words("readerSource"))).to_contain_text("multipart/mixed")
    mail.page.keyboard.press("Escape")
    with mail.download() as saved:
        mail.choose(more, "readerSaveEml")
    assert saved[0].suggested_filename == f"{seed.INVOICE}.eml"
    assert b"Subject: Invoice 2026-1123\r\n" in saved[0].path().read_bytes()


def test_on_paper_there_is_the_mail_alone(mail: Webmail) -> None:
    mail.go()
    mail.read(seed.INVOICE)
    mail.page.emulate_media(media="print")
    expect(mail.reader.get_by_role("heading", name=seed.INVOICE)).to_be_visible()
    expect(mail.messages).to_contain_text("finance@partner.example")
    expect(mail.body.get_by_role("heading", name=seed.INVOICE)).to_be_visible()
    for away in (
        mail.reader.get_by_role("toolbar"),
        mail.rows.first,
        mail.page.locator(".top"),
        mail.page.locator("nav").first,
    ):
        expect(away).to_be_hidden()
    pages = len(re.findall(rb"/Type\s*/Page\b", mail.page.pdf()))
    assert pages == 1


@pytest.mark.parametrize(
    ("subject", "key", "said", "folder"),
    [
        (seed.LEAVE, "readerArchive", "archived", "archiveFolder"),
        (seed.MOVED, "readerTrash", "movedToTrash", "trash"),
        (seed.PRIZE, "readerJunk", "movedToJunk", "junk"),
    ],
)
def test_a_conversation_goes_and_is_taken_back(
    mail: Webmail, subject: str, key: str, said: str, folder: str
) -> None:
    mail.go()
    mail.read(subject)
    mail.tool(key).click()
    mail.told(said)
    expect(mail.row(subject)).to_have_count(0)
    mail.undo()
    expect(mail.row(subject)).to_have_count(1)
    mail.go()
    mail.read(subject)
    mail.tool(key).click()
    expect(mail.row(subject)).to_have_count(0)
    mail.open_folder(mail.words(folder))
    expect(mail.row(subject)).to_have_count(1)
    mail.page.keyboard.press("z")
    expect(mail.row(subject)).to_have_count(0)
    mail.go()
    expect(mail.row(subject)).to_have_count(1)


def test_what_is_no_junk_comes_back(mail: Webmail) -> None:
    mail.go("/mail/junk")
    mail.read(seed.UNJUST)
    mail.tool("readerNotJunk").click()
    mail.told("notJunkDone")
    mail.go()
    expect(mail.row(seed.UNJUST)).to_have_count(1)


def test_move_and_label_what_is_chosen(mail: Webmail) -> None:
    mail.go()
    mail.pick(seed.OFFICE)
    mail.pick(seed.WELCOME)
    chosen = mail.page.get_by_role("toolbar", name=mail.words("chosenActions"))
    expect(chosen).to_contain_text(mail.words("chosenCount", count=2))
    mail.choose(chosen.get_by_role("button", name=mail.words("moreActions")), "label")
    mail.page.get_by_role("combobox", name=mail.words("findLabel")).fill("Gấp")
    mail.page.get_by_role("option", name=mail.words("makeNew", name="Gấp")).click()
    mail.told("labelled", name="Gấp")
    expect(mail.row(seed.OFFICE).locator(".label")).to_have_text("Gấp")
    chosen.get_by_role("button", name=mail.words("move"), exact=True).click()
    mail.page.get_by_role("combobox", name=mail.words("findFolder")).fill("bo cau")
    mail.page.get_by_role("option", name="Bồ câu").click()
    mail.told("movedTo", folder="Bồ câu")
    expect(mail.row(seed.OFFICE)).to_have_count(0)
    mail.open_folder("Bồ câu")
    expect(mail.rows).to_have_count(2)
    expect(mail.row(seed.OFFICE).locator(".label")).to_have_text("Gấp")
    mail.undo()
    expect(mail.rows).to_have_count(0)
    with mail.folders() as folders:
        folders.get_by_role("link", name="Gấp").click()
    expect(mail.rows).to_have_count(2)


def test_star_and_read_from_the_list(mail: Webmail) -> None:
    mail.go()
    row = mail.row(seed.WELCOME)
    row.locator(".star").click()
    expect(row.locator(".star.full")).to_have_count(1)
    mail.pick(seed.WELCOME)
    chosen = mail.page.get_by_role("toolbar", name=mail.words("chosenActions"))
    mail.choose(chosen.get_by_role("button", name=mail.words("moreActions")), "markUnread")
    expect(row).to_have_class(re.compile("unread"))
    mail.undo()
    expect(row).not_to_have_class(re.compile("unread"))
    mail.go("/mail/search?q=is%3Astarred")
    expect(mail.rows).to_have_count(1)
    mail.row(seed.WELCOME).locator(".star").click()
    mail.told("unstarred")


def test_search_with_operators_and_without_accents(mail: Webmail) -> None:
    mail.go()
    mail.search("bao cao quy")
    expect(mail.row(seed.REPORT)).not_to_have_count(0)
    expect(mail.rows.first.locator("mark").first).to_be_visible()
    expect(mail.rows.first.locator(".folder")).to_be_visible()
    mail.search("from:mai has:attachment")
    expect(mail.rows).to_have_count(1)
    expect(mail.row(seed.FILES)).to_contain_text(mail.words("inbox"))
    mail.read(seed.FILES)
    mail.page.go_back()
    expect(mail.rows).to_have_count(1)
    term = mail.page.get_by_role("button", name=mail.words("removeTerm", term="has:attachment"))
    term.click()
    expect(mail.row(seed.MOVED)).to_have_count(1)
    mail.search("khongcogi-xyz")
    expect(mail.page.get_by_text(mail.words("emptySearch"))).to_be_visible()
    mail.page.get_by_role("button", name=mail.words("clearSearch")).click()
    expect(mail.row(seed.FILES)).to_have_count(1)


def test_everything_that_matches_is_moved_and_taken_back(mail: Webmail, server: Server) -> None:
    seed.Correspondence(server, mail.variant.user).large()
    mail.go()
    mail.open_folder(seed.LARGE)
    mail.page.get_by_role("checkbox", name=mail.words("chooseAllShown")).click()
    chosen = mail.page.get_by_role("toolbar", name=mail.words("chosenActions"))
    if mail.variant.is_phone:
        chosen.get_by_role("button", name=mail.words("moreActions")).click()
        choose = mail.page.get_by_role(
            "menuitem", name=mail.words("chooseAllMatching", count=seed.LARGE_COUNT)
        )
    else:
        choose = chosen.get_by_role("button", name=mail.words("chooseAllMatching", count=seed.LARGE_COUNT))
    choose.click()
    expect(chosen).to_contain_text(mail.words("chosenCount", count=seed.LARGE_COUNT))
    chosen.get_by_role("button", name=mail.words("archive"), exact=True).click()
    mail.told("archived")
    expect(mail.toasts).to_contain_text(mail.words("batchDone", count=seed.LARGE_COUNT))
    expect(mail.page.get_by_text(mail.words("emptyFolderNote"))).to_be_visible()
    mail.undo()
    total = mail.words("conversationCount", count=seed.LARGE_COUNT)
    expect(mail.page.get_by_text(total)).to_be_visible()


def test_drag_onto_a_folder(mail: Webmail) -> None:
    if mail.variant.is_phone:
        pytest.skip("a hand drags no row")
    mail.go()
    with mail.folders() as folders:
        mail.row(seed.LEAVE).drag_to(folders.get_by_role("link", name=seed.PROJECT, exact=True))
    mail.told("movedTo", folder=seed.PROJECT)
    expect(mail.row(seed.LEAVE)).to_have_count(0)
    mail.page.keyboard.press("z")
    expect(mail.row(seed.LEAVE)).to_have_count(1)


def test_a_list_that_cannot_be_left_says_so(mail: Webmail) -> None:
    mail.go()
    mail.read(seed.NEWSLETTER)
    expect(mail.reader.get_by_text(mail.words("readerMailingList"))).to_be_visible()
    mail.reader.get_by_role("button", name=mail.words("readerUnsubscribe")).click()
    mail.told("readerUnsubscribeFailed")


def test_mail_is_shown_that_comes_before_the_page_listens(mail: Webmail, server: Server) -> None:
    lines: list[Route] = []
    mail.page.route("**/jmap/eventsource*", lambda line: lines.append(line))
    mail.go()
    expect(mail.rows.first).to_be_visible()
    eventually(lambda: mail.page.evaluate("1") and lines)
    subject = f"Thư giữa chừng {mail.variant.name}"
    arrives(server, mail.variant, subject)
    for line in lines:
        line.continue_()
    expect(mail.row(subject).first).to_be_visible()


def test_what_others_do_is_seen_at_once(mail: Webmail, server: Server) -> None:
    mail.go()
    subject = "Tin mới từ Đà Nẵng"
    arrives(server, mail.variant, subject)
    expect(mail.rows.first).to_contain_text(subject)
    expect(mail.rows.first).to_have_class(re.compile("unread"))
    other = server.imap(mail.variant.user)
    other.select("INBOX")
    newest = other.response("EXISTS")[1][0].decode()
    other.store(newest, "+FLAGS", r"(\Seen \Flagged)")
    expect(mail.rows.first).not_to_have_class(re.compile("unread"))
    expect(mail.rows.first.locator(".star.full")).to_have_count(1)
    other.store(newest, "+FLAGS", r"(\Deleted)")
    other.expunge()
    expect(mail.row(subject)).to_have_count(0)
    other.logout()


def test_without_a_connection_and_back(mail: Webmail, server: Server) -> None:
    mail.guard.expect(r"net::ERR_(INTERNET_DISCONNECTED|FAILED)")
    mail.go()
    mail.page.context.set_offline(True)
    mail.row(seed.WELCOME).locator(".star").click()
    expect(mail.page.get_by_text(mail.words("offline"))).to_be_visible()
    mail.told("problemOffline")
    expect(mail.row(seed.WELCOME).locator(".star.full")).to_have_count(0)
    subject = "Gửi khi mất mạng"
    arrives(server, mail.variant, subject)
    mail.page.context.set_offline(False)
    expect(mail.page.get_by_text(mail.words("offline"))).to_be_hidden()
    expect(mail.row(subject)).to_have_count(1)


def test_back_and_reload_lead_to_the_same_place(mail: Webmail) -> None:
    mail.go()
    mail.read(seed.ENCLOSING)
    there = mail.page.url
    mail.page.reload()
    expect(mail.reader.get_by_role("heading", name=seed.ENCLOSING, level=1)).to_be_visible()
    assert mail.page.url == there
    mail.page.go_back()
    expect(mail.rows.first).to_be_visible()
    mail.open_folder(mail.words("archiveFolder"))
    mail.page.go_back()
    expect(mail.row(seed.ENCLOSING)).to_be_visible()
    mail.page.go_forward()
    expect(mail.page.get_by_role("heading", name=mail.words("archiveFolder"), level=1)).to_be_attached()
    mail.page.reload()
    expect(mail.page.get_by_role("heading", name=mail.words("archiveFolder"), level=1)).to_be_attached()
    mail.page.goto(f"{mail.base}/mail/F99999-9")
    expect(mail.page.get_by_text(mail.words("folderMissing"))).to_be_visible()
    mail.page.get_by_role("link", name=mail.words("goToInbox")).click()
    expect(mail.row(seed.ENCLOSING)).to_be_visible()


def test_a_draft_opens_where_it_is_written(mail: Webmail) -> None:
    mail.go("/mail/drafts")
    mail.row(seed.DRAFT).click()
    expect(mail.page).to_have_url(re.compile(r"/compose/M"))
    expect(mail.page.get_by_label(mail.words("composeSubject"))).to_have_value(seed.DRAFT)
    mail.page.go_back()
    expect(mail.row(seed.DRAFT)).to_be_visible()


def test_a_session_that_was_ended_elsewhere(
    browser: Browser, server: Server, base: str, variant: Variant, mail: Webmail
) -> None:
    """What is on the screen stays beneath the login, and is there again afterwards."""
    context = new_context(browser, variant)
    guard = Guard(context, base)
    guard.expect(r"console: .* 401 ")
    here = Webmail(context.new_page(), base, variant, guard)
    here.page.goto(f"{base}/mail/inbox")
    here.log_in(server.password)
    here.read(seed.FILES)
    expect(here.body.get_by_text("Gửi bạn mấy tấm ảnh")).to_be_visible()
    there = here.page.url
    end_newest_session(here)
    here.page.get_by_role("button", name=here.words("readerStar"), exact=True).first.click()
    expect(here.page.get_by_text(here.words("sessionEnded"))).to_be_visible()
    here.page.get_by_label(here.words("password")).fill(server.password)
    here.page.keyboard.press("Enter")
    expect(here.page.get_by_text(here.words("sessionEnded"))).to_be_hidden()
    expect(here.reader.get_by_role("heading", name=seed.FILES, level=1)).to_be_visible()
    expect(here.body.get_by_text("Gửi bạn mấy tấm ảnh")).to_be_visible()
    assert here.page.url == there
    context.close()
    guard.check()


def end_newest_session(here: Webmail) -> None:
    """As the settings of another browser do: the server forgets the cookie of this one."""
    here.page.evaluate(
        """async () => {
            const boot = await (await fetch("/auth/boot")).json();
            await fetch("/auth/logout", { method: "POST", headers: { "X-CSRF-Token": boot.csrf } });
        }"""
    )


def test_logging_out_leaves_nothing(
    browser: Browser, server: Server, base: str, variant: Variant, mail: Webmail
) -> None:
    context = new_context(browser, variant)
    guard = Guard(context, base)
    here = Webmail(context.new_page(), base, variant, guard)
    here.page.goto(f"{base}/login")
    here.log_in(server.password)
    expect(here.rows.first).to_be_visible()
    menu = here.page.get_by_role("button", name=here.words("accountMenu", name=f"{variant.user}@demo.test"))
    here.choose(menu, "logOut")
    expect(here.page).to_have_url(re.compile("/login$"))
    here.page.go_back()
    expect(here.page.get_by_label(here.words("password"))).to_be_visible()
    expect(here.rows).to_have_count(0)
    context.close()
    guard.check()
