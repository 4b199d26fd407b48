"""What a person reads behind +OK and -ERR, in the language asked for (RFC 6856 §3)."""

from typing import Final

NAMES: Final = {"en": "English", "vi": "Tiếng Việt"}
"""Language tag → its own name."""
DEFAULT: Final = "en"

_VIETNAMESE: Final = {
    "Another POP session has this mailbox": "Một phiên POP khác đang mở hộp thư này",
    "Bad argument": "Tham số không hợp lệ",
    "Begin TLS": "Bắt đầu TLS",
    "Cancelled": "Đã hủy",
    "Capabilities follow": "Các khả năng như sau",
    "Deleted": "Đã đánh dấu xóa",
    "Good-bye": "Tạm biệt",
    "Languages follow": "Các ngôn ngữ như sau",
    "Line too long": "Dòng quá dài",
    "Mechanisms follow": "Các cơ chế như sau",
    "No such language here": "Không có ngôn ngữ này",
    "No such mechanism here": "Không có cơ chế này",
    "No such message": "Không có thư này",
    "Not in this state": "Không dùng được lúc này",
    "Not now, try again later": "Chưa thể thực hiện, xin thử lại sau",
    "Not understood": "Không hiểu",
    "Not with this password": "Mật khẩu này không được phép",
    "This account has a second factor: use an app password": (
        "Tài khoản này dùng xác thực hai lớp: hãy dùng mật khẩu ứng dụng"
    ),
    "Say STLS first": "Hãy gửi STLS trước",
    "TLS is not to be had, or runs already": "Không có TLS, hoặc TLS đang chạy",
    "The language is English": "Ngôn ngữ là tiếng Việt",
    "This account is disabled": "Tài khoản này đã bị khóa",
    "Too early, wait a little": "Còn sớm, xin đợi một chút",
    "Too many bad commands": "Quá nhiều lệnh sai",
    "Too many wrong passwords, try again later": "Sai mật khẩu quá nhiều lần, xin thử lại sau",
    "Unknown command": "Lệnh không rõ",
    "Wrong name or password": "Sai tên hoặc mật khẩu",
    "That message is deleted": "Thư này đã bị xóa",
    "That message is gone": "Thư này không còn nữa",
}


def spoken(language: str, text: str) -> str:
    """A text of ours in that language; what has no translation stays as it is."""
    return _VIETNAMESE.get(text, text) if language == "vi" else text
