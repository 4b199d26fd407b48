"""The session object: what the server can, and what the account may (RFC 8620 §2, RFC 8621 §1.3)."""

import hashlib
from functools import lru_cache
from typing import Any, Final

from bocau.services.jmap import ids, wire
from bocau.services.jmap.capabilities import (
    BLOB,
    BOCAU,
    CORE,
    MAIL,
    MDN,
    QUOTA,
    SUBMISSION,
    VACATION,
    WEBSOCKET,
)
from bocau.services.jmap.context import Caller
from bocau.services.jmap.finding.sorting import COLLATIONS, By
from bocau.services.jmap.settings import JmapSettings

API: Final = "/jmap/api"
DOWNLOAD: Final = "/jmap/download"
UPLOAD: Final = "/jmap/upload"
EVENT_SOURCE: Final = "/jmap/eventsource"
WEB_SOCKET: Final = "/jmap/ws"
SESSION: Final = "/jmap/session"

DIGESTS: Final = ["sha", "sha-256"]
BLOB_TYPES: Final = ["Email", "Thread", "Mailbox"]
DATA_SOURCES_MAX: Final = 100
ATTACHMENTS_BYTES_MAX: Final = 50 * 1024 * 1024

ACCOUNT_CAPABILITIES: Final = (MAIL, SUBMISSION, VACATION, BLOB, QUOTA, MDN, BOCAU)
CAPABILITIES: Final = frozenset((CORE, *ACCOUNT_CAPABILITIES, WEBSOCKET))


def session_object(caller: Caller, settings: JmapSettings, origin: str) -> dict[str, Any]:
    """`origin`: how the client reaches us, as in "https://mail.example.org"."""
    account = ids.account_id(caller.login.account_id)
    address = str(caller.login.address)
    return {
        "capabilities": _capabilities(settings, origin),
        "accounts": {
            account: {
                "name": address,
                "isPersonal": True,
                "isReadOnly": False,
                "accountCapabilities": _account_capabilities(settings),
            }
        },
        "primaryAccounts": dict.fromkeys(ACCOUNT_CAPABILITIES, account),
        "username": address,
        "apiUrl": f"{origin}{API}",
        "downloadUrl": f"{origin}{DOWNLOAD}/{{accountId}}/{{blobId}}/{{name}}?type={{type}}",
        "uploadUrl": f"{origin}{UPLOAD}/{{accountId}}",
        "eventSourceUrl": f"{origin}{EVENT_SOURCE}?types={{types}}&closeafter={{closeafter}}&ping={{ping}}",
        "state": session_state(account, address, settings),
    }


@lru_cache(maxsize=4096)
def session_state(account: str, address: str, settings: JmapSettings) -> str:
    """Changes when anything but the URLs does (RFC 8620 §2)."""
    what = [account, address, _capabilities(settings, ""), _account_capabilities(settings)]
    return hashlib.sha256(wire.encode(what)).hexdigest()[:16]


def state_of(caller: Caller, settings: JmapSettings) -> str:
    return session_state(ids.account_id(caller.login.account_id), str(caller.login.address), settings)


def _capabilities(settings: JmapSettings, origin: str) -> dict[str, Any]:
    limits = settings.limits
    core = {
        "maxSizeUpload": limits.max_size_upload,
        "maxConcurrentUpload": limits.max_concurrent_upload,
        "maxSizeRequest": limits.max_size_request,
        "maxConcurrentRequests": limits.max_concurrent_requests,
        "maxCallsInRequest": limits.max_calls_in_request,
        "maxObjectsInGet": limits.max_objects_in_get,
        "maxObjectsInSet": limits.max_objects_in_set,
        "collationAlgorithms": list(COLLATIONS),
    }
    socket = {"url": f"ws{origin.removeprefix('http')}{WEB_SOCKET}", "supportsPush": True}
    others: dict[str, Any] = {name: {} for name in ACCOUNT_CAPABILITIES}
    own = {"host": str(settings.hostname), "ports": dict(settings.ports)}
    return {CORE: core, **others, WEBSOCKET: socket, BOCAU: own}


def _account_capabilities(settings: JmapSettings) -> dict[str, Any]:
    return {
        MAIL: {
            "maxMailboxesPerEmail": None,
            "maxMailboxDepth": settings.mailbox_depth_max,
            "maxSizeMailboxName": settings.mailbox_name_bytes_max,
            "maxSizeAttachmentsPerEmail": ATTACHMENTS_BYTES_MAX,
            "emailQuerySortOptions": [by.value for by in By],
            "mayCreateTopLevelMailbox": True,
        },
        SUBMISSION: {
            "maxDelayedSend": settings.delayed_send_seconds_max,
            "submissionExtensions": {
                "DSN": [],
                "FUTURERELEASE": [str(settings.delayed_send_seconds_max)],
                "SMTPUTF8": [],
            },
        },
        VACATION: {},
        BLOB: {
            "maxSizeBlobSet": settings.limits.max_size_upload,
            "maxDataSources": DATA_SOURCES_MAX,
            "supportedTypeNames": BLOB_TYPES,
            "supportedDigestAlgorithms": DIGESTS,
        },
        QUOTA: {},
        MDN: {},
        BOCAU: {},
    }
