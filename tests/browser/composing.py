"""A person who writes: the composer in every test, by the words that are on the screen."""

import email
import email.policy
import re
from email.message import EmailMessage

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from browser.conftest import VARIANTS
from browser.webmail import Webmail
from harness import Server, eventually
from jmap_client import JmapClient

on_a_desk = pytest.mark.parametrize("variant", VARIANTS[:1], ids=lambda one: one.name, indirect=True)
in_both_languages = pytest.mark.parametrize("variant", VARIANTS[:2], ids=lambda one: one.name, indirect=True)
on_both_screens = pytest.mark.parametrize(
    "variant", (VARIANTS[0], VARIANTS[3]), ids=lambda one: one.name, indirect=True
)
TO = "user5@demo.test"


class Composer:
    """The message that is being written on a page."""

    def __init__(self, mail: Webmail, page: Page | None = None) -> None:
        self.mail = mail
        self.page = page or mail.page
        self.words = mail.words

    # --- open and closed -----------------------------------------------------------

    def go(self, path: str = "/compose/new") -> "Composer":
        self.page.goto(self.mail.base + path)
        return self.opened()

    def opened(self) -> "Composer":
        expect(self.body).to_be_visible()
        return self

    @property
    def root(self) -> Locator:
        return self.page.locator(".composer")

    def button(self, key: str, **values: object) -> Locator:
        return self.root.get_by_role("button", name=self.words(key, **values), exact=True)

    def close(self) -> None:
        self.button("composeClose").click()
        expect(self.root).to_be_hidden()

    # --- what is written -----------------------------------------------------------

    def field(self, key: str = "composeTo") -> Locator:
        return self.root.get_by_role("combobox", name=self.words(key), exact=True)

    def chips(self, key: str = "composeTo") -> Locator:
        return self.root.get_by_role("list", name=self.words(key), exact=True).get_by_role("listitem")

    @property
    def subject(self) -> Locator:
        return self.root.get_by_label(self.words("composeSubject"), exact=True)

    @property
    def body(self) -> Locator:
        return self.root.get_by_role("textbox", name=self.words("composeBody"), exact=True)

    @property
    def files(self) -> Locator:
        return self.root.get_by_role("list", name=self.words("composeAttachments")).get_by_role("listitem")

    def tool(self, key: str) -> Locator:
        return self.root.get_by_role("toolbar").get_by_role("button", name=self.words(key), exact=True)

    def write(self, to: str, subject: str, text: str) -> None:
        """A whole message, by the keyboard."""
        self.field().fill(to)
        self.field().press("Enter")
        self.subject.fill(subject)
        self.body.focus()
        self.page.keyboard.type(text)

    def attach(self, *files: tuple[str, str, bytes]) -> None:
        chosen = [{"name": name, "mimeType": kind, "buffer": data} for name, kind, data in files]
        self.root.locator("input[type=file]").set_input_files(chosen)  # type: ignore[arg-type]

    def choose(self, key: str) -> None:
        """An item of the menu with more."""
        self.button("composeMore").click()
        self.page.get_by_role("menu").get_by_text(self.words(key), exact=True).click()

    def drop(self, target: Locator, name: str, kind: str, data: bytes, event: str = "drop") -> None:
        """A file from the computer, dropped or pasted there."""
        target.evaluate(
            """(element, [name, type, bytes, event]) => {
                const carried = new DataTransfer();
                carried.items.add(new File([new Uint8Array(bytes)], name, { type }));
                const told = { bubbles: true, cancelable: true };
                element.dispatchEvent(event === "drop"
                    ? new DragEvent("drop", { ...told, dataTransfer: carried })
                    : new ClipboardEvent("paste", { ...told, clipboardData: carried }));
            }""",
            [name, kind, list(data), event],
        )

    # --- saved and sent ------------------------------------------------------------

    @property
    def status(self) -> Locator:
        return self.root.locator(".status")

    def saved(self) -> str:
        """Wait until everything is on the server; the id of the copy."""
        before = re.escape(self.words("composeSavedAt", time="§")).replace("§", ".+")
        expect(self.status).to_have_text(re.compile(before))
        return self.page.url.rsplit("/", 1)[1]

    def saved_or_new(self) -> None:
        """Nothing waits to be saved."""
        expect(self.status).to_have_text("")

    def discard(self) -> None:
        self.button("composeDiscard").click()
        self.question("composeDiscardTitle").get_by_role("button", name=self.words("composeDiscard")).click()
        expect(self.root).to_be_hidden()

    def lose(self, method: str) -> None:
        """The answer to the next request with this method: it is carried out, but nobody is told."""

        def carry(route: Route) -> None:
            if f'"{method}"' not in (route.request.post_data or ""):
                return route.fallback()
            if lost:
                return route.fallback()
            lost.append(method)
            route.fetch()
            return route.abort()

        lost: list[str] = []
        self.page.route("**/jmap/api", carry)

    def send(self) -> None:
        self.button("composeSend").click()

    def sent(self) -> None:
        self.send()
        expect(self.root).to_be_hidden()
        self.mail.told("composeSent")

    @property
    def trouble(self) -> Locator:
        return self.root.locator(".failure")

    def question(self, key: str = "composeAskTitle") -> Locator:
        return self.page.get_by_role("dialog", name=self.words(key), exact=True)


def can_undo(server: Server, user: str, seconds: int) -> None:
    """How long the account's mail can be taken back; the next page that is loaded knows it."""
    JmapClient(server, user).call("Preferences/set", update={"singleton": {"undoSendSeconds": seconds}})


def found(server: Server, user: str, folder: str, subject: str) -> list[EmailMessage]:
    """Messages with a subject, by IMAP."""
    imap = server.imap(user)
    imap.select(folder, readonly=True)
    numbers = imap.search(None, "ALL")[1][0].decode().replace(" ", ",")
    told = imap.fetch(numbers, "(BODY.PEEK[])")[1] if numbers else []
    imap.logout()
    read = [
        email.message_from_bytes(one[1], policy=email.policy.default)
        for one in told
        if isinstance(one, tuple)
    ]
    return [one for one in read if isinstance(one, EmailMessage) and one["Subject"] == subject]


def arrived(server: Server, user: str, subject: str) -> EmailMessage:
    """The one message with this subject that has come in."""
    (one,) = eventually(lambda: found(server, user, "INBOX", subject), 30.0)
    return one


def text_of(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None, message.as_string()[:2000]
    return str(part.get_content()).replace("\r\n", "\n")
