"""Bodies: append-only pack files of self-describing records (docs/decisions/0003).

Door: BlobRef, Blobs, BlobLost.
"""

from bocau.store.blobs.blobs import READ_NOW_BYTES_MAX, Blobs
from bocau.store.blobs.packs import BlobLost
from bocau.store.blobs.ref import BlobRef

__all__ = ["READ_NOW_BYTES_MAX", "BlobLost", "BlobRef", "Blobs"]
