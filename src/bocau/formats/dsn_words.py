"""What a delivery report says to people, in English and Vietnamese: what happened, and what to do."""

from typing import Final, NamedTuple


class Words(NamedTuple):
    """The same thing said twice."""

    english: str
    vietnamese: str


SUBJECTS: Final = {
    "failed": Words("Your message could not be delivered", "Không gửi được thư của bạn"),
    "delayed": Words("Your message is delayed", "Thư của bạn đang bị chậm trễ"),
    "delivered": Words("Your message was delivered", "Thư của bạn đã đến nơi"),
    "relayed": Words("Your message was passed on", "Thư của bạn đã được chuyển tiếp"),
    "expanded": Words("Your message was passed to a list", "Thư của bạn đã được chuyển tới nhóm"),
}

OPENINGS: Final = {
    "failed": Words(
        "This is the mail server {server}. I am sorry: your message could not be delivered to everyone.\n"
        "I have given up on the addresses below; you need not wait for them.",
        "Đây là máy chủ thư {server}. Rất tiếc, thư của bạn không gửi được tới các địa chỉ dưới đây.\n"
        "Máy chủ đã ngừng thử gửi tới những địa chỉ này; bạn không cần chờ thêm.",
    ),
    "delayed": Words(
        "This is the mail server {server}. Your message has not been delivered yet to the addresses below.\n"
        "You need not send it again: I keep trying, and will tell you if I have to give up.",
        "Đây là máy chủ thư {server}. Thư của bạn chưa gửi được tới các địa chỉ dưới đây.\n"
        "Bạn không cần gửi lại: máy chủ vẫn tiếp tục thử, và sẽ báo cho bạn nếu cuối cùng không gửi được.",
    ),
    "delivered": Words(
        "This is the mail server {server}. Your message has reached the mailbox of the addresses below,\n"
        "as you asked to be told. It does not mean that it has been read.",
        "Đây là máy chủ thư {server}. Theo yêu cầu của bạn, xin báo rằng thư đã vào hộp thư của các địa chỉ\n"
        "dưới đây. Điều này không có nghĩa là thư đã được đọc.",
    ),
    "relayed": Words(
        "This is the mail server {server}. Your message was handed to the next mail server, which does not\n"
        "report successful delivery. You will hear again only if something goes wrong.",
        "Đây là máy chủ thư {server}. Thư của bạn đã được giao cho máy chủ thư kế tiếp; máy chủ đó\n"
        "không gửi báo nhận. Bạn chỉ nhận thêm thông báo nếu có trục trặc.",
    ),
    "expanded": Words(
        "This is the mail server {server}. Your message was passed to all members of the lists below.\n"
        "You get no report for each of them.",
        "Đây là máy chủ thư {server}. Thư của bạn đã được chuyển tới mọi thành viên của các nhóm dưới đây.\n"
        "Bạn sẽ không nhận thông báo riêng cho từng người.",
    ),
}

SAID: Final = Words("The other side said", "Bên kia trả lời")
SUBJECT_WAS: Final = Words("Subject of your message", "Tiêu đề thư của bạn")
SENT_AT: Final = Words("Received from you", "Nhận từ bạn lúc")
TRYING_UNTIL: Final = Words("I keep trying until", "Máy chủ tiếp tục thử đến")
CLOSING: Final = Words(
    "The technical details and your message (or its header) are attached.",
    "Chi tiết kỹ thuật và thư của bạn (hoặc chỉ phần đầu thư) được đính kèm.",
)

_ADVICE: Final = {
    # Enhanced status without its class digit (RFC 3463, RFC 5248, RFC 7505), most exact first.
    "1.1": Words(
        "There is no such address. Check its spelling, or ask the person in another way.",
        "Địa chỉ này không tồn tại. Hãy xem có gõ nhầm không, hoặc liên hệ với người nhận bằng cách khác.",
    ),
    "1.2": Words(
        "The domain after the @ does not exist. Check its spelling.",
        "Tên miền sau dấu @ không tồn tại. Hãy xem có gõ nhầm không.",
    ),
    "1.3": Words(
        "The address is not written correctly. Check its spelling.",
        "Địa chỉ viết không đúng quy cách. Hãy xem có gõ nhầm không.",
    ),
    "1.6": Words(
        "The person has moved to another address. Ask for the new one.",
        "Người nhận đã chuyển sang địa chỉ khác. Hãy hỏi họ địa chỉ mới.",
    ),
    "1.8": Words(
        "The other side does not accept your sender address. Ask your administrator.",
        "Bên kia không chấp nhận địa chỉ người gửi của bạn. Hãy hỏi quản trị viên của bạn.",
    ),
    "1.10": Words("This domain takes no mail at all.", "Tên miền này hoàn toàn không nhận thư."),
    "2.1": Words(
        "The mailbox is switched off. Ask the person in another way.",
        "Hộp thư này đã bị khóa. Hãy liên hệ với người nhận bằng cách khác.",
    ),
    "2.2": Words(
        "The mailbox is full. Try again later, or tell the person in another way.",
        "Hộp thư của người nhận đã đầy. Hãy thử lại sau, hoặc báo cho họ bằng cách khác.",
    ),
    "2.3": Words(
        "The message is too large for this mailbox. Send smaller attachments or a link.",
        "Thư quá lớn đối với hộp thư này. Hãy gửi tệp đính kèm nhỏ hơn, hoặc gửi liên kết.",
    ),
    "3.4": Words(
        "The message is too large for the other server. Send smaller attachments or a link.",
        "Thư quá lớn đối với máy chủ bên kia. Hãy gửi tệp đính kèm nhỏ hơn, hoặc gửi liên kết.",
    ),
    "4.1": Words(
        "The other mail server does not answer. It may be down.",
        "Máy chủ thư bên kia không trả lời. Có thể nó đang ngừng hoạt động.",
    ),
    "4.4": Words(
        "The way to the other domain cannot be found. Check the part after the @.",
        "Không tìm được đường tới tên miền này. Hãy kiểm tra phần sau dấu @.",
    ),
    "4.6": Words(
        "The message runs in a circle between servers. Tell your administrator.",
        "Thư bị chuyển lòng vòng giữa các máy chủ. Hãy báo cho quản trị viên của bạn.",
    ),
    "4.7": Words(
        "The other mail server did not take it in all this time. Try again later, or another way.",
        "Suốt thời gian qua, máy chủ thư bên kia không nhận thư này. Hãy thử lại sau, hoặc dùng cách khác.",
    ),
    "6.7": Words(
        "The other server cannot handle addresses with accents. Ask for another address.",
        "Máy chủ bên kia không hỗ trợ địa chỉ có dấu. Hãy hỏi người nhận một địa chỉ khác.",
    ),
    "7.1": Words(
        "The other side does not allow this message. Ask its postmaster, or your administrator.",
        "Bên kia không cho phép gửi thư này. Hãy hỏi quản trị viên bên đó, hoặc quản trị viên của bạn.",
    ),
    "1": Words(
        "Something is wrong with the address. Check its spelling.",
        "Địa chỉ có vấn đề. Hãy xem có gõ nhầm không.",
    ),
    "2": Words(
        "The mailbox cannot take the message now. Try again later.",
        "Hộp thư hiện không nhận được thư. Hãy thử lại sau.",
    ),
    "3": Words(
        "The other mail server has a problem. Try again later.",
        "Máy chủ thư bên kia gặp sự cố. Hãy thử lại sau.",
    ),
    "4": Words(
        "The other mail server cannot be reached. Try again later.",
        "Không liên lạc được với máy chủ thư bên kia. Hãy thử lại sau.",
    ),
    "5": Words(
        "The two mail servers did not understand each other. Tell your administrator.",
        "Hai máy chủ thư không hiểu nhau. Hãy báo cho quản trị viên của bạn.",
    ),
    "6": Words(
        "The other side cannot read this kind of message. Send it in another form.",
        "Bên kia không đọc được loại thư này. Hãy gửi ở dạng khác.",
    ),
    "7": Words(
        "The other side refuses the message for reasons of safety. Ask your administrator.",
        "Bên kia từ chối thư vì lý do an toàn. Hãy hỏi quản trị viên của bạn.",
    ),
}
_UNKNOWN: Final = Words(
    "Read what the other side said, or show it to your administrator.",
    "Hãy đọc câu trả lời của bên kia, hoặc đưa quản trị viên của bạn xem.",
)


def advice(status: str) -> Words:
    """What a person should do about an enhanced status code such as "5.1.1"."""
    _, _, detail = status.partition(".")
    return _ADVICE.get(detail) or _ADVICE.get(detail.partition(".")[0]) or _UNKNOWN
