"""Writing and sending: what a person writes is what the other side gets."""

import re
import time
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from playwright.sync_api import expect

from browser import correspondence as seed
from browser.composing import (
    TO,
    Composer,
    arrived,
    can_undo,
    found,
    in_both_languages,
    on_a_desk,
    on_both_screens,
    text_of,
)
from browser.correspondence import written
from browser.guards import overflow
from browser.webmail import Webmail
from harness import Server, eventually
from jmap_client import JmapClient


def test_written_sent_and_taken_back(mail: Webmail, server: Server) -> None:
    """The notice goes along to other places; what comes back is what was written."""
    can_undo(server, mail.variant.user, 10)
    mail.go()
    mail.page.keyboard.press("c")
    writing = Composer(mail).opened()
    subject = f"Chào {mail.variant.name}"
    writing.write(TO, subject, "Xin chào Hà,\nhẹn gặp bạn!")
    expect(writing.chips()).to_have_count(1)
    assert overflow(mail.page) <= 0
    writing.sent()
    mail.open_folder(mail.words("sent"))
    expect(mail.row(subject).first).to_be_visible()
    mail.toasts.get_by_role("button", name=mail.words("undo")).click()
    writing.opened()
    expect(writing.subject).to_have_value(subject)
    expect(writing.chips()).to_contain_text([TO])
    assert writing.body.inner_text().strip() == "Xin chào Hà,\nhẹn gặp bạn!"
    can_undo(server, mail.variant.user, 0)
    writing.saved_or_new()
    mail.page.reload()
    writing.opened().body.click()
    mail.page.keyboard.press("Control+End")
    mail.page.keyboard.type(" :)")
    mail.page.keyboard.press("Control+Enter")
    expect(writing.root).to_be_hidden()
    got = arrived(server, "user5", subject)
    assert text_of(got, "plain").strip() == "Xin chào Hà,\nhẹn gặp bạn! :)"
    assert "<div>Xin chào Hà,</div>" in text_of(got, "html")


def pending(server: Server, mail: Webmail) -> list[str]:
    client = JmapClient(server, mail.variant.user)
    return list(client.call("EmailSubmission/query", filter={"undoStatus": "pending"})["ids"])


@on_a_desk
def test_formatted_text_arrives_in_both_alternatives(mail: Webmail, server: Server) -> None:
    can_undo(server, mail.variant.user, 0)
    writing = Composer(mail).go()
    writing.write(TO, "Formats", "plain ")
    keyboard = mail.page.keyboard
    keyboard.press("Control+b")
    keyboard.type("bold")
    keyboard.press("Control+b")
    keyboard.press("Enter")
    keyboard.type("not bold")
    keyboard.press("Enter")
    writing.tool("composeBullets").click()
    keyboard.type("one")
    keyboard.press("Enter")
    keyboard.type("two")
    keyboard.press("Enter")
    keyboard.press("Enter")
    writing.tool("composeLink").click()
    expect(mail.page.get_by_label(mail.words("composeLinkAddress"))).to_be_focused()
    keyboard.type("example.com/a")
    keyboard.press("Enter")
    expect(writing.body.get_by_role("link")).to_have_attribute("href", "https://example.com/a")
    keyboard.press("Control+End")
    keyboard.press("Enter")
    keyboard.type("undone")
    keyboard.press("Control+z")
    expect(writing.body).not_to_contain_text("undone")
    keyboard.press("Control+y")
    expect(writing.body).to_contain_text("undone")
    for _ in "undone":
        keyboard.press("Shift+ArrowLeft")
    writing.root.get_by_role("toolbar").get_by_role("button", name=mail.words("composeColor")).click()
    mail.page.get_by_role("menuitem", name=mail.words("composeRed")).click()
    writing.tool("composeQuote").click()
    writing.sent()
    got = arrived(server, "user5", "Formats")
    html = text_of(got, "html")
    assert "<b>bold</b>" in html and "not bold" in html and "<li>" in html, html
    assert not re.search(r"<b>[^<]*not bold", html), html
    assert 'href="https://example.com/a"' in html and "color:#b3261e" in html, html
    assert "<blockquote style=" in html, html
    plain = text_of(got, "plain")
    assert plain.startswith("plain bold\nnot bold\n- one\n- two\n"), plain
    assert plain.rstrip().endswith("> undone"), plain


LAN_HERE = Address("Lan Trần", "user4", "demo.test")


def mail_of(mail: Webmail) -> Address:
    return Address("", mail.variant.user, "demo.test")


@on_both_screens
def test_recipients_become_chips(mail: Webmail, server: Server) -> None:
    known = written(mail_of(mail), LAN_HERE, "Chào Lan", "Chào.\n", time.time())
    with server.submission(mail.variant.user) as client:
        client.send_message(known)
    writing = Composer(mail).go()
    to = writing.field()
    to.press_sequentially("tran")
    option = mail.page.get_by_role("option", name=re.compile("Lan Trần"))
    expect(option).to_be_visible()
    to.press("ArrowDown")
    to.press("Enter")
    expect(writing.chips()).to_contain_text(["Lan Trần"])
    pasted = 'Bình <binh@congty.vn>, "Mai, Phạm" <mai@congty.vn>; hai@congty.vn\nba@congty.vn'
    to.evaluate(
        """(field, text) => {
            const carried = new DataTransfer();
            carried.setData("text/plain", text);
            const told = { clipboardData: carried, bubbles: true, cancelable: true };
            field.dispatchEvent(new ClipboardEvent("paste", told));
        }""",
        pasted,
    )
    expect(writing.chips()).to_contain_text(
        ["Lan Trần", "Bình", "Mai, Phạm", "hai@congty.vn", "ba@congty.vn"]
    )
    to.press("Backspace")
    expect(writing.chips()).to_have_count(4)
    to.press_sequentially("khong phai dia chi,")
    why = mail.words("composeBadAddress", address="khong phai dia chi")
    expect(writing.root.get_by_role("alert")).to_contain_text(why)
    writing.subject.fill("x")
    writing.send()
    expect(writing.trouble).to_contain_text("khong phai dia chi")
    to.press("ArrowLeft")
    mail.page.keyboard.press("Delete")
    expect(writing.chips()).to_have_count(4)
    expect(writing.root.get_by_role("alert")).to_have_count(0)
    assert overflow(mail.page) <= 0
    writing.discard()


@in_both_languages
def test_what_is_asked_before_sending(mail: Webmail, server: Server) -> None:
    can_undo(server, mail.variant.user, 0)
    writing = Composer(mail).go()
    writing.send()
    expect(writing.trouble).to_have_text(mail.words("composeNobody"))
    words = {"en": "see the attached file", "vi": "em gửi kèm theo bản vẽ"}[mail.variant.language]
    many = ", ".join(f"nguoi{number}@xa.example" for number in range(21))
    writing.field().fill(many)
    writing.field().press("Enter")
    expect(writing.root.get_by_text(mail.words("composeManyHint", count=21))).to_be_visible()
    writing.body.click()
    mail.page.keyboard.type(words)
    writing.send()
    for doubt in ("composeNoAttachment", "composeNoSubject", "composeManySee"):
        expect(writing.question()).to_contain_text(mail.words(doubt))
        if doubt != "composeManySee":
            writing.question().get_by_role("button", name=mail.words("composeSendAnyway")).click()
    writing.question().get_by_role("button", name=mail.words("composeGoOnWriting")).click()
    expect(writing.body).to_contain_text(words)
    writing.discard()


@on_a_desk
def test_files_go_along(mail: Webmail, server: Server) -> None:
    """By button, dropped, pasted; one is taken off, one is too large, a picture stays in the text."""
    can_undo(server, mail.variant.user, 0)
    writing = Composer(mail).go()
    writing.write(TO, "Files", "Xem ảnh: ")
    binary = bytes(range(256)) * 300
    writing.attach(("bản vẽ.bin", "application/octet-stream", binary), ("bỏ.txt", "text/plain", b"off"))
    expect(writing.files).to_have_count(2)
    writing.button("composeRemoveFile", name="bỏ.txt").click()
    writing.drop(writing.subject, "thả.txt", "text/plain", b"dropped")
    writing.drop(writing.body, "dán.pdf", "application/pdf", b"%PDF-", "paste")
    expect(writing.files).to_contain_text(["bản vẽ.bin", "thả.txt", "dán.pdf"])
    writing.body.click()
    mail.page.keyboard.press("Control+End")
    writing.drop(writing.body, "ảnh 1.png", "image/png", seed.PNG, "paste")
    writing.drop(writing.body, "ảnh 2.png", "image/png", seed.PNG)
    expect(writing.body.locator("img")).to_have_count(2)
    expect(writing.files).to_have_count(3)
    expect(writing.root.get_by_role("progressbar")).to_have_count(0)
    mail.page.evaluate("""Object.defineProperty(File.prototype, "size", { get: () => 9e9 })""")
    writing.attach(("lớn.iso", "application/octet-stream", b"x"))
    expect(writing.root.get_by_role("alert").filter(has_text="lớn.iso")).to_be_visible()
    writing.send()
    expect(writing.trouble).to_have_text(mail.words("composeFailedFiles"))
    writing.button("composeRemoveFile", name="lớn.iso").click()
    mail.page.keyboard.press("Control+Enter")
    expect(writing.root).to_be_hidden()
    got = arrived(server, "user5", "Files")
    files = {
        part.get_filename(): part.get_content() for part in got.iter_attachments() if part.get_filename()
    }
    assert (
        files["bản vẽ.bin"] == binary
        and files["thả.txt"].strip() == "dropped"
        and files["dán.pdf"] == b"%PDF-"
    )
    pictures = [part for part in got.walk() if part.get_content_type() == "image/png"]
    assert [part.get_filename() for part in pictures] == ["ảnh 1.png", "ảnh 2.png"]
    html = text_of(got, "html")
    for part in pictures:
        assert f"cid:{part['Content-ID'].strip('<>')}" in html, html
        assert part.get_content() == seed.PNG


@in_both_languages
def test_plain_text_and_signatures(mail: Webmail, server: Server) -> None:
    can_undo(server, mail.variant.user, 0)
    client = JmapClient(server, mail.variant.user)
    identity = client.call("Identity/get", ids=None)["list"][0]["id"]
    signature = {"textSignature": "Lê Hà\nPhòng kế toán", "htmlSignature": "<b>Lê Hà</b><br>Phòng kế toán"}
    client.call("Identity/set", update={identity: signature})
    writing = Composer(mail).go()
    expect(writing.body.locator("b")).to_have_text("Lê Hà")
    subject = f"Plain {mail.variant.name}"
    writing.write(TO, subject, "Dòng một <b> & hai")
    writing.choose("composePlain")
    expect(writing.body).to_have_value("Dòng một <b> & hai\n\n-- \nLê Hà\nPhòng kế toán")
    writing.choose("composeRich")
    expect(writing.body).to_contain_text("Dòng một <b> & hai")
    writing.choose("composePlain")
    writing.sent()
    got = arrived(server, "user5", subject)
    assert got.get_content_type() == "text/plain"
    assert text_of(got, "plain").rstrip() == "Dòng một <b> & hai\n\n-- \nLê Hà\nPhòng kế toán"
    client.call("Identity/set", update={identity: {"textSignature": "", "htmlSignature": ""}})


@on_a_desk
def test_answers_name_what_they_answer(mail: Webmail, server: Server) -> None:
    can_undo(server, mail.variant.user, 0)
    deliver_letter(server, mail)
    mail.go()
    mail.read("Thư có ảnh")
    mail.page.keyboard.press("a")
    writing = Composer(mail).opened()
    expect(writing.subject).to_have_value("Re: Thư có ảnh")
    expect(writing.chips()).to_contain_text(["user5@demo.test"])
    expect(writing.chips("composeCc")).to_contain_text(["user4@demo.test"])
    mail.page.keyboard.type("Cảm ơn!")
    writing.button("composeShowQuote").click()
    expect(writing.root.locator("iframe").content_frame.locator("body")).to_contain_text("Ảnh đây")
    writing.sent()
    got = arrived(server, "user5", "Re: Thư có ảnh")
    assert got["In-Reply-To"] == "<letter-2@far.example>"
    assert got["References"].split() == ["<letter-1@far.example>", "<letter-2@far.example>"]
    assert "script" not in text_of(got, "html") and "<blockquote" in text_of(got, "html")
    assert re.search(r"^Cảm ơn!\n\n?.*:\n(>.*\n)*> Ảnh đây", text_of(got, "plain"), re.M), text_of(
        got, "plain"
    )
    (picture,) = [part for part in got.walk() if part.get_content_type() == "image/png"]
    assert f"cid:{picture['Content-ID'].strip('<>')}" in text_of(got, "html")
    kept = JmapClient(server, mail.variant.user)
    ids = kept.call("Email/query", filter={"header": ["Message-ID", "letter-2@far.example"]})["ids"]
    assert "$answered" in kept.call("Email/get", ids=ids, properties=["keywords"])["list"][0]["keywords"]


@on_a_desk
def test_forwarded_files_are_the_same(mail: Webmail, server: Server) -> None:
    can_undo(server, mail.variant.user, 0)
    mail.go()
    mail.read(seed.FILES)
    mail.page.keyboard.press("f")
    writing = Composer(mail).opened()
    expect(writing.files).to_contain_text(["cầu Trường Tiền.png", "ghi chú.txt", "album.pdf.exe"])
    writing.field().fill(TO)
    writing.field().press("Enter")
    writing.sent()
    got = arrived(server, "user5", f"Fwd: {seed.FILES}")
    files = {part.get_filename(): part.get_payload(decode=True) for part in got.iter_attachments()}
    assert files["cầu Trường Tiền.png"] == seed.PNG and files["album.pdf.exe"] == b"MZ" * 50
    assert files["ghi chú.txt"].decode().replace("\r\n", "\n") == seed.NOTES
    assert got["In-Reply-To"] is None and seed.MAI.addr_spec in text_of(got, "plain")


def deliver_letter(server: Server, mail: Webmail) -> None:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Cc"] = TO, f"{mail.variant.user}@demo.test", "user4@demo.test"
    letter["Subject"], letter["Message-ID"] = (
        "Re: RE: Thư có ảnh".removeprefix("Re: RE: "),
        "<letter-2@far.example>",
    )
    letter["References"] = "<letter-1@far.example>"
    letter.set_content("Ảnh đây\n")
    letter.add_alternative('<p>Ảnh đây</p><script>bad()</script><img src="cid:anh@far">', subtype="html")
    html = letter.get_payload()[1]  # type: ignore[index]
    html.add_related(seed.PNG, maintype="image", subtype="png", cid="<anh@far>")  # type: ignore[union-attr,call-arg,arg-type]
    server.deliver(letter.as_bytes(policy=SMTP), mail.variant.user)


@on_a_desk
def test_links_begin_messages_without_files(mail: Webmail) -> None:
    writing = Composer(mail).go(
        "/compose/new?to=lan%40congty.vn&cc=a%40b.example&subject=Xin%20ch%C3%A0o"
        "&body=D%C3%B2ng%201%0AD%C3%B2ng%202&attach=/etc/passwd"
    )
    expect(writing.chips()).to_contain_text(["lan@congty.vn"])
    expect(writing.chips("composeCc")).to_contain_text(["a@b.example"])
    expect(writing.subject).to_have_value("Xin chào")
    assert writing.body.inner_text().strip().startswith("Dòng 1\nDòng 2")
    expect(writing.files).to_have_count(0)
    mail.page.keyboard.press("Escape")
    expect(writing.root).to_be_hidden()


@on_a_desk
def test_a_lost_answer_sends_nothing_twice(mail: Webmail, server: Server) -> None:
    can_undo(server, mail.variant.user, 0)
    mail.guard.expect(r"console: .*ERR_(FAILED|INTERNET)")
    writing = Composer(mail).go()
    writing.write(TO, "Once", "một lần")
    writing.saved()
    writing.lose("EmailSubmission/set")
    writing.send()
    expect(writing.trouble).to_have_text(mail.words("composeOffline"))
    expect(writing.body).to_contain_text("một lần")
    writing.sent()
    arrived(server, "user5", "Once")
    eventually(lambda: not pending(server, mail))
    assert len(found(server, "user5", "INBOX", "Once")) == 1


@on_a_desk
def test_what_the_server_refuses_stays(mail: Webmail, server: Server) -> None:
    writing = Composer(mail).go()
    writing.write("nobody@demo.test", "Nobody", "chữ vẫn còn")
    writing.send()
    expect(writing.trouble).to_have_text(mail.words("composeBadRecipients", addresses="nobody@demo.test"))
    expect(writing.body).to_contain_text("chữ vẫn còn")
    assert [one["Subject"] for one in found(server, mail.variant.user, "Drafts", "Nobody")] == ["Nobody"]
    writing.discard()
    eventually(lambda: not found(server, mail.variant.user, "Drafts", "Nobody"))
