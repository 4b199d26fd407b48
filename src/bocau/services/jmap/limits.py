"""The limits that the session announces (RFC 8620 §2) and those it has no word for."""

from dataclasses import dataclass
from typing import Final

JSON_DEPTH_MAX: Final = 64
"""Levels of arrays and objects in a request."""
JSON_CONTAINERS_MAX: Final = 50_000
"""Arrays and objects in a request."""
ANSWER_BYTES_MAX: Final = 32 * 1024 * 1024
"""Of the answers of one request; calls after that are not run."""
POINTER_DEPTH_MAX: Final = 32
"""Steps of a result reference's path."""
REFERRED_WEIGHT_MAX: Final = 8_000_000
"""Values and characters that the result references of one request may bring in: each call could double what
the call before it answered."""
POINTER_RESULTS_MAX: Final = 100_000
"""Values that a path with "*" may lead to."""


@dataclass(frozen=True, slots=True)
class Limits:
    max_size_upload: int = 50 * 1024 * 1024
    max_concurrent_upload: int = 8
    """Of one account, over all workers: several programs, several pages."""
    max_size_request: int = 10 * 1024 * 1024
    max_concurrent_requests: int = 16
    """Likewise."""
    max_calls_in_request: int = 32
    max_objects_in_get: int = 1000
    max_objects_in_set: int = 1000
    request_seconds: float = 60.0
    """A request that takes longer is given up."""
