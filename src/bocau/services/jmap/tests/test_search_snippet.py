"""SearchSnippet/get (RFC 8621 §5.1)."""

HEAD = "Content-Type: text/html; charset=utf-8\r\n\r\n"
HTML = f"{HEAD}<style>needle {{}}</style><p>Gặp ở <b>Đà Nẵng</b> &lt;mai&gt;</p>"


async def test_shows_where_the_words_are(desk):
    html = await desk.deliver(f"Subject: Hello\r\n{HTML}\r\n".encode())
    other = await desk.deliver(b"Subject: Da Nang & more\r\n\r\nnothing here\r\n")
    told = await desk.call(
        "SearchSnippet/get", filter={"text": "đà nang"}, emailIds=[f"M{html}", f"M{other}", "M1"]
    )
    assert told["notFound"] == ["M1"]
    assert told["list"] == [
        {
            "emailId": f"M{html}",
            "subject": None,
            "preview": "Gặp ở <mark>Đà</mark> <mark>Nẵng</mark> &lt;mai&gt;",
        },
        {"emailId": f"M{other}", "subject": "<mark>Da</mark> <mark>Nang</mark> &amp; more", "preview": None},
    ]


async def test_marks_only_what_was_looked_for_there(desk):
    email = await desk.deliver(b"Subject: one two\r\n\r\none two three\r\n")

    async def snippet(**filter):
        told = await desk.call("SearchSnippet/get", filter=filter, emailIds=[f"M{email}"])
        return told["list"][0]["subject"], told["list"][0]["preview"]

    assert await snippet(subject="one") == ("<mark>one</mark> two", None)
    assert await snippet(body="two") == (None, "one <mark>two</mark> three")
    assert await snippet(hasKeyword="one") == (None, None)
    assert await snippet(operator="NOT", conditions=[{"text": "one"}]) == (None, None)
    assert await snippet(text='"two three"') == (None, "one <mark>two three</mark>")


async def test_what_cannot_be_asked(desk):
    many = [f"M{number}" for number in range(100_000)]
    assert (await desk.call("SearchSnippet/get", emailIds=many))["error"] == "requestTooLarge"
    assert (await desk.call("SearchSnippet/get", filter={}))["error"] == "invalidArguments"
