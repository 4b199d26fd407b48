"""Every screen of the webmail and every state of one that looks different, reached as a person does."""

import re
from collections.abc import Callable
from typing import Final

from playwright.sync_api import expect

from browser.correspondence import ENCLOSING, FILES, INVOICE, NEWSLETTER, REPORT, WELCOME
from browser.webmail import Webmail

Reach = Callable[[Webmail], None]
SECTIONS: Final = (
    "general",
    "reading",
    "writing",
    "people",
    "vacation",
    "folders",
    "security",
    "storage",
    "devices",
    "about",
)
SCREENS: Final[dict[str, Reach]] = {}
LOGGED_OUT: Final = ("login", "login-wrong", "login-code", "login-recovery")


def screen(reach: Reach) -> Reach:
    SCREENS[reach.__name__.replace("_", "-")] = reach
    return reach


# --- logging in -------------------------------------------------------------------


@screen
def login(mail: Webmail) -> None:
    mail.page.goto(f"{mail.base}/login")
    expect(mail.page.get_by_label(mail.words("password"))).to_be_visible()


@screen
def login_wrong(mail: Webmail) -> None:
    login(mail)
    mail.guard.expect("status of 401")
    mail.log_in("not this one")
    expect(mail.page.get_by_role("alert")).to_contain_text(mail.words("loginWrong"))


@screen
def login_code(mail: Webmail) -> None:
    """As the server answers when the account has a second factor."""
    mail.guard.expect("status of 401")
    mail.page.route("**/auth/login", lambda route: route.fulfill(status=401, json={"error": "code"}))
    login(mail)
    mail.log_in("right")
    expect(mail.page.get_by_label(mail.words("code"), exact=True)).to_be_focused()


@screen
def login_recovery(mail: Webmail) -> None:
    login_code(mail)
    mail.page.get_by_role("button", name=mail.words("useRecovery")).click()
    expect(mail.page.get_by_label(mail.words("recoveryCode"), exact=True)).to_be_focused()


# --- lists ------------------------------------------------------------------------


@screen
def inbox(mail: Webmail) -> None:
    mail.go()
    expect(mail.row(WELCOME)).to_be_visible()


@screen
def empty_folder(mail: Webmail) -> None:
    mail.page.goto(f"{mail.base}/mail/archive")
    expect(mail.page.get_by_text(mail.words("emptyFolderNote"))).to_be_visible()


@screen
def missing_page(mail: Webmail) -> None:
    """An address of the webmail that leads nowhere; any other the server refuses by itself."""
    mail.page.goto(f"{mail.base}/mail/inbox/nowhere")
    expect(mail.page.get_by_text(mail.words("pageMissing"))).to_be_visible()


@screen
def chosen_rows(mail: Webmail) -> None:
    inbox(mail)
    mail.pick(INVOICE)
    mail.pick(WELCOME)
    expect(mail.page.get_by_role("toolbar", name=mail.words("chosenActions"))).to_be_visible()


@screen
def found(mail: Webmail) -> None:
    mail.page.goto(f"{mail.base}/mail/search?q=bao%20cao")
    expect(mail.row(REPORT).first).to_be_visible()


@screen
def found_nothing(mail: Webmail) -> None:
    mail.page.goto(f"{mail.base}/mail/search?q=from:nobody%20zxcvb")
    expect(mail.page.get_by_text(mail.words("emptySearch"), exact=True)).to_be_visible()


@screen
def suggestions(mail: Webmail) -> None:
    inbox(mail)
    mail.page.get_by_role("combobox", name=mail.words("searchMail")).press_sequentially("is:")
    expect(mail.page.get_by_role("option").first).to_be_visible()


@screen
def account_menu(mail: Webmail) -> None:
    inbox(mail)
    name = mail.words("accountMenu", name=f"{mail.variant.user}@demo.test")
    mail.page.get_by_role("button", name=name).click()
    expect(mail.page.get_by_role("menu")).to_be_visible()


@screen
def view_menu(mail: Webmail) -> None:
    inbox(mail)
    mail.page.get_by_role("button", name=mail.words("viewOptions")).click()
    expect(mail.page.get_by_role("menu")).to_be_visible()


@screen
def notice(mail: Webmail) -> None:
    inbox(mail)
    mail.row(WELCOME).locator(".star").click()
    mail.told("starred")


@screen
def offline(mail: Webmail) -> None:
    inbox(mail)
    mail.guard.expect("ERR_INTERNET_DISCONNECTED|ERR_FAILED")
    mail.page.context.set_offline(True)
    mail.row(WELCOME).locator(".star").click()
    expect(mail.page.get_by_text(mail.words("offline"))).to_be_visible()


@screen
def offline_start(mail: Webmail) -> None:
    inbox(mail)
    mail.page.evaluate("navigator.serviceWorker.ready")
    mail.guard.expect("ERR_INTERNET_DISCONNECTED|ERR_FAILED")
    mail.page.context.set_offline(True)
    mail.page.goto(f"{mail.base}/mail/inbox")
    expect(mail.page.get_by_role("heading", name=mail.words("offlineTitle"))).to_be_visible()


@screen
def help_dialog(mail: Webmail) -> None:
    inbox(mail)
    mail.page.keyboard.press("?")
    expect(mail.dialog(mail.words("shortcuts"))).to_be_visible()


@screen
def move_dialog(mail: Webmail) -> None:
    chosen_rows(mail)
    mail.page.keyboard.press("v")
    expect(mail.dialog(mail.words("moveTo"))).to_be_visible()


@screen
def label_dialog(mail: Webmail) -> None:
    chosen_rows(mail)
    mail.page.keyboard.press("l")
    expect(mail.dialog(mail.words("label"))).to_be_visible()


@screen
def jump_dialog(mail: Webmail) -> None:
    inbox(mail)
    mail.page.keyboard.press("g")
    mail.page.keyboard.press("o")
    expect(mail.dialog(mail.words("jumpToDate"))).to_be_visible()


@screen
def go_dialog(mail: Webmail) -> None:
    inbox(mail)
    mail.page.keyboard.press("g")
    mail.page.keyboard.press("f")
    expect(mail.dialog(mail.words("goTo"))).to_be_visible()


@screen
def drawer(mail: Webmail) -> None:
    """The folders drawn out over the list, where there is no room beside it."""
    inbox(mail)
    if mail.variant.is_phone:
        mail.page.get_by_role("button", name=mail.words("folders"), exact=True).first.click()
    expect(mail.page.get_by_role("navigation", name=mail.words("folders"))).to_be_visible()


# --- conversations ----------------------------------------------------------------


@screen
def conversation(mail: Webmail) -> None:
    inbox(mail)
    mail.read(f"Re: {REPORT}")


@screen
def message_with_images(mail: Webmail) -> None:
    inbox(mail)
    mail.read(INVOICE)
    expect(mail.reader.get_by_text(mail.words("readerImagesHidden"))).to_be_visible()
    mail.reader.get_by_role("button", name=re.compile(re.escape(mail.words("readerDetails")))).click()
    expect(mail.reader.get_by_text(mail.words("readerChecks"), exact=True)).to_be_visible()


@screen
def message_with_files(mail: Webmail) -> None:
    inbox(mail)
    mail.read(FILES)
    expect(mail.reader.get_by_text("album.pdf.exe")).to_be_visible()


@screen
def message_of_a_list(mail: Webmail) -> None:
    inbox(mail)
    mail.read(NEWSLETTER)
    expect(mail.reader.get_by_text(mail.words("readerMailingList"))).to_be_visible()


@screen
def message_menu(mail: Webmail) -> None:
    message_of_a_list(mail)
    mail.messages.last.get_by_role("button", name=mail.words("readerMore")).click()
    expect(mail.page.get_by_role("menu")).to_be_visible()


@screen
def folders_found(mail: Webmail) -> None:
    """Where to move what is read: found by typing, each with the folders around it."""
    message_of_a_list(mail)
    mail.tool("readerMove").click()
    dialog = mail.dialog(mail.words("moveTo"))
    dialog.get_by_role("combobox").press_sequentially("bo cau")
    expect(dialog.get_by_role("option")).to_have_count(1)


@screen
def source(mail: Webmail) -> None:
    message_of_a_list(mail)
    more = mail.messages.last.get_by_role("button", name=mail.words("readerMore"))
    mail.choose(more, "readerSource")
    expect(mail.dialog(mail.words("readerSource")).get_by_text("List-Id:")).to_be_visible()


@screen
def enclosed_message(mail: Webmail) -> None:
    inbox(mail)
    mail.read(ENCLOSING)
    mail.reader.locator("article.open li").get_by_role("button").first.click()
    expect(mail.page.get_by_role("dialog").locator("iframe")).to_be_visible()


# --- writing ----------------------------------------------------------------------


@screen
def composer(mail: Webmail) -> None:
    mail.page.goto(f"{mail.base}/compose/new?to=bob@demo.test&subject=Ch%C3%A0o")
    expect(mail.page.get_by_role("textbox", name=mail.words("composeBody"))).to_be_visible()


@screen
def composer_refuses(mail: Webmail) -> None:
    mail.page.goto(f"{mail.base}/compose/new?to=nobody-at-all&subject=Ch%C3%A0o")
    expect(mail.page.get_by_role("textbox", name=mail.words("composeBody"))).to_be_visible()
    mail.page.get_by_role("button", name=mail.words("composeSend"), exact=True).click()
    expect(mail.page.get_by_role("dialog").get_by_role("alert").last).to_be_visible()


@screen
def composer_asks(mail: Webmail) -> None:
    mail.page.goto(f"{mail.base}/compose/new?to=bob@demo.test")
    expect(mail.page.get_by_role("textbox", name=mail.words("composeBody"))).to_be_visible()
    mail.page.get_by_role("button", name=mail.words("composeSend"), exact=True).click()
    expect(mail.dialog(mail.words("composeAskTitle"))).to_be_visible()


@screen
def schedule(mail: Webmail) -> None:
    composer(mail)
    mail.page.get_by_role("button", name=mail.words("composeSchedule")).click()
    expect(mail.dialog(mail.words("composeSchedule"))).to_be_visible()


@screen
def reply(mail: Webmail) -> None:
    message_with_files(mail)
    mail.reader.get_by_role("button", name=mail.words("readerReply"), exact=True).last.click()
    expect(mail.page.get_by_role("textbox", name=mail.words("composeBody"))).to_be_visible()


# --- settings ---------------------------------------------------------------------


def _section(name: str) -> Reach:
    def reach(mail: Webmail) -> None:
        mail.page.goto(f"{mail.base}/settings/{name}")
        expect(mail.page.get_by_role("main").get_by_role("heading", level=3).first).to_be_visible()
        expect(mail.page.get_by_role("main").get_by_text(mail.words("loading"))).to_have_count(0)

    return reach


SCREENS.update({f"settings-{name}": _section(name) for name in SECTIONS})


@screen
def settings_sections(mail: Webmail) -> None:
    mail.page.goto(f"{mail.base}/settings")
    expect(mail.page.get_by_role("navigation", name=mail.words("settings"))).to_be_visible()


@screen
def settings_signature(mail: Webmail) -> None:
    SCREENS["settings-writing"](mail)
    mail.page.get_by_role("button", name=mail.words("setSignatureAdd")).first.click()
    expect(mail.page.get_by_role("textbox", name=mail.words("setSignature"))).to_be_focused()
    mail.page.keyboard.type("Đỗ Hữu Ước")
    expect(mail.page.get_by_role("figure")).to_be_visible()


@screen
def settings_new_password(mail: Webmail) -> None:
    SCREENS["settings-security"](mail)
    mail.page.get_by_label(mail.words("setNew"), exact=True).fill("bốn mùa tre xanh")
    expect(mail.page.get_by_role("meter")).to_have_attribute("aria-valuetext", mail.words("setStrengthFair"))


@screen
def settings_new_app_password(mail: Webmail) -> None:
    SCREENS["settings-security"](mail)
    mail.page.get_by_role("button", name=mail.words("setMakeAppPassword")).click()
    expect(mail.dialog(mail.words("setMakeAppPassword"))).to_be_visible()


@screen
def settings_second_factor(mail: Webmail) -> None:
    SCREENS["settings-security"](mail)
    mail.page.get_by_role("button", name=mail.words("setFactorTurnOn")).click()
    expect(mail.page.get_by_role("button", name=mail.words("setContinue"))).to_be_visible()
