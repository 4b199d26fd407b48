"""Domains, accounts, aliases, groups: names have one owner, ids are never given twice."""

from collections.abc import Callable

import pytest

from bocau.base.errors import (
    AlreadyExists,
    BadName,
    InUse,
    LimitReached,
    NoSuchAccount,
    NoSuchAddress,
    NoSuchDomain,
    NotPermitted,
)
from bocau.directory import Directory, LoginAttempt, Scope
from bocau.directory import settings as limits
from bocau.formats.address import Address

A = Callable[[str], Address]


async def test_a_name_has_one_owner(directory: Directory, a: A) -> None:
    await directory.create_account(a("alice"), "x")
    await directory.set_alias(a("info"), [a("alice")])
    await directory.set_group(a("team"), [a("alice")], [])
    for taken in ("ALICE", "Info", "team"):
        with pytest.raises(AlreadyExists):
            await directory.create_account(a(taken), "x")
    for taken in ("alice", "team"):
        with pytest.raises(AlreadyExists):
            await directory.set_alias(a(taken), [a("alice")])
    for taken in ("alice", "info"):
        with pytest.raises(AlreadyExists):
            await directory.set_group(a(taken), [a("alice")], [])
    assert [account.address.local_part for account in directory.accounts()] == ["alice"]


async def test_many_accounts_share_one_password(directory: Directory, a: A) -> None:
    names = [a(f"user{number}") for number in range(600)]
    await directory.create_accounts(names, "one for all", admins={names[3]})
    assert [account.address for account in directory.accounts() if account.is_admin] == [names[3]]
    attempt = LoginAttempt("192.0.2.1", Scope.IMAP, True)
    for name in (names[0], names[-1]):
        assert (await directory.login(str(name), "one for all", attempt)).address == name
    with pytest.raises(AlreadyExists):
        await directory.create_accounts(names[:1], "x")


async def test_names_need_a_domain_of_ours_and_no_plus(directory: Directory, a: A) -> None:
    with pytest.raises(NoSuchDomain):
        await directory.create_account(a("alice@other.test"), "x")
    with pytest.raises(BadName):
        await directory.create_account(a("alice+tag"), "x")
    with pytest.raises(BadName):
        await directory.set_alias(a("empty"), [])


async def test_account_ids_are_never_given_twice(directory: Directory, a: A) -> None:
    first = await directory.create_account(a("alice"), "x")
    assert await directory.remove_account(a("alice")) == first.account_id
    again = await directory.create_account(a("alice"), "x")
    assert again.account_id > first.account_id
    with pytest.raises(NoSuchAccount):
        directory.account(first.account_id)


async def test_account_fields_change_one_by_one(directory: Directory, a: A) -> None:
    await directory.create_account(a("alice"), "x", display_name="Alice", quota_bytes=5, is_admin=True)
    changed = await directory.set_account(a("Alice"), display_name="A. Lê")
    assert (changed.display_name, changed.quota_bytes, changed.is_admin) == ("A. Lê", 5, True)
    await directory.set_account(a("alice"), clear_quota=True, is_admin=False)
    account = directory.account_named(a("ALICE"))
    assert (account.display_name, account.quota_bytes, account.is_admin) == ("A. Lê", None, False)
    with pytest.raises(BadName):
        await directory.set_account(a("alice"), display_name="a\r\nb")


async def test_domains(directory: Directory, a: A) -> None:
    domain = await directory.create_domain("BÜCHER.test.")
    assert domain.name == "xn--bcher-kva.test"
    with pytest.raises(AlreadyExists):
        await directory.create_domain("xn--bcher-kva.test")
    await directory.create_account(a("alice@bücher.test"), "x")
    with pytest.raises(InUse):
        await directory.remove_domain("bücher.test")
    await directory.remove_account(a("alice@bücher.test"))
    await directory.remove_domain("bücher.test")
    with pytest.raises(NoSuchDomain):
        await directory.remove_domain("bücher.test")
    assert [domain.name for domain in directory.domains()] == ["demo.test"]


async def test_aliases_and_groups_come_and_go(directory: Directory, a: A) -> None:
    alice = await directory.create_account(a("alice"), "x")
    await directory.set_alias(a("info"), [a("alice"), a("ALICE"), a("bob@other.test")])
    await directory.set_group(a("team"), [a("alice")], [alice.account_id])
    assert directory.aliases("demo.test")[0].targets == (a("ALICE"), a("bob@other.test"))
    assert directory.groups()[0].senders == (alice.account_id,)
    assert directory.aliases("other.test") == []
    with pytest.raises(NoSuchAccount):
        await directory.set_group(a("team"), [a("alice")], [999])  # type: ignore[list-item]
    with pytest.raises(NoSuchAddress):
        await directory.remove_alias(a("team"))
    await directory.remove_alias(a("INFO"))
    await directory.remove_group(a("team"))
    assert directory.aliases() == directory.groups() == []


async def test_app_passwords_have_labels_scopes_and_a_greatest_number(
    directory: Directory, a: A, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bocau.directory.credentials.APP_PASSWORDS_MAX", 2)
    alice = (await directory.create_account(a("alice"), "x")).account_id
    phone, secret = await directory.create_app_password(alice, "phone", frozenset({Scope.IMAP, Scope.SMTP}))
    assert len(secret.replace("-", "")) == 26
    with pytest.raises(AlreadyExists):
        await directory.create_app_password(alice, "phone", frozenset({Scope.IMAP}))
    for label in ("", " x", "a\nb", "x" * (limits.LABEL_CHARACTERS_MAX + 1)):
        with pytest.raises(BadName):
            await directory.create_app_password(alice, label, frozenset({Scope.IMAP}))
    with pytest.raises(BadName):
        await directory.create_app_password(alice, "none", frozenset())
    await directory.create_app_password(alice, "tablet", frozenset({Scope.IMAP}))
    with pytest.raises(LimitReached):
        await directory.create_app_password(alice, "watch", frozenset({Scope.IMAP}))
    labels = [(c.label, c.scopes) for c in directory.credentials(alice)]
    assert labels == [("", None), ("phone", phone.scopes), ("tablet", frozenset({Scope.IMAP}))]
    with pytest.raises(NotPermitted):
        await directory.remove_credential(alice, directory.credentials(alice)[0].credential_id)
    await directory.remove_credential(alice, phone.credential_id)
    assert [c.label for c in directory.credentials(alice)] == ["", "tablet"]


@pytest.mark.parametrize("password", ["", "a\0b", "line\nend", "x" * (limits.PASSWORD_BYTES_MAX + 1)])
async def test_unusable_passwords_are_refused(directory: Directory, a: A, password: str) -> None:
    with pytest.raises(NotPermitted):
        await directory.create_account(a("alice"), password)
    assert directory.accounts() == []


async def test_each_change_rings(directory: Directory, a: A, house: object) -> None:
    before = len(house.rings)  # type: ignore[attr-defined]
    await directory.create_account(a("alice"), "x")
    assert house.rings[before:] == ["directory"]  # type: ignore[attr-defined]
