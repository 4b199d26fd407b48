"""Signatures: written as messages are, sent as they were shown, exchanged with the address."""

from base64 import b64decode
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from browser.composing import TO, Composer, arrived, can_undo, in_both_languages, on_a_desk, text_of
from browser.webmail import Webmail
from harness import Server
from jmap_client import JmapClient

BLUE = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAABgAAAAYCAIAAABvFaqvAAAAH0lEQVR42mPgDr9AFcQwatCoQaMGjRo0"
    "atCoQQNvEADLhrCfvp5Y8wAAAABJRU5ErkJggg=="
)
LOGO = {"name": "logo.png", "mimeType": "image/png", "buffer": BLUE}


@pytest.fixture
def client(mail: Webmail, server: Server) -> Iterator[JmapClient]:
    """The account's identities are afterwards as they were."""
    can_undo(server, mail.variant.user, 0)
    client = JmapClient(server, mail.variant.user)
    yield client
    bare = {"textSignature": "", "htmlSignature": ""}
    ids = [one["id"] for one in client.call("Identity/get", ids=None)["list"]]
    client.call("Identity/set", update={one: bare for one in ids})


class Signature:
    """The form of the account's own address."""

    def __init__(self, mail: Webmail) -> None:
        self.mail = mail
        mail.page.goto(f"{mail.base}/settings/writing")
        name = f"{mail.variant.user}@demo.test"
        self.form = mail.page.get_by_role("region", name=name, exact=True)

    def press(self, key: str) -> None:
        self.form.get_by_role("button", name=self.mail.words(key), exact=True).click()

    def edit(self, key: str) -> None:
        self.press(key)
        expect(self.text).to_be_focused()

    @property
    def text(self) -> Locator:
        return self.form.get_by_role("textbox", name=self.mail.words("setSignature"), exact=True)

    @property
    def twin(self) -> Locator:
        return self.form.get_by_label(self.mail.words("setSignaturePlain"))

    @property
    def paper(self) -> Locator:
        return self.form.get_by_role("figure")

    def save(self) -> None:
        self.press("setSave")
        self.mail.told("setSaved")
        expect(self.text).to_have_count(0)


@in_both_languages
def test_it_is_written_as_a_message_is_and_sent_as_it_was_shown(
    mail: Webmail, client: JmapClient, server: Server
) -> None:
    form = Signature(mail)
    form.edit("setSignatureAdd")
    form.press("composeBold")
    mail.page.keyboard.type("Đỗ Hữu Ước")
    form.press("composeBold")
    mail.page.keyboard.press("Enter")
    mail.page.keyboard.type("Phòng kế toán")
    expect(form.paper.locator("b")).to_have_text("Đỗ Hữu Ước")
    expect(form.twin).to_have_value("Đỗ Hữu Ước\nPhòng kế toán")
    form.form.locator("input[type=file]").set_input_files(LOGO)  # type: ignore[arg-type]
    expect(form.paper.locator("img")).to_have_count(1)
    expect(form.twin).to_have_value("Đỗ Hữu Ước\nPhòng kế toán")
    form.save()
    expect(form.paper.locator("img")).to_have_count(1)

    writing = Composer(mail).go()
    expect(writing.body.locator(".bocau-signature b")).to_have_text("Đỗ Hữu Ước")
    subject = f"Signed {mail.variant.name}"
    writing.write(TO, subject, "Chào")
    writing.saved()
    writing.page.reload()
    expect(writing.body.locator("img")).to_have_count(1)
    writing.sent()
    got = arrived(server, "user5", subject)
    (logo,) = [part for part in got.walk() if part.get_content_type() == "image/png"]
    html = text_of(got, "html")
    assert logo.get_content() == BLUE and "data:" not in html
    assert f"cid:{logo['Content-ID'].strip('<>')}" in html
    assert "<b>Đỗ Hữu Ước</b>" in html and "-- \nĐỗ Hữu Ước\nPhòng kế toán" in text_of(got, "plain")


@on_a_desk
def test_its_twin_in_plain_text_is_ones_own(mail: Webmail, client: JmapClient) -> None:
    form = Signature(mail)
    form.edit("setSignatureAdd")
    mail.page.keyboard.type("Lan")
    form.twin.fill("Lan, by hand")
    form.text.focus()
    mail.page.keyboard.press("End")
    mail.page.keyboard.type(" Trần")
    expect(form.twin).to_have_value("Lan, by hand")
    form.save()
    (kept,) = [one for one in client.call("Identity/get", ids=None)["list"] if one["textSignature"]]
    assert kept["textSignature"] == "Lan, by hand" and "Lan Trần" in kept["htmlSignature"]

    writing = Composer(mail).go()
    expect(writing.body).to_contain_text("Lan Trần")
    writing.choose("composePlain")
    expect(writing.body).to_have_value("\n\n-- \nLan, by hand")
    writing.choose("composeRich")
    expect(writing.body.locator(".bocau-signature")).to_contain_text("Lan Trần")

    form = Signature(mail)
    form.edit("setSignatureEdit")
    form.press("setSignatureFollow")
    expect(form.twin).to_have_value("Lan Trần")


@on_a_desk
def test_of_a_plain_message_the_logo_is_no_attachment(mail: Webmail, client: JmapClient) -> None:
    form = Signature(mail)
    form.edit("setSignatureAdd")
    mail.page.keyboard.type("Lan")
    form.form.locator("input[type=file]").set_input_files(LOGO)  # type: ignore[arg-type]
    expect(form.paper.locator("img")).to_have_count(1)
    form.save()
    writing = Composer(mail).go()
    writing.write(TO, "plain", "Chào")
    writing.saved()
    writing.choose("composePlain")
    expect(writing.files).to_have_count(0)
    writing.discard()


@on_a_desk
def test_another_address_brings_its_own_and_leaves_nothing_of_the_former(
    mail: Webmail, client: JmapClient
) -> None:
    own = client.call("Identity/get", ids=None)["list"][0]
    first = {"textSignature": "Một", "htmlSignature": '<b style="color:#b3261e">Một</b>'}
    client.call("Identity/set", update={own["id"]: first})
    second = {"name": "Two", "email": own["email"], "textSignature": "Hai", "htmlSignature": "<i>Hai</i>"}
    made = client.call("Identity/set", create={"two": second})["created"]["two"]["id"]
    try:
        writing = Composer(mail).go()
        signature = writing.body.locator(".bocau-signature")
        expect(signature).to_have_count(1)
        sender = writing.root.get_by_label(mail.words("composeFrom"))
        sender.select_option(made)
        expect(signature.locator("i")).to_have_text("Hai")
        expect(writing.body).not_to_contain_text("Một")
        writing.choose("composePlain")
        sender.select_option(own["id"])
        expect(writing.body).to_have_value("\n\n-- \nMột")
        writing.close()
    finally:
        client.call("Identity/set", destroy=[made])


@on_a_desk
def test_one_of_another_program_is_cleaned_before_it_is_shown(mail: Webmail, client: JmapClient) -> None:
    """Nothing loads (the guard sees it), and saving other things leaves it as it is."""
    # Of the document that is only read: nothing of it is shown.
    mail.guard.expect("Executing inline event handler violates")
    hostile = '<img src="https://evil.test/x.png" alt="logo"><b onclick="x()">Lan</b><script>x()</script>'
    own = client.call("Identity/get", ids=None)["list"][0]["id"]
    client.call("Identity/set", update={own: {"htmlSignature": hostile}})
    form = Signature(mail)
    expect(form.paper).to_contain_text("logoLan")
    assert form.paper.locator("[onclick], img, script").count() == 0
    form.edit("setSignatureEdit")
    expect(form.text).to_contain_text("logoLan")
    assert form.text.locator("[onclick], img, script").count() == 0
    form.press("setSave")
    mail.told("setSaved")
    assert client.call("Identity/get", ids=[own])["list"][0]["htmlSignature"] == hostile
