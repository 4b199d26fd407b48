"""A patch of an email as the store takes it (RFC 8620 §5.3, RFC 8621 §4.6): keywords and mailboxes only.

{"keywords/$seen": true, "mailboxIds/F1-3": null} → EmailPatch
"""

from typing import Any, Final

from bocau.base.ids import AccountId, MailboxId
from bocau.services.jmap import ids
from bocau.services.jmap.context import Arguments, Context
from bocau.services.jmap.errors import SetError, invalid_properties
from bocau.services.jmap.keywords import KEYWORDS_MAX, take_keyword, take_keywords
from bocau.services.jmap.patch import split
from bocau.store import Flags
from bocau.store.emailwriting import EmailPatch
from bocau.store.keywords import Wanted

_DELETED: Final = int(Flags.DELETED)
_Paths = dict[tuple[str, ...], Any]


def take_patch(context: Context, account: AccountId, said_id: str, patch: Arguments) -> EmailPatch:
    """SetError invalidPatch, invalidProperties, tooManyKeywords."""
    found = split(patch)
    if found.pop("id", {(): said_id}) != {(): said_id}:
        raise invalid_properties("an id does not change", "id")
    keywords = found.pop("keywords", None)
    mailboxes = found.pop("mailboxIds", None)
    if found:
        raise SetError("invalidProperties", "these do not change", [name[:200] for name in list(found)[:100]])
    taken = EmailPatch(None if keywords is None else _keywords(keywords))
    return taken if mailboxes is None else _with_mailboxes(context, account, taken, mailboxes)


def _keywords(paths: _Paths) -> Wanted:
    if () in paths:
        flags, words = take_keywords(paths[()])
        return Wanted(int(flags), 0, words, (), True, None, fixed=_DELETED)
    bits, words_of = {True: Flags(0), False: Flags(0)}, {True: set[str](), False: set[str]()}
    for path, value in paths.items():
        is_added = _one_step(path, value, "keywords")
        bit, word = take_keyword(path[0])
        bits[is_added] |= bit
        words_of[is_added].update([word] if word else [])
    if len(words_of[True]) > KEYWORDS_MAX:
        raise SetError("tooManyKeywords", f"more than {KEYWORDS_MAX} keywords on an email")
    added, removed = (tuple(sorted(words_of[is_added])) for is_added in (True, False))
    return Wanted(int(bits[True]), int(bits[False]), added, removed, False, None)


def _with_mailboxes(context: Context, account: AccountId, patch: EmailPatch, paths: _Paths) -> EmailPatch:
    if () in paths:
        whole = paths[()]
        if not isinstance(whole, dict) or not whole or any(value is not True for value in whole.values()):
            raise invalid_properties(
                "an email belongs to one mailbox at least, each named true", "mailboxIds"
            )
        return patch._replace(mailboxes=frozenset(_mailbox(context, account, name) for name in whole))
    ways: dict[bool, set[MailboxId]] = {True: set(), False: set()}
    for path, value in paths.items():
        ways[_one_step(path, value, "mailboxIds")].add(_mailbox(context, account, path[0]))
    return patch._replace(into=frozenset(ways[True]), out_of=frozenset(ways[False]))


def _one_step(path: tuple[str, ...], value: Any, name: str) -> bool:
    """Whether a member is set; null takes it away."""
    if len(path) != 1:
        raise SetError("invalidPatch", f"{name} has no such depth")
    if value is not True and value is not None:
        raise invalid_properties("a member is true, or null to remove it", name)
    return value is True


def _mailbox(context: Context, account: AccountId, said: str) -> MailboxId:
    try:
        found = ids.parse_mailbox(account, context.real_id(said))
    except SetError:
        found = None
    if found is None:
        raise invalid_properties("no such mailbox", "mailboxIds")
    return found
