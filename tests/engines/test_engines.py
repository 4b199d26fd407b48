"""A day's mail in Firefox and in WebKit: what other engines do differently, and people would notice."""

from pathlib import Path

from browser.composing import arrived, can_undo, text_of
from browser.correspondence import FILES, INVOICE, LARGE, LEAVE, WELCOME
from browser.test_hostile import SANDBOX
from engines.conftest import ROWS
from engines.elsewhere import Elsewhere
from engines.lab import LAB, SHOWN, lab_of
from engines.reading import EDITOR, FRAME, ROW, Reading
from engines.webdriver import eventually
from harness import Server

TALL_PX = 1500
UNDO_SECONDS = 5
LETTER = f"""<p>Chào <a href="mailto:lan@congty.vn?subject=Tr%E1%BA%A3%20l%E1%BB%9Di">Lan</a></p>
<div style="height:{TALL_PX}px">tall</div><p>end</p>"""
PAGE = """<!DOCTYPE html><meta charset="utf-8"><h2>Tiêu đề</h2><p>Xin <b>chào</b>
<img src="http://canary.test/copied" alt="ảnh" onerror="document.title='run'"></p>
<ul><li>một</li><li>hai</li></ul>"""

CANVAS_MAX_PX = 17_000_000
"""web/src/store/window.ts: so high is the list of a very large folder."""
HEIGHT_OF = """
const canvas = document.querySelector(".canvas").cloneNode();
canvas.style.height = `${arguments[0]}px`;
document.querySelector(".scroller").append(canvas);
const { height } = canvas.getBoundingClientRect();
canvas.remove();
return height;
"""
SCROLL = """
const row = parseInt(getComputedStyle(document.querySelector(".canvas")).getPropertyValue("--row"));
document.querySelector(".scroller").scrollTop = row * arguments[0];
"""


def deliver(server: Server, mail: Reading, subject: str, html: str) -> None:
    head = f"From: lan@congty.vn\r\nTo: {mail.user}@demo.test\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n"
    text = f"{head}Content-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n"
    server.deliver(text.replace("\r\n", "\n").replace("\n", "\r\n").encode(), mail.user)


def test_a_star_and_what_is_taken_back(mail: Reading) -> None:
    mail.go()
    mail.page.click(mail.in_row(WELCOME, ".star"))
    mail.told("starred")
    mail.page.keys("j", "x", "e")
    mail.told("archived")
    mail.undo()
    mail.row(LEAVE)


def test_hundreds_of_rows(mail: Reading) -> None:
    """Where the scroll bar is pulled to, there are rows; few elements all the while."""
    mail.go()
    mail.page.press(LARGE, "link")
    mail.page.find(ROW, text=f"{LARGE} 0")
    for position in (ROWS // 2, ROWS - 20, 10):
        mail.page.run(SCROLL, position)
        mail.page.find(f'[data-position="{position + 3}"]', text=f"{LARGE} {position + 3}")
    assert len(mail.page.all(ROW)) < ROWS / 4
    assert mail.page.run(HEIGHT_OF, CANVAS_MAX_PX) == CANVAS_MAX_PX, "in Firefox what is too high is nothing"


def test_news_come_by_themselves(mail: Reading, server: Server) -> None:
    mail.go()
    deliver(server, mail, "Vừa đến", "<p>mới</p>")
    mail.row("Vừa đến")


def test_a_body_is_as_tall_as_what_it_shows(mail: Reading, server: Server) -> None:
    deliver(server, mail, "Thư dài", LETTER)
    mail.go()
    mail.read("Thư dài")
    eventually(
        lambda: mail.page.run("return document.querySelector(arguments[0]).offsetHeight", FRAME) > TALL_PX
    )
    needed, height = mail.page.run(
        "const one = document.querySelector(arguments[0]);"
        "return [one.contentDocument.documentElement.scrollHeight, one.offsetHeight]",
        FRAME,
    )
    assert needed <= height < TALL_PX + 300


def test_an_address_in_a_body_opens_the_composer(mail: Reading, server: Server) -> None:
    """Where listeners in the frame are heard in place, else in a tab of its own."""
    deliver(server, mail, "Viết cho Lan", LETTER)
    mail.go()
    frame = mail.read("Viết cho Lan")
    with mail.page.within(frame):
        mail.page.click(mail.page.all("a")[0])
    eventually(lambda: len(mail.page.windows()) > 1 or "/compose/" in mail.page.url)
    if "/compose/" in mail.page.url:
        mail.page.find(".composer", text="lan@congty.vn")
        return
    with mail.page.new_window():
        mail.page.find(".composer", text="lan@congty.vn")
        assert "to=lan%40congty.vn" in mail.page.url


def test_keys_are_heard_after_a_click_in_a_body(mail: Reading, server: Server) -> None:
    deliver(server, mail, "Bấm vào đây", LETTER)
    mail.go()
    frame = mail.read("Bấm vào đây")
    with mail.page.within(frame):
        mail.page.click(mail.page.all("p")[0])

    def archived() -> bool:
        mail.page.keys("e")
        return bool(mail.page.run("return document.querySelector('.toasts').innerText"))

    eventually(archived)
    mail.told("archived")


def test_images_are_hidden_and_come_from_here(mail: Reading, far: Elsewhere) -> None:
    mail.go()
    mail.read(INVOICE)
    assert mail.of_body("images[0].getBoundingClientRect().width") >= 300, "its words keep its place"
    mail.page.press(mail.words("readerShowOnce"))
    eventually(lambda: "/px/" in (mail.of_body("images[0]?.src") or ""))
    assert far.seen() == []


def test_what_is_written_arrives(mail: Reading, server: Server, tmp_path: Path) -> None:
    """Rich text, a file with it; taken back once."""
    file = tmp_path / "tệp đính kèm.txt"
    file.write_text("xin chào")
    can_undo(server, mail.user, UNDO_SECONDS)
    mail.compose(mail.user, "Chào")
    mail.page.type(mail.page.all(".composer input[type=file]")[0], str(file))
    mail.page.find(".composer li", text=file.name)
    mail.page.click(mail.page.find(EDITOR))
    mail.page.keys("b", held=("Control",))
    mail.page.write("đậm")
    mail.page.keys("b", held=("Control",))
    mail.page.write(" tiếng Việt")
    mail.page.keys("Enter")
    mail.page.write("dòng hai")
    mail.page.keys("Enter", held=("Shift",))
    mail.page.write("ngắt")
    mail.send()
    mail.undo()
    mail.page.find(EDITOR, text="tiếng Việt")
    mail.send()
    message = arrived(server, mail.user, "Chào")
    html = text_of(message, "html").replace("&nbsp;", " ").replace("\xa0", " ")
    assert "<div><b>đậm</b> tiếng Việt</div><div>dòng hai<br>ngắt" in html
    assert text_of(message, "plain").rstrip().splitlines() == ["đậm tiếng Việt", "dòng hai", "ngắt"]
    (attached,) = message.iter_attachments()
    assert attached.get_filename() == file.name
    assert attached.get_payload(decode=True) == file.read_bytes()


def test_what_is_pasted_is_clean(mail: Reading, far: Elsewhere) -> None:
    """Copied in this engine from a page of somebody else."""
    far.pages["http://copied.test/"] = ("", PAGE)
    mail.page.go("http://copied.test/")
    mail.page.keys("a", held=("Control",))
    mail.page.keys("c", held=("Control",))
    far.asked.clear()
    mail.compose(mail.user, "Dán")
    mail.page.keys("v", held=("Control",))
    eventually(lambda: "Tiêu đề" in mail.written())
    pasted = mail.written()
    assert "<b>chào</b>" in pasted and "<li>hai" in pasted and "ảnh" in pasted
    assert "canary.test" not in pasted and "style=" not in pasted and far.seen() == []


def test_nothing_lies_beside_a_narrow_screen(mail: Reading) -> None:
    """As narrow as the engine's window becomes: one pane, and nothing to move sideways."""
    mail.page.resize(390, 844)
    try:
        for path in ("/mail/inbox", "/settings/security", "/compose/new"):
            mail.page.go(mail.base + path)
            mail.page.find("main, .composer")
            assert mail.page.run("return document.documentElement.scrollWidth - innerWidth") <= 0, path
        mail.go()
        mail.read(FILES)
        mail.page.press(mail.words("readerBack"))
        mail.row(FILES)
    finally:
        mail.page.resize(1366, 800)


def test_the_server_goes_and_comes_again(mail: Reading, server: Server) -> None:
    mail.go()
    assert mail.page.run_async("return (await navigator.serviceWorker.ready).active !== null") is True
    server.stop()
    try:
        mail.page.click(mail.in_row(WELCOME, ".star"))
        mail.page.find("body", text=mail.words("offline"))
        mail.page.go(mail.base + "/mail/inbox")
        mail.page.find("h1", text=mail.words("offlineTitle"))
    finally:
        server.start()
    mail.page.find(ROW, text=WELCOME)


def test_no_hostile_body_escapes(mail: Reading, far: Elsewhere, server: Server) -> None:
    """As it is shown; by the cleaning alone; by sandbox and policy alone. The control sees them escape."""
    lab = lab_of(mail, far, server)
    lab.serve({})
    ran, asked = lab.run(LAB, [{"srcdoc": body} for body in SHOWN.values()])
    assert len(set(ran)) >= 15, ran
    assert len({url.rpartition("/")[2][:3] for url in asked}) >= 15, asked
    shown = [{"src": url, "sandbox": SANDBOX} for url in lab.urls.values()]
    assert lab.run(f"{mail.base}/login", shown) == ([], [])
    assert lab.run(LAB, lab.serve(lab.cleaned)) == ([], [])
    assert lab.run(LAB, lab.serve(SHOWN, lab.policy)) == ([], [])
