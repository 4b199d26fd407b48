"""Three messages that the transcripts talk about: plain, multipart with base64, an enclosed message."""

PLAIN = (
    b"From: Bob <bob@example.org>\r\nTo: alice@example.org\r\nSubject: Hello\r\n"
    b"Date: Mon, 7 Feb 1994 21:52:25 -0800\r\nMessage-ID: <1@example.org>\r\n\r\nHi there\r\n"
)
MIXED = (
    b"From: carol@example.net\r\nTo: alice@example.org\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\n"
    b"Date: Tue, 14 Nov 2023 22:13:20 +0000\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\npreamble\r\n--b\r\n\r\nfirst part\r\n--b\r\n'
    b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n"
    b'Content-Disposition: attachment; filename="h.html"\r\n\r\naGVsbG8=\r\n--b--\r\n'
)
NESTED = (
    b"From: dave@example.net\r\nSubject: nested\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/digest; boundary=d\r\n\r\n--d\r\n\r\n"
    b"From: eve@example.net\r\nSubject: inside\r\n\r\ninner text\r\n--d--\r\n"
)
