"""One command one file. `HANDLERS` says who answers what."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from bocau.protocols.imap import append as a
from bocau.protocols.imap import commands as c
from bocau.protocols.imap import replies as r
from bocau.services.imap.commands import (
    append,
    authenticate,
    capability,
    check,
    close,
    copy,
    create,
    delete,
    enable,
    expunge,
    fetch,
    id,
    idle,
    list,
    login,
    logout,
    lsub,
    move,
    namespace,
    noop,
    rename,
    search,
    select,
    starttls,
    status,
    store,
    subscribe,
    unselect,
)

Handler = Callable[[Any, Any], Awaitable[None]]

HANDLERS: Final[dict[type, Handler]] = {
    c.Capability: capability.answer,
    c.Noop: noop.answer,
    c.Logout: logout.answer,
    c.Id: id.answer,
    c.StartTls: starttls.answer,
    c.Authenticate: authenticate.answer,
    r.SaslResponse: authenticate.step,
    c.Login: login.answer,
    c.Enable: enable.answer,
    c.Select: select.answer,
    c.Examine: select.answer,
    c.Create: create.answer,
    c.Delete: delete.answer,
    c.Rename: rename.answer,
    c.Subscribe: subscribe.answer,
    c.Unsubscribe: subscribe.answer,
    c.List: list.answer,
    c.Lsub: lsub.answer,
    c.Namespace: namespace.answer,
    c.Status: status.answer,
    a.AppendMessage: append.offered,
    a.AppendChunk: append.received,
    a.AppendEnd: append.ended,
    c.Idle: idle.answer,
    r.IdleDone: idle.done,
    c.Close: close.answer,
    c.Unselect: unselect.answer,
    c.Check: check.answer,
    c.Expunge: expunge.answer,
    c.Search: search.answer,
    c.Fetch: fetch.answer,
    c.Store: store.answer,
    c.Copy: copy.answer,
    c.Move: move.answer,
}
