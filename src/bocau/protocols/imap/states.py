"""The connection's states and what may be said in each (RFC 9051 §3).

One table: a command that is absent for a state is illegal there. A tagged OK moves the connection
along `MOVES`; a failed SELECT leaves no mailbox selected (§6.3.2).

    not authenticated ─ LOGIN, AUTHENTICATE → authenticated ⇄ SELECT, CLOSE ⇄ selected
                    └───────────────── LOGOUT, BYE → logout
"""

from enum import Enum
from typing import Final

from bocau.protocols.imap import acl, finding, listing, metadata, notify, quota
from bocau.protocols.imap import commands as c
from bocau.protocols.imap.append import AppendMessage, ReplaceMessage
from bocau.protocols.imap.commands import Command


class State(Enum):
    NOT_AUTHENTICATED = "not authenticated"
    AUTHENTICATED = "authenticated"
    SELECTED = "selected"
    LOGOUT = "logout"


Kind = type[Command] | type[AppendMessage]

_ANY: Final[tuple[Kind, ...]] = (c.Capability, c.Noop, c.Logout, c.Id)
_STRANGER: Final[tuple[Kind, ...]] = (c.StartTls, c.Authenticate, c.Login)
_KNOWN: Final[tuple[Kind, ...]] = (
    *(c.Select, c.Examine, c.Create, c.Delete, c.Rename, c.Subscribe, c.Unsubscribe),
    *(listing.List, listing.Lsub, c.Namespace, c.Status, AppendMessage, c.Idle),
    *(acl.SetAcl, acl.DeleteAcl, acl.GetAcl, acl.ListRights, acl.MyRights),
    *(metadata.GetMetadata, metadata.SetMetadata, quota.GetQuota, quota.GetQuotaRoot, quota.SetQuota),
    notify.Notify,
    finding.MultiSearch,
)
_CONNECTION: Final[tuple[Kind, ...]] = (c.Compress, c.Unauthenticate, c.GetJmapAccess)
_SELECTED: Final[tuple[Kind, ...]] = (
    *(c.Close, c.Unselect, c.Check, c.Expunge, c.Fetch, c.Store, c.Copy, c.Move),
    *(ReplaceMessage, finding.Search, finding.Sort, finding.Thread, finding.CancelUpdate),
)

LEGAL: Final[dict[State, frozenset[Kind]]] = {
    State.NOT_AUTHENTICATED: frozenset((*_ANY, *_STRANGER)),
    # ENABLE comes before any SELECT (RFC 5161 §3.1).
    State.AUTHENTICATED: frozenset((*_ANY, *_KNOWN, *_CONNECTION, c.Enable)),
    State.SELECTED: frozenset((*_ANY, *_KNOWN, *_CONNECTION, *_SELECTED)),
    State.LOGOUT: frozenset(),
}

MOVES: Final[dict[Kind, State]] = {
    c.Login: State.AUTHENTICATED,
    c.Authenticate: State.AUTHENTICATED,
    c.Select: State.SELECTED,
    c.Examine: State.SELECTED,
    c.Close: State.AUTHENTICATED,
    c.Unselect: State.AUTHENTICATED,
    c.Unauthenticate: State.NOT_AUTHENTICATED,
    c.Logout: State.LOGOUT,
}
FALLS: Final[dict[Kind, State]] = {c.Select: State.AUTHENTICATED, c.Examine: State.AUTHENTICATED}
"""Where a tagged NO leads."""
