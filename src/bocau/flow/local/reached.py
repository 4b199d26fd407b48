"""From recipients to targets: accounts here, addresses elsewhere."""

from collections.abc import Iterable
from typing import NamedTuple

from bocau.base.errors import NoSuchAddress, NoSuchDomain, Refused, RelayDenied
from bocau.base.ids import AccountId
from bocau.directory import Directory
from bocau.flow.values import Notify, Recipient
from bocau.formats.address import Address

_SUCCESS = Notify.SUCCESS


class Reached(NamedTuple):
    """One recipient with everything that gets its mail; `error`: why nothing does."""

    recipient: Recipient
    accounts: tuple[AccountId, ...] = ()
    remote: tuple[Address, ...] = ()
    error: Refused | None = None

    @property
    def is_expanded(self) -> bool:
        """A list of several, in the sense of RFC 3461 §5.2.7.3."""
        return len(self.accounts) + len(self.remote) > 1

    @property
    def wants_success(self) -> bool:
        """Whether the sender is to be told that it got here (RFC 3461 §5.2); what is queued on says so
        itself."""
        notify = self.recipient.notify
        return notify is not None and _SUCCESS in notify and (bool(self.accounts) or self.is_expanded)


def reach_local(directory: Directory, recipients: Iterable[Recipient]) -> list[Reached]:
    """For mail from strangers: a domain that is not ours is refused."""
    return [_expanded(directory, recipient, is_relay_allowed=False) for recipient in recipients]


def reach_any(directory: Directory, recipients: Iterable[Recipient]) -> list[Reached]:
    """For mail of our own people and of the server itself: other domains are reached as they stand."""
    return [_expanded(directory, recipient, is_relay_allowed=True) for recipient in recipients]


def _expanded(directory: Directory, recipient: Recipient, *, is_relay_allowed: bool) -> Reached:
    try:
        expansion = directory.expand(recipient.address)
    except NoSuchDomain:
        if is_relay_allowed:
            return Reached(recipient, remote=(recipient.address,))
        return Reached(recipient, error=RelayDenied(f"{recipient.address.domain} is not served here"))
    except Refused as exc:
        return Reached(recipient, error=exc)
    if not expansion.accounts and not expansion.remote:
        return Reached(recipient, error=NoSuchAddress(f"{recipient.address} has no members"))
    return Reached(recipient, expansion.accounts, expansion.remote)
