"""Capability words that this client had better not see: by its network, its ID (RFC 2971), its account.

    network ── from the greeting on      ID ── from its answer on      account ── from the login on

A word that is left out is not announced; its command, mechanism or ENABLE is refused. Words that only add an
argument to other commands are left out of the announcement alone: no client uses what it is not told.
"""

from typing import TYPE_CHECKING, Final

from bocau.protocols.imap import acl, metadata, notify, quota
from bocau.protocols.imap import append as a
from bocau.protocols.imap import commands as c
from bocau.protocols.imap import finding as f
from bocau.rules.quirks import BUILT_IN, NOTHING, leaves_out, without_for_client, without_for_host

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

COMMANDS: Final[dict[type, str]] = {
    c.Compress: "COMPRESS=DEFLATE",
    c.Enable: "ENABLE",
    c.Id: "ID",
    c.Idle: "IDLE",
    c.Move: "MOVE",
    c.Namespace: "NAMESPACE",
    c.Unauthenticate: "UNAUTHENTICATE",
    c.Unselect: "UNSELECT",
    c.GetJmapAccess: "JMAPACCESS",
    a.ReplaceMessage: "REPLACE",
    acl.SetAcl: "ACL",
    acl.DeleteAcl: "ACL",
    acl.GetAcl: "ACL",
    acl.ListRights: "ACL",
    acl.MyRights: "ACL",
    f.Sort: "SORT",
    f.Thread: "THREAD",
    f.MultiSearch: "MULTISEARCH",
    f.CancelUpdate: "CONTEXT",
    metadata.GetMetadata: "METADATA",
    metadata.SetMetadata: "METADATA",
    notify.Notify: "NOTIFY",
    quota.GetQuota: "QUOTA",
    quota.GetQuotaRoot: "QUOTA",
    quota.SetQuota: "QUOTASET",
}


def is_refused(without: frozenset[str], event: object) -> bool:
    """Whether a command is switched off here."""
    word = COMMANDS.get(type(event))
    return word is not None and leaves_out(without, word)


def left(without: frozenset[str], announced: bytes) -> bytes:
    """The words of a capability line that stay."""
    if not without:
        return announced
    words = announced.decode("ascii").split(" ")
    return " ".join(word for word in words if not leaves_out(without, word.upper())).encode("ascii")


def known_of_host(session: "ImapSession") -> frozenset[str]:
    return without_for_host(session.service.settings.quirks, session.connection.peer_host)


def known_of_client(session: "ImapSession", name: str, version: str) -> frozenset[str]:
    """What its own words say; nothing for a client without a name."""
    if not name:
        return NOTHING
    return without_for_client((*session.service.settings.quirks, *BUILT_IN), name, version)
