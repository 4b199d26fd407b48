"""A small mailbox as people have them, in English and Vietnamese; the same in every account."""

import imaplib
import time
from base64 import b64encode
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate

from harness import Server
from imap.wire import Wire

LAN = Address("Lan Trần", "lan", "congty.vn")
BINH = Address("Nguyễn Văn Bình", "binh", "congty.vn")
MAI = Address("Phạm Thị Mai", "mai.pham", "xinchao.vn")
FINANCE = Address("Finance Team", "finance", "partner.example")
DIGEST = Address("The Digest", "news", "digest.example")

REPORT = "Báo cáo quý 3"
INVOICE = "Invoice 2026-1123"
NEWSLETTER = "Your weekly digest"
ENCLOSING = "FW: Hợp đồng thuê nhà"
ENCLOSED = "Hợp đồng thuê nhà"
FILES = "Ảnh chuyến đi Huế"
LEAVE = "Lịch nghỉ Tết"
PRIZE = "Bạn đã trúng thưởng"
MOVED = "Meeting moved to Thursday"
OFFICE = "Hợp đồng thuê văn phòng"
WELCOME = "Welcome aboard"
UNJUST = "Xác nhận đặt vé"
DRAFT = "Kế hoạch tháng 12"
PROJECT = "Dự án"
PIGEON = "Dự án/Bồ câu"
LARGE = "Log"
LARGE_COUNT = 3000
PORTION = 500

REMOTE_IMAGE = "https://tracker.invalid/banner.png"
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde"
    b"\x00\x00\x00\x0cIDATx\x9cc\xe8n\xe8\x00\x00\x03&\x01\x92|\x08\xb6\xe4\x00\x00\x00\x00IEND\xaeB`\x82"
)
NOTES = "Ghi chú chuyến đi\nNgày 1: Đại Nội.\n"
INVOICE_HTML = f"""<html><body><h2 style="color:#b3261e">Invoice 2026-1123</h2>
<p>Dear customer, please find the invoice attached. Payment is due within <b>30 days</b>.</p>
<table border="1" cellpadding="6"><tr><th>Item</th><th>Amount</th></tr>
<tr><td>Hosting</td><td>1.200.000 ₫</td></tr></table>
<p><img src="{REMOTE_IMAGE}" alt="Banner" width="320" height="60"></p></body></html>"""


def written(
    sender: Address, to: Address, subject: str, text: str, at: float, *identities: str
) -> EmailMessage:
    """A message of plain text; `identities` are those of its conversation so far, and its own."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = formatdate(at)
    *before, own = identities or (f"{subject.encode().hex()[:40]}-{at:.0f}",)
    message["Message-ID"] = f"<{own}@congty.vn>"
    if before:
        message["References"] = " ".join(f"<{one}@congty.vn>" for one in before)
    message.set_content(text)
    return message


def encoded(name: str) -> str:
    """A mailbox name as IMAP writes it (RFC 3501 §5.1.3)."""
    out, run = "", ""
    for letter in [*name, ""]:
        if letter and not letter.isascii():
            run += letter
            continue
        if run:
            text = b64encode(run.encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
            out, run = f"{out}&{text}-", ""
        out += "&-" if letter == "&" else letter
    return f'"{out}"'


class Correspondence:
    """Fills one account by IMAP: many in one APPEND (RFC 3502), since each waits for the disk."""

    def __init__(self, server: Server, user: str) -> None:
        self.me = Address(user.capitalize(), user, "demo.test")
        self.now = time.time()
        self.server = server
        self._kept: dict[str, list[bytes]] = {}

    def keep(self, folder: str, message: EmailMessage, at: float, flags: str = r"(\Seen)") -> None:
        self.keep_bytes(folder, message.as_bytes(policy=SMTP), at, flags)

    def keep_bytes(self, folder: str, data: bytes, at: float, flags: str = r"(\Seen)") -> None:
        head = f"{flags} {imaplib.Time2Internaldate(at)} {{{len(data)}+}}\r\n"
        self._kept.setdefault(folder, []).append(head.encode() + data)

    def carry(self) -> None:
        """Hand over what is kept so far."""
        with Wire(self.server.port("imap"), 60).login(self.me.addr_spec, self.server.password) as wire:
            for folder, messages in self._kept.items():
                for start in range(0, len(messages), PORTION):
                    some = b" ".join(messages[start : start + PORTION])
                    wire.ok(b"APPEND %b %b" % (encoded(folder).encode(), some))
        self._kept = {}

    def received(self, sender: Address, subject: str, text: str, hours: float) -> tuple[EmailMessage, float]:
        at = self.now - hours * 3600
        return written(sender, self.me, subject, text, at), at

    def fill(self) -> None:
        with Wire(self.server.port("imap")).login(self.me.addr_spec, self.server.password) as wire:
            for folder in (PROJECT, PIGEON, LARGE):
                wire.ok(f"CREATE {encoded(folder)}")
        self.conversation()
        self.invoice()
        self.newsletter()
        self.enclosing()
        self.files()
        self.plain()
        self.carry()

    def conversation(self) -> None:
        start = self.now - 30 * 3600
        text = "Chào bạn,\n\nMình gửi báo cáo quý 3. Doanh thu tăng 12% so với cùng kỳ.\n\nLan\n"
        self.keep("INBOX", written(LAN, self.me, REPORT, text, start, "report-1"), start)
        text = "Cảm ơn Lan, mình đã nhận được.\n\n> Mình gửi báo cáo quý 3.\n"
        answer = written(self.me, LAN, f"Re: {REPORT}", text, start + 3600, "report-1", "report-2")
        self.keep("Sent", answer, start + 3600)
        text = "Tuyệt vời! Thứ Hai mình họp lúc 9:00 nhé.\n"
        last = written(LAN, self.me, f"Re: {REPORT}", text, start + 7200, "report-1", "report-2", "report-3")
        self.keep("INBOX", last, start + 7200, "()")

    def invoice(self) -> None:
        message, at = self.received(FINANCE, INVOICE, "Please find the invoice attached.\n", 4)
        message.add_alternative(INVOICE_HTML, subtype="html")
        message.add_attachment(
            b"%PDF-1.4 " * 900, maintype="application", subtype="pdf", filename="hóa đơn 1123.pdf"
        )
        self.keep("INBOX", message, at)

    def newsletter(self) -> None:
        message, at = self.received(DIGEST, NEWSLETTER, "This week: pigeons.\n", 5)
        # Nothing answers there: the name does not exist (RFC 2606 §2).
        message["List-Unsubscribe"] = "<https://digest.invalid/leave?who=7>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message["List-Id"] = "<weekly.digest.example>"
        self.keep("INBOX", message, at)

    def enclosing(self) -> None:
        inner = written(MAI, BINH, ENCLOSED, "Anh Bình xem giúp em hợp đồng nhé.\n", self.now - 90_000)
        message, at = self.received(BINH, ENCLOSING, "Chuyển bạn xem.\n", 6)
        message.add_attachment(inner)
        self.keep("INBOX", message, at)

    def files(self) -> None:
        message, at = self.received(MAI, FILES, "Gửi bạn mấy tấm ảnh.\n", 7)
        message.add_attachment(PNG, maintype="image", subtype="png", filename="cầu Trường Tiền.png")
        message.add_attachment(NOTES, filename="ghi chú.txt")
        message.add_attachment(
            b"MZ" * 50, maintype="application", subtype="octet-stream", filename="album.pdf.exe"
        )
        self.keep("INBOX", message, at)

    def plain(self) -> None:
        for hours, sender, subject in (
            (8, BINH, LEAVE),
            (9, FINANCE, PRIZE),
            (10, MAI, MOVED),
            (11, LAN, OFFICE),
            (12, BINH, WELCOME),
        ):
            self.keep(
                "INBOX",
                *self.received(sender, subject, f"{subject}.\n\nXin chào,\n{sender.display_name}\n", hours),
            )
        self.keep("Junk", *self.received(MAI, UNJUST, "Vé của bạn đã được đặt.\n", 13))
        draft = written(self.me, LAN, DRAFT, "Việc cần làm:\n", self.now - 14 * 3600)
        self.keep("Drafts", draft, self.now - 14 * 3600, r"(\Draft \Seen)")
        for number in range(20):
            text = f"Biên bản số {number}.\n\nThân,\nBình\n"
            self.keep("INBOX", *self.received(BINH, f"Biên bản họp số {number}", text, 48 + number * 20))

    def large(self) -> None:
        """Thousands more, for who wants them."""
        for number in range(LARGE_COUNT):
            at = self.now - (200 * 3600 + number * 60)
            head = f"From: log@demo.test\r\nTo: {self.me.addr_spec}\r\nSubject: {LARGE} {number}"
            text = f"{head}\r\n\r\n{number}\r\n"
            self.keep_bytes(LARGE, text.encode(), at)
        self.carry()
