"""The capabilities by their URIs; what each says of itself in the session is in `session_object`."""

from typing import Final

CORE: Final = "urn:ietf:params:jmap:core"
MAIL: Final = "urn:ietf:params:jmap:mail"
SUBMISSION: Final = "urn:ietf:params:jmap:submission"
VACATION: Final = "urn:ietf:params:jmap:vacationresponse"
WEBSOCKET: Final = "urn:ietf:params:jmap:websocket"
BLOB: Final = "urn:ietf:params:jmap:blob"
QUOTA: Final = "urn:ietf:params:jmap:quota"
MDN: Final = "urn:ietf:params:jmap:mdn"
BOCAU: Final = "urn:bocau:params:jmap"
"""Our own: what a webmail needs beyond the standard (docs/jmap.md)."""
