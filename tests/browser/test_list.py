"""A hundred thousand messages in one mailbox: any row in one request, and never many elements."""

import datetime
import email
import json
import time
from collections.abc import Iterator
from email.policy import default

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from browser import correspondence as seed
from browser.conftest import VARIANTS, new_context
from browser.guards import Guard
from browser.large import EVERY_SECONDS, FIRST_AT, fill, subject_of
from browser.webmail import Variant, Webmail
from harness import Server
from jmap_client import JmapClient

MESSAGES = 100_000
NODES_MAX = 400
STEPS = 40
NEWS_BYTES_MAX = 3_000
VIETNAMESE = VARIANTS[1]


@pytest.fixture(scope="module")
def full(server: Server) -> Server:
    """Whose owner of INBOX has kept everything for eleven years."""
    account = JmapClient(server, VIETNAMESE.user).account
    server.stop()
    fill(server.data, account, "INBOX", MESSAGES)
    server.start()
    return server


@pytest.fixture(scope="module")
def variant() -> Variant:
    return VIETNAMESE


@pytest.fixture(scope="module")
def mail(browser: Browser, full: Server, variant: Variant) -> Iterator[Webmail]:
    base = f"http://127.0.0.1:{full.port('http')}"
    context = new_context(browser, variant)
    guard = Guard(context, base)
    page = Webmail(context.new_page(), base, variant, guard)
    page.page.goto(f"{base}/login")
    page.log_in(full.password)
    expect(page.rows.first).to_be_visible()
    yield page
    context.close()
    guard.check()


class Requests:
    """The requests for mail since `begin`."""

    def __init__(self, page: Page) -> None:
        self.seen: list[Request] = []
        page.on(
            "request",
            lambda request: self.seen.append(request) if request.url.endswith("/jmap/api") else None,
        )

    def begin(self) -> None:
        self.seen.clear()

    @property
    def methods(self) -> list[str]:
        return [name for one in self.seen for name, *_ in json.loads(one.post_data or "{}")["methodCalls"]]

    @property
    def answer_bytes(self) -> int:
        return sum(len(one.response().body()) for one in self.seen if one.response() is not None)


def row_height(mail: Webmail) -> int:
    """As the list itself reckons with it: rows come and go while it scrolls."""
    return int(
        mail.page.locator(".canvas").evaluate(
            "one => parseInt(getComputedStyle(one).getPropertyValue('--row'))"
        )
    )


def scroll_to(mail: Webmail, position: int) -> None:
    """As if the scroll bar were pulled there at once."""
    mail.page.locator(".scroller").evaluate(
        "(one, top) => { one.scrollTop = top; }", position * row_height(mail)
    )


def row_at(mail: Webmail, position: int) -> str:
    row = mail.page.locator(f'[data-position="{position}"]')
    expect(row.locator(".subject")).to_be_visible()
    return row.inner_text()


def number_at(position: int) -> int:
    """The newest comes first."""
    return MESSAGES - 1 - position


def test_any_row_comes_with_one_request(mail: Webmail) -> None:
    mail.go()
    requests = Requests(mail.page)
    total = mail.words("conversationCount", count=MESSAGES)
    expect(mail.page.get_by_text(total)).to_be_visible()
    for position in (50_025, 99_980, 24_999, 75_010):
        requests.begin()
        scroll_to(mail, position)
        assert subject_of(number_at(position + 3)) in row_at(mail, position + 3)
        # What lies a portion ahead may be read with it, in the same request.
        assert len(requests.seen) == 1, [one.post_data for one in requests.seen]


def test_while_scrolling_there_are_few_elements(mail: Webmail) -> None:
    mail.go()
    most = 0
    for step in range(STEPS):
        scroll_to(mail, step * 37)
        most = max(most, mail.page.locator(".scroller *").count())
    assert most <= NODES_MAX


def test_rows_tell_what_imap_tells(mail: Webmail, full: Server) -> None:
    mail.go()
    other = full.imap(VIETNAMESE.user)
    other.select("INBOX", readonly=True)
    for position in (0, 50_000, MESSAGES - 1):
        scroll_to(mail, position)
        shown = row_at(mail, position)
        told = other.fetch(str(MESSAGES - position), "(INTERNALDATE BODY.PEEK[HEADER])")[1][0]
        assert isinstance(told, tuple)
        header = email.message_from_string(told[1].decode(), policy=default)
        assert str(header["Subject"]) in shown
        assert header["From"].addresses[0].display_name in shown
    other.logout()


def test_what_is_looked_at_stays_when_mail_arrives(mail: Webmail, full: Server) -> None:
    mail.go()
    scroll_to(mail, 40_000)
    row_at(mail, 40_003)
    text = subject_of(number_at(40_003))
    place = mail.row(text).first.bounding_box()
    letters = seed.Correspondence(full, VIETNAMESE.user)
    for number in range(3):
        letters.keep("INBOX", *letters.received(seed.LAN, f"Thư mới {number}", "Chào.\n", 0), "()")
    letters.carry()
    moved = mail.page.locator('[data-position="40006"]')
    expect(moved.filter(has_text=text)).to_have_count(1)
    assert mail.row(text).first.bounding_box() == place
    expect(mail.page.get_by_text(mail.words("conversationCount", count=MESSAGES + 3))).to_be_visible()


def arrive(full: Server, subject: str, *identities: str) -> None:
    """One message comes in."""
    letters = seed.Correspondence(full, VIETNAMESE.user)
    now = time.time()
    letters.keep("INBOX", seed.written(seed.LAN, letters.me, subject, "Chào.\n", now, *identities), now, "()")
    letters.carry()


def test_what_comes_and_goes_costs_one_small_request(mail: Webmail, full: Server) -> None:
    mail.go()
    requests = Requests(mail.page)
    mail.page.wait_for_load_state("networkidle")

    def was_small() -> None:
        mail.page.wait_for_load_state("networkidle")
        assert len(requests.seen) == 1, requests.methods
        assert "Email/queryChanges" in requests.methods and "Email/query" not in requests.methods
        assert requests.answer_bytes <= NEWS_BYTES_MAX, requests.answer_bytes
        requests.begin()

    requests.begin()
    arrive(full, "Một tin mới")
    expect(mail.rows.first).to_contain_text("Một tin mới")
    was_small()
    elsewhere = JmapClient(full, VIETNAMESE.user)
    (newest,) = elsewhere.call("Email/query", limit=1)["ids"]
    elsewhere.call("Email/set", destroy=[newest])
    expect(mail.row("Một tin mới")).to_have_count(0)
    was_small()


def test_an_answer_to_old_mail_moves_what_was_above_it(mail: Webmail, full: Server) -> None:
    """Where it was no page of this list knows."""
    letters = seed.Correspondence(full, VIETNAMESE.user)
    start = time.time() - 90
    for number, subject in enumerate(["Chuyện cũ", *(f"Chen vào {number}" for number in range(60))]):
        at = start + number
        message = seed.written(seed.LAN, letters.me, subject, "Chào.\n", at, f"chuyen-{number}")
        letters.keep("INBOX", message, at, "()")
    letters.carry()
    mail.go()
    newest = mail.row("Chen vào 59")
    index = int(newest.get_attribute("aria-rowindex") or 0)
    requests = Requests(mail.page)
    mail.page.wait_for_load_state("networkidle")
    requests.begin()
    arrive(full, "Re: Chuyện cũ", "chuyen-0", "tra-loi")
    expect(mail.rows.first).to_contain_text("Chuyện cũ")
    expect(mail.rows.first.locator(".count")).to_have_text("2")
    expect(newest).to_have_attribute("aria-rowindex", str(index + 1))
    assert requests.methods.count("Email/query") == 0
    scroll_to(mail, 55)
    assert "Chen vào 0" in row_at(mail, index + 59)
    # The keyboard's row is drawn wherever it is; there is no other of that conversation.
    expect(mail.row("Chuyện cũ")).to_have_attribute("aria-rowindex", "1")


def test_focus_and_choice_go_with_their_rows(mail: Webmail, full: Server) -> None:
    arrive(full, "Đang chọn", "dang-chon")
    arrive(full, "Đang xem", "dang-xem")
    mail.go()
    mail.pick("Đang chọn")
    mail.page.keyboard.press("g")
    mail.page.keyboard.press("h")
    focused = mail.page.locator('[role="row"]:focus')
    expect(focused).to_contain_text("Đang xem")
    # A conversation that is chosen has another email in front now.
    arrive(full, "Re: Đang chọn", "dang-chon", "dang-chon-2")
    arrive(full, "Chen ngang", "chen-ngang")
    expect(mail.rows.first).to_contain_text("Chen ngang")
    expect(focused).to_contain_text("Đang xem")
    expect(focused).to_have_attribute("aria-rowindex", "3")
    chosen = mail.page.locator('[role="row"][aria-selected="true"]')
    expect(chosen).to_have_count(1)
    expect(chosen).to_contain_text("Đang chọn")
    mail.page.keyboard.press("e")
    mail.told("archived")
    expect(mail.row("Đang chọn")).to_have_count(0)
    expect(mail.row("Đang xem")).to_have_count(1)


def test_a_stretch_is_chosen_over_rows_that_were_never_read(mail: Webmail) -> None:
    mail.go()
    scroll_to(mail, 20_000)
    row_at(mail, 20_003)
    mail.page.locator('[data-position="20003"] .pick').click()
    scroll_to(mail, 20_400)
    row_at(mail, 20_402)
    mail.page.locator('[data-position="20402"] .pick').click(modifiers=["Shift"])
    told = mail.page.get_by_text(mail.words("chosenCount", count=400), exact=True)
    expect(told.first).to_be_visible()
    scroll_to(mail, 21_500)
    row_at(mail, 21_502)
    mail.page.locator('[data-position="21502"] .pick').click(modifiers=["Shift"])
    mail.told("stretchTooLong", count=1000)
    mail.page.keyboard.press("Escape")


def test_to_a_day(mail: Webmail) -> None:
    mail.go()
    day = datetime.date(2021, 3, 14)
    mail.choose(mail.page.get_by_role("button", name=mail.words("viewOptions")), "jumpToDate")
    mail.page.get_by_role("textbox", name=mail.words("day")).fill(day.isoformat())
    mail.page.get_by_role("button", name=mail.words("jump"), exact=True).click()
    last = mail.page.evaluate("new Date(2021, 2, 15).getTime() / 1000")
    number = (int(last) - 1 - FIRST_AT) // EVERY_SECONDS
    focused = mail.page.locator('[role="row"]:focus')
    expect(focused).to_contain_text(subject_of(number))


def test_with_grouping_off_a_row_opens_its_own_message(mail: Webmail, full: Server) -> None:
    letters = seed.Correspondence(full, VIETNAMESE.user)
    now = time.time()
    for number, words in ((1, "hỏi"), (2, "đáp")):
        identities = [f"pair-{one}" for one in range(1, number + 1)]
        message = seed.written(
            seed.LAN, letters.me, "Một cặp", f"Đây là {words}.\n", now + number, *identities
        )
        letters.keep("INBOX", message, now + number)
    letters.carry()
    mail.go()
    expect(mail.row("Một cặp")).to_have_count(1)
    mail.page.get_by_role("button", name=mail.words("viewOptions")).click()
    mail.page.get_by_role("menuitemcheckbox", name=mail.words("groupThreads")).click()
    expect(mail.row("Một cặp")).to_have_count(2)
    for place, words in ((0, "đáp"), (1, "hỏi")):
        mail.row("Một cặp").nth(place).click()
        expect(mail.messages).to_have_count(1)
        expect(mail.body.locator("body")).to_contain_text(words)
    mail.tool("readerTrash").click()
    mail.told("movedToTrash")
    expect(mail.row("Một cặp")).to_have_count(1)
    expect(mail.row("Một cặp")).to_contain_text("đáp")
