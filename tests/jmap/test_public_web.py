"""What the server says to the web for an account: leaving a list (RFC 8058), pushes (RFC 8620 §7.2)."""

import json
import secrets
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from client import Client
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from harness import Server, eventually
from jmap_client import USING
from public_web import Answer, Heard, PublicWeb


@pytest.fixture(scope="module")
def prefix(web: PublicWeb) -> tuple[str, ...]:
    return web.prefix()


@pytest.fixture(scope="module")
def alice(server: Server) -> Client:
    return Client(server, "alice")


# --- leaving a list (RFC 8058) -------------------------------------------------------------------


def _newsletter(client: Client, url: str, post: str = "List-Unsubscribe=One-Click") -> str:
    text = f"From: news@list.test\r\nList-Unsubscribe: <{url}>\r\nList-Unsubscribe-Post: {post}\r\n\r\nx\r\n"
    return client.put(text.encode(), client.boxes["inbox"])


def _leave(client: Client, email: str) -> dict[str, Any]:
    told = client.call("EmailUnsubscribe/set", create={"u": {"emailId": email}})
    return dict(told["created"]["u"] if told["created"] else told["notCreated"]["u"])


def test_the_request_is_the_standards_and_tells_nothing_else(alice: Client, web: PublicWeb) -> None:
    """§3.1, §3.2"""
    web.answers["/leave?who=a%2Bb&list=7"] = Answer(200, (("Set-Cookie", "known=1; Path=/"),))
    email = _newsletter(alice, f"{web.url}/leave?who=a%2Bb&list=7#top")
    for _ in range(2):  # The second time a cookie might come along.
        assert _leave(alice, email)["status"] == 200
        heard = web.next()
        assert (heard.method, heard.path) == ("POST", "/leave?who=a%2Bb&list=7")
        assert heard.body == b"List-Unsubscribe=One-Click"
        assert heard.headers["content-type"] == "application/x-www-form-urlencoded"
        assert heard.headers["host"] == web.url.removeprefix("https://")
        assert not {"cookie", "authorization", "referer", "origin", "from", "forwarded"} & set(heard.headers)
        assert "alice" not in str(heard.headers) and "bocau" not in str(heard.headers).lower()
    assert web.is_quiet()


@pytest.mark.parametrize("status", [204, 299])
def test_other_words_of_success(alice: Client, web: PublicWeb, status: int) -> None:
    web.answers[f"/ok{status}"] = Answer(status)
    assert _leave(alice, _newsletter(alice, f"{web.url}/ok{status}"))["status"] == status
    assert web.next().path == f"/ok{status}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 400, 404, 410, 500, 503])
def test_what_is_no_success_is_told_and_no_redirect_is_followed(
    alice: Client, web: PublicWeb, status: int
) -> None:
    web.answers[f"/not{status}"] = Answer(status, (("Location", f"{web.url}/elsewhere"),))
    told = _leave(alice, _newsletter(alice, f"{web.url}/not{status}"))
    assert (told["type"], told["status"]) == ("notSent", status)
    assert web.next().path == f"/not{status}" and web.is_quiet()


@pytest.mark.parametrize(
    "url",
    [
        "https://inner.test:{port}/x",
        "https://mixed.test:{port}/x",
        "https://nobody.test:{port}/x",
        "https://list.test/x",
    ],
)
def test_what_is_not_on_the_public_web_is_not_asked(alice: Client, web: PublicWeb, url: str) -> None:
    told = _leave(alice, _newsletter(alice, url.format(port=web.url.rpartition(":")[2])))
    assert told["type"] == "notSent" and "status" not in told and web.is_quiet()


def test_only_by_https_and_only_by_one_click(alice: Client, web: PublicWeb) -> None:
    for email in (
        _newsletter(alice, web.url.replace("https:", "http:") + "/plain"),
        _newsletter(alice, f"{web.url}/page", post="something-else"),
        alice.put(b"From: a@x.test\r\n\r\nno list\r\n", alice.boxes["inbox"]),
    ):
        assert _leave(alice, email)["type"] == "forbidden"
    assert _leave(alice, "M999")["type"] == "notFound" and web.is_quiet()


def test_a_certificate_of_nobody_ends_it(web: PublicWeb, tmp_path: Path) -> None:
    with Server(tmp_path, users=0, workers=1, prefix=web.prefix(is_trusted=False)) as other:
        client = Client(other, "alice")
        assert _leave(client, _newsletter(client, f"{web.url}/leave"))["type"] == "notSent"
        other.assert_no_traceback()
    assert web.is_quiet()


# --- push subscriptions (RFC 8620 §7.2) ----------------------------------------------------------


class Device:
    """A browser's end of a push subscription: its keys, and what they open (RFC 8291)."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = secrets.token_bytes(16)

    @property
    def point(self) -> bytes:
        form = serialization.PublicFormat.UncompressedPoint
        return self._key.public_key().public_bytes(serialization.Encoding.X962, form)

    @property
    def keys(self) -> dict[str, str]:
        return {"p256dh": _b64(self.point), "auth": _b64(self._auth)}

    def opened(self, heard: Heard) -> Any:
        """RFC 8188 §2, one record."""
        assert heard.headers["content-encoding"] == "aes128gcm"
        salt, length = heard.body[:16], heard.body[20]
        theirs, sealed = heard.body[21 : 21 + length], heard.body[21 + length :]
        shared = self._key.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        )
        secret = _hkdf(self._auth, shared, b"WebPush: info\0" + self.point + theirs, 32)
        key = _hkdf(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _hkdf(salt, secret, b"Content-Encoding: nonce\0", 12)
        return json.loads(AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0").removesuffix(b"\x02"))


def _hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def _b64(octets: bytes) -> str:
    return urlsafe_b64encode(octets).decode().rstrip("=")


def _set(client: Client, **arguments: Any) -> Any:
    ((_, told, _),) = client.bare(("PushSubscription/set", arguments), using=USING[:1])
    return told


def _subscribe(client: Client, url: str, **more: Any) -> str:
    told = _set(client, create={"p": {"deviceClientId": "d", "url": url, **more}})
    assert told["notCreated"] is None, told
    return str(told["created"]["p"]["id"])


def _verified(client: Client, web: PublicWeb, path: str, **more: Any) -> str:
    """A subscription whose code was sent and handed in, and that was told of all states."""
    number = _subscribe(client, web.url + path, **more)
    heard = web.next()
    assert heard.path == path
    _set(client, update={number: {"verificationCode": json.loads(heard.body)["verificationCode"]}})
    return number


def _known(client: Client) -> list[str]:
    ((_, told, _),) = client.bare(("PushSubscription/get", {}), using=USING[:1])
    return [one["id"] for one in told["list"]]


def _mail(client: Client) -> None:
    client.put(b"From: a@x.test\r\n\r\nnews\r\n", client.boxes["inbox"])


def test_a_device_is_asked_and_told_in_its_own_cipher(server: Server, web: PublicWeb) -> None:
    """§7.2.2, RFC 8291: nothing before the code came back; then what changed, of the types wanted."""
    client, device = Client(server, "bob"), Device()
    number = _subscribe(client, f"{web.url}/device", keys=device.keys, types=["EmailDelivery", "Mailbox"])
    heard = web.next()
    assert (heard.method, heard.path) == ("POST", "/device")
    assert int(heard.headers["ttl"]) > 0 and heard.headers["content-type"] == "application/json"
    assert b"Verification" not in heard.body
    told = device.opened(heard)
    assert (told["@type"], told["pushSubscriptionId"]) == ("PushVerification", number)
    _mail(client)
    wrong = _set(client, update={number: {"verificationCode": told["verificationCode"][:-1]}})
    assert wrong["notUpdated"][number]["type"] == "invalidProperties" and web.is_quiet()
    done = _set(client, update={number: {"verificationCode": told["verificationCode"]}})
    assert done["updated"] == {number: None}
    _mail(client)
    eventually(
        lambda: (
            _told(web, device)["changed"].get(client.account, {}).get("Mailbox") == client.state("Mailbox")
        )
    )
    _set(client, destroy=[number])


def _told(web: PublicWeb, device: Device) -> Any:
    told = device.opened(web.next())
    assert told["@type"] == "StateChange"
    for states in told["changed"].values():
        assert set(states) <= {"EmailDelivery", "Mailbox"}
    return told


def test_without_keys_it_is_told_in_the_clear(server: Server, web: PublicWeb) -> None:
    client = Client(server, "user1")
    number = _verified(client, web, "/clear", types=["Email"])
    _mail(client)
    heard = web.next()
    assert "content-encoding" not in heard.headers and "cookie" not in heard.headers
    told = json.loads(heard.body)
    assert told["@type"] == "StateChange" and set(told["changed"][client.account]) == {"Email"}
    _set(client, destroy=[number])


def test_the_types_can_be_changed(server: Server, web: PublicWeb) -> None:
    client = Client(server, "user1")
    number = _verified(client, web, "/types", types=["EmailDelivery"])
    _set(client, update={number: {"types": ["Identity"]}})
    _mail(client)
    new = {"email": client.server.address("user1"), "name": "n"}
    client.call("Identity/set", create={"i": new})
    assert set(json.loads(web.next().body)["changed"][client.account]) == {"Identity"}
    _set(client, destroy=[number])


def test_a_subscription_ends_at_its_time(server: Server, web: PublicWeb) -> None:
    """§7.2: `expires` is the client's to choose, up to the server's own limit."""
    client = Client(server, "user2")
    soon = (datetime.now(UTC) + timedelta(seconds=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    short = _verified(client, web, "/short", types=["Email"], expires=soon)
    far = _set(
        client, create={"p": {"deviceClientId": "d", "url": web.url, "expires": "2099-01-01T00:00:00Z"}}
    )
    granted = datetime.fromisoformat(far["created"]["p"]["expires"])
    assert timedelta(hours=48) < granted - datetime.now(UTC) < timedelta(days=60)
    web.next()  # The code of that one.
    eventually(lambda: short not in _known(client))
    other = _verified(client, web, "/other", types=["Email"])
    while not web.is_quiet():
        web.next()
    _mail(client)
    assert web.next().path == "/other" and web.is_quiet()
    _set(client, destroy=[other, far["created"]["p"]["id"]])


@pytest.mark.parametrize("status", [404, 410])
def test_a_device_that_is_gone_is_forgotten(server: Server, web: PublicWeb, status: int) -> None:
    client = Client(server, "user3")
    number = _verified(client, web, f"/gone{status}", types=["Email"])
    web.answers[f"/gone{status}"] = Answer(status)
    _mail(client)
    assert web.next().path == f"/gone{status}"
    eventually(lambda: number not in _known(client))


def test_a_subscription_ends_with_the_password_that_made_it(server: Server, web: PublicWeb) -> None:
    """§7.2: with the credentials."""
    client = Client(server, "user4")
    _verified(client, web, "/void", types=["Email"])
    server.cli("account", "set", "user4@demo.test", "--password-file", "-", input="another horse\n")
    again = Client(server, "user4", "another horse")
    number = _verified(again, web, "/valid", types=["Email"])
    _mail(again)
    assert web.next().path == "/valid" and _known(again) == [number]
    assert web.is_quiet()
