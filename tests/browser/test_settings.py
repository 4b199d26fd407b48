"""The settings, each with what it changes elsewhere: in the webmail, in other browsers, in mail programs."""

import imaplib
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, expect

from browser.conftest import new_context
from browser.correspondence import encoded
from browser.guards import Guard
from browser.webmail import Language, Variant, Webmail
from harness import Server, eventually

ANSWER = "Tôi đang nghỉ phép ở Huế."
NEXT_PASSWORD = "four white pigeons"
Enter = Callable[..., Webmail]


@pytest.fixture
def enter(browser: Browser, server: Server, base: str) -> Iterator[Enter]:
    """Logs somebody in, in a browser of their own."""
    opened: list[tuple[BrowserContext, Guard]] = []

    def person(user: str, language: Language = "en", width: int = 1366, password: str = "") -> Webmail:
        variant = Variant(user, language, width)
        context = new_context(browser, variant, accept_downloads=True)
        guard = Guard(context, base)
        opened.append((context, guard))
        mail = Webmail(context.new_page(), base, variant, guard)
        mail.page.goto(f"{base}/login")
        mail.log_in(password or server.password)
        expect(mail.page.get_by_role("grid")).to_be_attached()
        return mail

    yield person
    for context, guard in opened:
        context.close()
        guard.check()


def settings(mail: Webmail, section: str) -> Locator:
    mail.page.goto(f"{mail.base}/settings/{section}")
    main = mail.page.get_by_role("main")
    expect(main.get_by_role("heading", level=3).first).to_be_visible()
    return main


def press(mail: Webmail, key: str, within: Locator | None = None) -> None:
    (within or mail.page).get_by_role("button", name=mail.words(key), exact=True).click()


def fill(mail: Webmail, key: str, text: str, within: Locator | None = None) -> None:
    (within or mail.page.get_by_role("main")).get_by_label(mail.words(key), exact=True).fill(text)


def group(mail: Webmail, key: str) -> Locator:
    return mail.page.get_by_role("region", name=mail.words(key), exact=True)


def kept(mail: Webmail, choice: str) -> AbstractContextManager[object]:
    """The server has it when this is left."""
    return mail.page.expect_response(
        lambda one: all(each in (one.request.post_data or "") for each in ("Preferences/set", choice))
    )


def letter(subject: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "x@far.example", "y@demo.test", subject
    message.set_content("Xin chào\n")
    return message


def subjects(imap: imaplib.IMAP4_SSL, folder: str) -> list[str]:
    """Of all messages of a folder."""
    status, _ = imap.select(encoded(folder), readonly=True)
    assert status == "OK"
    _, told = imap.fetch("1:*", "(BODY.PEEK[])")
    found = [message_from_bytes(one[1], policy=policy.default) for one in told if isinstance(one, tuple)]
    return [str(one["Subject"]) for one in found]


def refused(server: Server, user: str, password: str) -> bool:
    try:
        server.imap(user, password).logout()
    except imaplib.IMAP4.error:
        return True
    return False


# --- how it looks -----------------------------------------------------------------


@pytest.mark.parametrize("width", [1366, 390])
def test_language_colours_and_density_last(enter: Enter, width: int) -> None:
    mail = enter("user2", width=width)
    main = settings(mail, "general")
    root = mail.page.locator("html")

    main.get_by_label(mail.words("setDark")).check()
    main.get_by_label(mail.words("setCompact")).check()
    if not mail.variant.is_phone:
        main.get_by_label(mail.words("setPaneOff")).check()
    with kept(mail, '"language":"vi"'):
        main.get_by_role("button", name="Tiếng Việt").click()

    expect(mail.page.get_by_role("heading", name="Cài đặt", level=1)).to_be_visible()
    mail.page.goto(f"{mail.base}/mail/inbox")
    expect(mail.page.get_by_role("heading", name="Hộp thư đến", level=1)).to_be_visible()
    expect(root).to_have_attribute("lang", "vi")
    expect(root).to_have_attribute("data-theme", "dark")
    expect(root).to_have_attribute("data-density", "compact")
    expect(mail.page.locator("[data-pane]")).to_have_attribute("data-pane", "off")

    main = settings(mail, "general")
    main.get_by_label("Theo thiết bị").check()
    main.get_by_label("Vừa").check()
    with kept(mail, '"language":"en"'):
        main.get_by_role("button", name="English").click()
    expect(mail.page.get_by_role("heading", name="Settings", level=1)).to_be_visible()


def test_the_format_of_new_messages_lasts(enter: Enter) -> None:
    mail = enter("user1", "vi")
    main = settings(mail, "writing")
    with kept(mail, '"plainText":true'):
        main.get_by_label(mail.words("setPlain")).check()
    mail.page.goto(f"{mail.base}/compose/new?to=bob@demo.test")
    expect(mail.page.get_by_role("textbox", name=mail.words("composeBody"))).to_have_value("")


# --- away -------------------------------------------------------------------------


@pytest.mark.parametrize(("user", "language"), [("alice", "en"), ("bob", "vi")])
def test_vacation_answers(enter: Enter, server: Server, user: str, language: Language) -> None:
    mail = enter(user, language)
    main = settings(mail, "vacation")
    main.get_by_label(mail.words("setVacationUse")).check()
    press(mail, "setSave", main)
    expect(main.get_by_role("alert")).to_have_text(mail.words("setVacationEmpty"))
    fill(mail, "setSubject", f"Vắng mặt: {user}")
    fill(mail, "setText", ANSWER)
    press(mail, "setSave", main)
    mail.told("setVacationOn")

    mail.page.goto(f"{mail.base}/mail/inbox")
    expect(mail.page.get_by_text(mail.words("awayOn"))).to_be_visible()
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "user2@demo.test", f"{user}@demo.test", "Hỏi thăm"
    message.set_content("Bạn khoẻ không?\n")
    with server.submission("user2") as client:
        client.send_message(message)
    reader = server.imap("user2")
    eventually(lambda: f"Vắng mặt: {user}" in subjects(reader, "INBOX"))
    _, told = reader.fetch("*", "(BODY.PEEK[])")
    assert isinstance(told[0], tuple)
    answer: Any = message_from_bytes(told[0][1], policy=policy.default)
    assert ANSWER in answer.get_body(("plain",)).get_content()
    assert answer["Auto-Submitted"].startswith("auto-replied")

    mail.page.get_by_role("link", name=mail.words("awayChange")).click()
    mail.page.get_by_label(mail.words("setVacationUse")).uncheck()
    press(mail, "setSave", mail.page.get_by_role("main"))
    mail.told("setVacationOff")
    press(mail, "setBack")
    expect(mail.page.get_by_role("grid")).to_be_attached()
    expect(mail.page.get_by_text(mail.words("awayOn"))).to_have_count(0)


# --- folders and labels -----------------------------------------------------------


@pytest.mark.parametrize(("user", "language"), [("alice", "en"), ("bob", "vi")])
def test_folders(enter: Enter, server: Server, user: str, language: Language) -> None:
    mail = enter(user, language)
    main = settings(mail, "folders")
    for name in ("Khách hàng", "Đơn hàng"):
        fill(mail, "setNewFolder", name)
        press(mail, "setMake", group(mail, "setFoldersTitle"))
        mail.told("setFolderMade", name=name)
    fill(mail, "setNewFolder", "Đơn hàng")
    press(mail, "setMake", group(mail, "setFoldersTitle"))
    mail.told("setFolderExists")

    press_named(main, mail.words("setRename", name="Đơn hàng"))
    dialog = mail.dialog(mail.words("setRename", name="Đơn hàng"))
    dialog.get_by_label(mail.words("setFolderNewName")).fill("Đơn hàng cũ")
    dialog.get_by_label(mail.words("setInside")).select_option(label="Khách hàng")
    press(mail, "setSave", dialog)
    mail.told("setSaved")

    imap = server.imap(user)
    for number in range(3):
        kept = imap.append(encoded("Khách hàng/Đơn hàng cũ"), "", None, letter(f"Đơn {number}").as_bytes())
        assert kept[0] == "OK", kept
    press_named(main, mail.words("setRemove", name="Khách hàng"))
    press(mail, "setRemoveFolder", mail.page.get_by_role("dialog"))
    mail.told("setHasChildren")
    mail.page.reload()
    press_named(main, mail.words("setRemove", name="Đơn hàng cũ"))
    dialog = mail.page.get_by_role("dialog")
    expect(dialog).to_contain_text(mail.words("setRemoveFolderWhy", count=3))
    press(mail, "setRemoveFolder", dialog)
    mail.told("setFolderRemoved", name="Đơn hàng cũ")
    assert {f"Đơn {number}" for number in range(3)} <= set(subjects(imap, "Trash"))
    assert imap.select(encoded("Khách hàng/Đơn hàng cũ"))[0] == "NO"


def press_named(within: Locator, name: str) -> None:
    within.get_by_role("button", name=name, exact=True).click()


def test_labels(enter: Enter) -> None:
    mail = enter("alice", "vi", width=390)
    settings(mail, "folders")
    fill(mail, "setNewLabel", "Việc gấp")
    press(mail, "setMake", group(mail, "setLabelsTitle"))
    labels = group(mail, "setLabelsTitle").get_by_role("listitem")
    expect(labels).to_have_count(1)
    labels.get_by_label(mail.words("setLabelName")).fill("Rất gấp")
    labels.get_by_label(mail.words("setLabelName")).press("Tab")
    with kept(mail, '"color":4'):
        labels.get_by_label(mail.words("setLabelColour")).select_option(label=mail.words("setRed"))
    mail.page.goto(f"{mail.base}/mail/inbox")
    with mail.folders() as folders:
        expect(folders.get_by_role("link", name="Rất gấp")).to_be_visible()


# --- security ---------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "vi"])
def test_what_is_tried_first_is_no_new_password(enter: Enter, server: Server, language: Language) -> None:
    mail = enter("user3", language)
    settings(mail, "security")
    change = group(mail, "setPassword")
    meter = change.get_by_role("meter", name=mail.words("setStrength"))
    for password, level, words in (
        ("ngắn", "0", "setStrengthShort"),
        ("Mật khẩu 123", "0", "setStrengthCommon"),
        ("demo.test 2026", "0", "setStrengthName"),
        ("1qaz2wsx", "0", "setStrengthSimple"),
        (NEXT_PASSWORD, "2", "setStrengthFair"),
        ("ba con mèo ngủ trên mái ngói", "4", "setStrengthStrong"),
    ):
        fill(mail, "setNew", password, change)
        expect(meter).to_have_attribute("aria-valuenow", level)
        expect(change.locator("[aria-live]")).to_have_text(mail.words(words))

    fill(mail, "setCurrent", server.password, change)
    for field in ("setNew", "setAgain"):
        fill(mail, field, "anhyeuem2026", change)
    press(mail, "setChangePassword", change)
    expect(change.get_by_role("alert")).to_have_text(mail.words("setWeakPassword"))
    assert not refused(server, "user3", server.password)


def test_a_new_password_ends_the_others(enter: Enter, server: Server) -> None:
    mail, other = enter("user1"), enter("user1", "vi")
    other.guard.expect("status of 401")
    settings(mail, "security")
    change = group(mail, "setPassword")
    fill(mail, "setCurrent", "not it", change)
    fill(mail, "setNew", NEXT_PASSWORD, change)
    fill(mail, "setAgain", f"{NEXT_PASSWORD}!", change)
    press(mail, "setChangePassword", change)
    expect(change.get_by_role("alert")).to_have_text(mail.words("setNotEqual"))
    fill(mail, "setAgain", NEXT_PASSWORD, change)
    press(mail, "setChangePassword", change)
    expect(change.get_by_role("alert")).to_have_text(mail.words("setWrongPassword"))
    fill(mail, "setCurrent", server.password, change)
    press(mail, "setChangePassword", change)
    mail.told("setPasswordChanged")

    assert refused(server, "user1", server.password)
    server.imap("user1", NEXT_PASSWORD).logout()
    other.page.goto(f"{other.base}/mail/inbox")
    expect(other.page.get_by_label(other.words("loginName"))).to_be_visible()
    # This one goes on.
    mail.page.goto(f"{mail.base}/mail/inbox")
    expect(mail.page.get_by_role("grid")).to_be_attached()


def test_a_browser_is_logged_out_from_another(enter: Enter) -> None:
    mail, other = enter("alice"), enter("alice", "vi", width=390)
    other.guard.expect("status of 401")
    settings(mail, "security")
    sessions = group(mail, "setSessions")
    expect(sessions.get_by_text(mail.words("setThisDevice"))).to_have_count(1)
    others = sessions.get_by_role("listitem").filter(has_not_text=mail.words("setThisDevice"))
    expect(others).not_to_have_count(0)
    # Those of the tests before are there too.
    for left in reversed(range(others.count())):
        press_named(others.first, "End")
        expect(others).to_have_count(left)
    mail.told("setEnded", count=1)
    expect(other.page.get_by_text(other.words("sessionEnded"))).to_be_visible()


@pytest.mark.parametrize(("user", "language"), [("alice", "en"), ("bob", "vi")])
def test_second_factor_and_app_passwords(enter: Enter, server: Server, user: str, language: Language) -> None:
    mail = enter(user, language)
    settings(mail, "security")
    factor = group(mail, "setFactor")
    press(mail, "setFactorTurnOn", factor)
    fill(mail, "setCurrent", server.password, factor)
    press(mail, "setContinue", factor)
    expect(factor.get_by_role("img", name=mail.words("setQr"))).to_be_visible()
    totp = pyotp.TOTP(factor.locator("code").inner_text())
    fill(mail, "setCode", "000000", factor)
    press(mail, "setContinue", factor)
    expect(factor.get_by_role("alert")).to_have_text(mail.words("setWrongCode"))
    fill(mail, "setCode", totp.now(), factor)
    press(mail, "setContinue", factor)
    expect(factor.locator(".codes li").first).to_be_visible()
    codes = factor.locator(".codes li").all_inner_texts()
    assert len(codes) >= 8
    with mail.page.expect_download() as saved:
        press(mail, "setSaveFile", factor)
    assert all(code in saved.value.path().read_text() for code in codes)
    press(mail, "setDone", factor)
    expect(factor).to_contain_text(mail.words("setFactorOn"))

    # The password alone opens nothing but the door to the code.
    assert refused(server, user, server.password)
    secret = app_password(mail, server)
    server.imap(user, secret).logout()
    log_out(mail)
    mail.guard.expect("status of 401")
    # What was used cannot be used again: the code of the half minute to come is taken already.
    log_in_with(mail, server, totp.at(int(time.time()) + 30))
    log_out(mail)
    log_in_with(mail, server, codes[0], is_recovery=True)

    settings(mail, "security")
    expect(group(mail, "setFactor")).to_contain_text(mail.words("setCodesLeft", count=len(codes) - 1))
    press_named(mail.page.get_by_role("main"), mail.words("setRevoke", name="Thunderbird"))
    mail.told("setRevoked", name="Thunderbird")
    assert refused(server, user, secret)
    history = group(mail, "setSignIns")
    expect(history).to_contain_text(f"{mail.words('setTriedOther')} · IMAP")
    expect(history).to_contain_text(f"{mail.words('setLoggedIn')} · Chrome")

    factor = group(mail, "setFactor")
    press(mail, "setFactorTurnOff", factor)
    fill(mail, "setCurrent", server.password, factor)
    fill(mail, "setCode", codes[1], factor)
    press(mail, "setFactorTurnOff", factor)
    mail.told("setFactorOffDone")
    server.imap(user).logout()


def app_password(mail: Webmail, server: Server) -> str:
    press(mail, "setMakeAppPassword")
    dialog = mail.dialog(mail.words("setMakeAppPassword"))
    fill(mail, "setProgram", "Thunderbird", dialog)
    fill(mail, "setCurrent", server.password, dialog)
    press(mail, "setMake", dialog)
    shown = mail.dialog(mail.words("setAppPasswordMade"))
    secret = shown.locator("code").inner_text()
    press(mail, "setDone", shown)
    return secret


def log_out(mail: Webmail) -> None:
    mail.page.goto(f"{mail.base}/mail/inbox")
    menu = mail.page.get_by_role(
        "button", name=mail.words("accountMenu", name=f"{mail.variant.user}@demo.test")
    )
    mail.choose(menu, "logOut")
    expect(mail.page.get_by_label(mail.words("loginName"))).to_be_visible()


def log_in_with(mail: Webmail, server: Server, code: str, *, is_recovery: bool = False) -> None:
    mail.log_in(server.password)
    field = mail.page.get_by_label(mail.words("code"), exact=True)
    expect(field).to_be_focused()
    if is_recovery:
        press(mail, "useRecovery")
        field = mail.page.get_by_label(mail.words("recoveryCode"), exact=True)
    field.fill(code)
    field.press("Enter")
    expect(mail.page.get_by_role("grid")).to_be_attached()


# --- the rest ---------------------------------------------------------------------


def test_devices_tell_the_true_ports(enter: Enter, server: Server) -> None:
    mail = enter("alice")
    main = settings(mail, "devices")
    for protocol, name in (("IMAP", "imaps"), ("SMTP", "submissions"), ("POP3", "pop3s")):
        expect(main).to_contain_text(f"{protocol} · {server.port(name)} · TLS")
