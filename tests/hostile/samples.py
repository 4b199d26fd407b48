"""One good call of each JMAP method, to be spoiled."""

from typing import Any

from hostile.web import Browser

Call = tuple[str, dict[str, Any]]
MESSAGE = (
    b"From: Bob <bob@demo.test>\r\nTo: alice@demo.test\r\nSubject: =?utf-8?q?Ch=C3=A0o?=\r\n"
    b"Message-ID: <one@demo.test>\r\nDisposition-Notification-To: bob@demo.test\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>hello\r\n"
    b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nhi\r\n--b--\r\n"
)


def samples(browser: Browser) -> list[Call]:
    """`browser`: of an account with a message in its inbox."""
    inbox = browser.call("Mailbox/query", filter={"role": "inbox"})["ids"][0]
    email = browser.call("Email/query")["ids"][0]
    thread = browser.call("Email/get", ids=[email], properties=["threadId"])["list"][0]["threadId"]
    identity = browser.call("Identity/get")["list"][0]["id"]
    made = browser.call("Blob/upload", create={"b": {"data": [{"data:asText": MESSAGE.decode()}]}})
    blob = made["created"]["b"]["id"]
    calls = [*_mail(inbox, email, thread, blob), *_sending(email, identity, blob), *_rest(email, blob)]
    return [(name, _with_account(name, browser.account) | arguments) for name, arguments in calls]


def _with_account(name: str, account: str) -> dict[str, Any]:
    return {} if name.startswith(("PushSubscription/", "Core/")) else {"accountId": account}


def _mail(inbox: str, email: str, thread: str, blob: str) -> list[Call]:
    found = {"operator": "OR", "conditions": [{"text": "chao"}, {"inMailbox": inbox, "hasAttachment": True}]}
    sort = [{"property": "subject", "isAscending": False, "collation": "i;unicode-casemap"}]
    paged = {"filter": found, "sort": sort, "position": 0, "limit": 10, "calculateTotal": True}
    changed = {"filter": found, "sort": sort, "sinceQueryState": "0", "maxChanges": 5, "upToId": email}
    body = {"properties": ["bodyValues", "header:From:asAddresses:all"], "bodyProperties": ["partId", "size"]}
    fetched = {"fetchTextBodyValues": True, "fetchHTMLBodyValues": True, "maxBodyValueBytes": 20}
    headers = {
        "from": [{"name": "A", "email": "alice@demo.test"}],
        "to": [{"name": None, "email": "bob@demo.test"}],
        "subject": "hi",
        "header:X-One:asText": "x",
        "messageId": ["a@b"],
    }
    part = {"type": "multipart/mixed", "subParts": [{"partId": "t", "type": "text/plain"}]}
    new = {"mailboxIds": {inbox: True}, "keywords": {"$draft": True}, **headers}
    values = {"bodyStructure": part, "bodyValues": {"t": {"value": "text", "isTruncated": False}}}
    simple = {"textBody": [{"partId": "t", "type": "text/plain"}], "bodyValues": {"t": {"value": "text"}}}
    attached = {
        "attachments": [{"blobId": blob, "type": "image/png", "name": "a.png", "disposition": "inline"}]
    }
    import_ = {
        "blobId": blob,
        "mailboxIds": {inbox: True},
        "keywords": {"a": True},
        "receivedAt": "2026-01-01T00:00:00Z",
    }
    return [
        ("Mailbox/get", {"ids": [inbox], "properties": ["name", "role"]}),
        (
            "Mailbox/query",
            {"filter": {"name": "in", "role": "inbox"}, "sortAsTree": True, "sort": [{"property": "name"}]},
        ),
        ("Mailbox/queryChanges", {"sinceQueryState": "0", "filter": {"hasAnyRole": True}}),
        ("Mailbox/changes", {"sinceState": "0-0", "maxChanges": 3}),
        (
            "Mailbox/set",
            {"create": {"a": {"name": "box", "parentId": None, "sortOrder": 3, "isSubscribed": True}}},
        ),
        (
            "Mailbox/set",
            {"update": {inbox: {"sortOrder": 1, "name": "Inbox"}}, "onDestroyRemoveEmails": False},
        ),
        ("Thread/get", {"ids": [thread], "properties": ["emailIds"]}),
        ("Thread/changes", {"sinceState": "0-0", "maxChanges": 3}),
        ("Email/get", {"ids": [email], **body, **fetched}),
        ("Email/query", {**paged, "collapseThreads": True, "anchor": email, "anchorOffset": -1}),
        ("Email/queryChanges", {**changed, "collapseThreads": True}),
        ("Email/changes", {"sinceState": "0-0", "maxChanges": 3}),
        ("Email/set", {"create": {"a": new | values}}),
        ("Email/set", {"create": {"b": new | simple | attached}}),
        (
            "Email/set",
            {"update": {email: {"keywords/a": True, f"mailboxIds/{inbox}": True}}, "destroy": ["M1"]},
        ),
        ("Email/import", {"emails": {"i": import_}}),
        ("Email/copy", {"fromAccountId": "A1", "create": {"c": {"id": email, "mailboxIds": {inbox: True}}}}),
        ("Email/parse", {"blobIds": [blob], **body, **fetched}),
        ("SearchSnippet/get", {"filter": found, "emailIds": [email]}),
        (
            "EmailView/get",
            {"ids": [email, f"{email}_2"], "images": "shown", "scheme": "dark", "language": "vi"},
        ),
    ]


def _sending(email: str, identity: str, blob: str) -> list[Call]:
    person = [{"name": "A", "email": "a@demo.test"}]
    told = {
        "name": "Alice",
        "replyTo": person,
        "bcc": None,
        "textSignature": "x",
        "htmlSignature": "<b>x</b>",
    }
    envelope = {
        "mailFrom": {"email": "alice@demo.test", "parameters": {"HOLDFOR": "9999", "ENVID": "x"}},
        "rcptTo": [{"email": "bob@demo.test", "parameters": {"NOTIFY": "NEVER"}}],
    }
    sent = {"identityId": identity, "emailId": email, "envelope": envelope, "sendAt": "2030-01-01T00:00:00Z"}
    receipt = {
        "forEmailId": email,
        "subject": "read",
        "textBody": "x",
        "disposition": {
            "actionMode": "manual-action",
            "sendingMode": "mdn-sent-manually",
            "type": "displayed",
        },
    }
    away = {
        "isEnabled": False,
        "fromDate": "2026-01-01T00:00:00Z",
        "subject": "away",
        "textBody": "t",
        "htmlBody": "<p>t",
    }
    return [
        ("Identity/get", {"ids": [identity], "properties": ["name"]}),
        ("Identity/changes", {"sinceState": "0", "maxChanges": 2}),
        ("Identity/set", {"update": {identity: told}}),
        ("Identity/set", {"create": {"a": {"email": "alice@demo.test", **told}}}),
        ("EmailSubmission/get", {"ids": None, "properties": ["sendAt"]}),
        ("EmailSubmission/changes", {"sinceState": "0"}),
        (
            "EmailSubmission/query",
            {
                "filter": {"undoStatus": "pending", "before": "2030-01-01T00:00:00Z"},
                "sort": [{"property": "sentAt"}],
            },
        ),
        ("EmailSubmission/queryChanges", {"sinceQueryState": "0"}),
        (
            "EmailSubmission/set",
            {"create": {"s": sent}, "onSuccessUpdateEmail": {"#s": {"keywords/$draft": None}}},
        ),
        (
            "MDN/send",
            {
                "identityId": identity,
                "send": {"m": receipt},
                "onSuccessUpdateEmail": {"#m": {"keywords/$mdnsent": True}},
            },
        ),
        ("MDN/parse", {"blobIds": [blob]}),
        ("VacationResponse/get", {"ids": ["singleton"]}),
        ("VacationResponse/set", {"update": {"singleton": away}}),
        ("Correspondent/query", {"text": "bo", "limit": 5}),
        ("Correspondent/forget", {"emails": ["bo@far.test"]}),
        (
            "Correspondent/remember",
            {"list": [{"name": "", "email": "a@b.c", "sentCount": 1, "lastSentAt": "2026-01-01T00:00:00Z"}]},
        ),
    ]


def _rest(email: str, blob: str) -> list[Call]:
    pushed = {
        "deviceClientId": "d",
        "url": "https://push.example.net/x",
        "types": ["Email"],
        "expires": "2030-01-01T00:00:00Z",
        "keys": {"p256dh": "x", "auth": "y"},
    }
    nobody = {"subject": "none of them says this"}
    return [
        ("Core/echo", {"a": [1, {"b": None}]}),
        ("Blob/copy", {"fromAccountId": "A1", "blobIds": [blob]}),
        (
            "Blob/get",
            {
                "ids": [blob, email],
                "properties": ["data:asText", "digest:sha-256", "size"],
                "offset": 1,
                "length": 5,
            },
        ),
        ("Blob/lookup", {"typeNames": ["Mailbox", "Email"], "ids": [blob, email]}),
        (
            "Blob/upload",
            {
                "create": {
                    "b": {
                        "type": "text/plain",
                        "data": [{"blobId": blob, "offset": 2, "length": 9}, {"data:asBase64": "YQ=="}],
                    }
                }
            },
        ),
        ("Quota/get", {"ids": None, "properties": ["used"]}),
        ("Quota/changes", {"sinceState": "0"}),
        ("Quota/query", {"filter": {"resourceType": "octets", "type": "Mail"}}),
        ("Quota/queryChanges", {"sinceQueryState": "0"}),
        ("PushSubscription/get", {"ids": None}),
        ("PushSubscription/set", {"create": {"p": pushed}}),
        ("Preferences/get", {"ids": ["singleton"], "properties": ["language"]}),
        (
            "Preferences/set",
            {"update": {"singleton": {"language": "vi", "imageSenders": ["a@b.c"], "x": {"y": 1}}}},
        ),
        ("EmailBatch/get", {"ids": None}),
        ("EmailBatch/changes", {"sinceState": "0"}),
        (
            "EmailBatch/set",
            {"create": {"b": {"filter": nobody, "exclude": [email], "update": {"keywords/$seen": True}}}},
        ),
        ("EmailUnsubscribe/set", {"create": {"u": {"emailId": email}}}),
        ("SecondFactor/get", {"ids": ["singleton"]}),
        ("AppPassword/get", {"ids": None}),
        ("WebSession/get", {"ids": None}),
        ("WebSession/set", {"destroy": ["W999999"]}),
        ("SignIn/get", {"ids": None, "properties": ["way"]}),
        ("Password/set", {"update": {"singleton": {"new": "x"}}}),
        ("SecondFactor/set", {"update": {"singleton": {"isPending": True}}}),
        ("AppPassword/set", {"create": {"a": {"label": "x", "scopes": ["imap"]}}, "destroy": ["P1"]}),
    ]
