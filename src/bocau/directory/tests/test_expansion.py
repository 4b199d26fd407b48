"""Where mail to an address goes."""

from collections.abc import Callable

import pytest

from bocau.base.errors import AccountDisabled, LimitReached, NoSuchAddress, NoSuchDomain
from bocau.directory import Directory
from bocau.directory import settings as limits
from bocau.formats.address import Address

A = Callable[[str], Address]
PASSWORD = "correct horse"


async def make(directory: Directory, a: A, *names: str) -> list[int]:
    return [(await directory.create_account(a(name), PASSWORD)).account_id for name in names]


async def test_an_account_in_any_case(directory: Directory, a: A) -> None:
    (alice,) = await make(directory, a, "Alice.Lê")
    assert directory.expand(a("aLICE.lÊ")).accounts == (alice,)
    assert directory.expand(a("alice.le\u0302")).accounts == (alice,)


async def test_a_subaddress_keeps_its_detail(directory: Directory, a: A) -> None:
    (alice,) = await make(directory, a, "alice")
    expansion = directory.expand(a("Alice+Lists+x"))
    assert (expansion.accounts, expansion.detail) == ((alice,), "Lists+x")


async def test_unknown_names_and_domains(directory: Directory, a: A) -> None:
    await make(directory, a, "alice")
    with pytest.raises(NoSuchAddress):
        directory.expand(a("bob"))
    with pytest.raises(NoSuchAddress):
        directory.expand(a("+alice"))
    with pytest.raises(NoSuchDomain):
        directory.expand(a("alice@other.test"))
    assert directory.is_local_domain("demo.test")
    assert not directory.is_local_domain("other.test")


async def test_aliases_and_groups_are_followed_to_the_end(directory: Directory, a: A) -> None:
    alice, bob, carol = await make(directory, a, "alice", "bob", "carol")
    await directory.set_alias(a("info"), [a("team"), a("friend@other.test")])
    await directory.set_group(a("team"), [a("alice"), a("staff"), a("alice+copy")], [])
    await directory.set_group(a("staff"), [a("bob"), a("carol")], [])
    expansion = directory.expand(a("info+shop"))
    assert expansion.accounts == (alice, bob, carol)
    assert expansion.remote == (a("friend@other.test"),)
    assert expansion.detail == "shop"


async def test_a_loop_ends_and_what_else_it_reaches_is_reached(directory: Directory, a: A) -> None:
    (alice,) = await make(directory, a, "alice")
    await directory.set_alias(a("one"), [a("two")])
    await directory.set_alias(a("two"), [a("one")])
    with pytest.raises(NoSuchAddress):
        directory.expand(a("one"))
    await directory.set_alias(a("two"), [a("one"), a("alice")])
    assert directory.expand(a("one")).accounts == (alice,)


async def test_groups_that_all_hold_each_other_are_each_read_once(directory: Directory, a: A) -> None:
    (alice,) = await make(directory, a, "alice")
    names = [a(f"g{i}") for i in range(12)]
    for name in names:
        await directory.set_group(name, [*names, a("alice")], [])
    # Every path through them would be 12^10 look-ups.
    assert directory.expand(names[0]).accounts == (alice,)


async def test_a_chain_has_a_longest_length(directory: Directory, a: A) -> None:
    (alice,) = await make(directory, a, "alice")
    names = [f"n{i}" for i in range(limits.ALIAS_DEPTH_MAX + 1)]
    for name, target in zip(names, [*names[1:], "alice"], strict=True):
        await directory.set_alias(a(name), [a(target)])
    assert directory.expand(a("n1")).accounts == (alice,)
    with pytest.raises(NoSuchAddress):
        directory.expand(a("n0"))


async def test_an_alias_tree_has_a_greatest_size(
    directory: Directory, a: A, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bocau.directory.expansion.EXPANSION_MAX", 3)
    await directory.set_alias(a("many"), [a(f"r{i}@other.test") for i in range(3)])
    assert len(directory.expand(a("many")).remote) == 3
    await directory.set_alias(a("many"), [a(f"r{i}@other.test") for i in range(4)])
    with pytest.raises(LimitReached):
        directory.expand(a("many"))


async def test_an_alias_has_a_greatest_number_of_targets(directory: Directory, a: A) -> None:
    targets = [a(f"r{i}@other.test") for i in range(limits.TARGETS_MAX + 1)]
    await directory.set_alias(a("all"), targets[1:])
    with pytest.raises(LimitReached):
        await directory.set_alias(a("all"), targets)
    assert len(directory.aliases()[0].targets) == limits.TARGETS_MAX


async def test_dead_targets_are_left_out_while_one_lives(directory: Directory, a: A) -> None:
    alice, _ = await make(directory, a, "alice", "bob")
    await directory.set_alias(a("info"), [a("bob"), a("nobody"), a("alice")])
    await directory.set_account(a("bob"), is_disabled=True)
    assert directory.expand(a("info")).accounts == (alice,)
    await directory.set_account(a("alice"), is_disabled=True)
    with pytest.raises((AccountDisabled, NoSuchAddress)):
        directory.expand(a("info"))


async def test_disabled_account_and_domain(directory: Directory, a: A) -> None:
    await make(directory, a, "alice")
    await directory.set_account(a("alice"), is_disabled=True)
    with pytest.raises(AccountDisabled):
        directory.expand(a("alice"))
    await directory.set_account(a("alice"), is_disabled=False)
    await directory.set_domain("demo.test", catch_all=None, is_disabled=True)
    with pytest.raises(AccountDisabled):
        directory.expand(a("alice"))


async def test_catch_all_takes_what_nobody_has(directory: Directory, a: A) -> None:
    alice, bob = await make(directory, a, "alice", "bob")
    await directory.set_domain("demo.test", catch_all=a("alice"), is_disabled=False)
    assert directory.expand(a("whoever")).accounts == (alice,)
    assert directory.expand(a("bob")).accounts == (bob,)
    await directory.set_domain("demo.test", catch_all=a("nobody"), is_disabled=False)
    with pytest.raises(NoSuchAddress):
        directory.expand(a("whoever"))


@pytest.mark.parametrize("name", ["postmaster", "Abuse", "POSTMASTER"])
async def test_reserved_names_reach_a_person(directory: Directory, a: A, name: str) -> None:
    with pytest.raises(NoSuchAddress):
        directory.expand(a(name))
    first, boss, other = await make(directory, a, "first", "boss", "other")
    assert directory.expand(a(name)).accounts == (first,)
    await directory.set_account(a("boss"), is_admin=True)
    assert directory.expand(a(name)).accounts == (boss,)
    await directory.set_alias(a(name), [a("other")])
    assert directory.expand(a(name)).accounts == (other,)
    await directory.set_alias(a(name), [a("gone")])
    assert directory.expand(a(name)).accounts == (boss,)
    await directory.set_domain("demo.test", catch_all=None, is_disabled=True)
    assert directory.expand(a(name)).accounts == (boss,)


async def test_who_may_send_as_whom(directory: Directory, a: A) -> None:
    alice, bob = await make(directory, a, "alice", "bob")
    await directory.set_alias(a("chef"), [a("alice")])
    await directory.set_alias(a("both"), [a("alice"), a("bob")])
    await directory.set_group(a("team"), [a("alice"), a("bob")], [bob])

    def may(account_id: int, name: str) -> bool:
        return directory.may_send_as(account_id, a(name))  # type: ignore[arg-type]

    assert may(alice, "ALICE") and may(alice, "alice+shop") and may(alice, "chef") and may(bob, "team")
    assert not any(
        (
            may(alice, "bob"),
            may(bob, "chef"),
            may(alice, "both"),
            may(alice, "team"),
            may(alice, "who@else.test"),
        )
    )
    await directory.set_domain("demo.test", catch_all=a("bob"), is_disabled=False)
    assert may(bob, "anything") and not may(alice, "anything")
    assert may(alice, "postmaster") and not may(bob, "postmaster")


async def test_a_look_up_is_right_after_a_commit_of_another_process(
    directory: Directory, a: A, house: "object"
) -> None:
    other = await house.open()  # type: ignore[attr-defined]
    (alice,) = await make(other, a, "alice")
    assert directory.expand(a("alice")).accounts == (alice,)
    assert directory.may_send_as(alice, a("alice"))  # type: ignore[arg-type]
    await other.set_account(a("alice"), is_disabled=True)
    with pytest.raises(AccountDisabled):
        directory.expand(a("alice"))
    assert directory.account(alice).is_disabled  # type: ignore[arg-type]
    await other.remove_account(a("alice"))
    with pytest.raises(NoSuchAddress):
        directory.expand(a("alice"))


async def test_strangers_do_not_fill_the_memory(directory: Directory, a: A) -> None:
    (alice,) = await make(directory, a, "alice")
    for i in range(limits.LOOKUP_CACHE_MAX + 10):
        directory.expand(a(f"alice+{i}"))
    assert len(directory._lookups._answers) <= limits.LOOKUP_CACHE_MAX
    with pytest.raises(NoSuchAddress):
        directory.expand(a("stranger"))
    assert a("stranger") not in directory._lookups._answers
    assert directory.expand(a("alice")).accounts == (alice,)
