"""What is wrong with the index, and how far it has come: for `bocau verify` and `bocau index`."""

from collections.abc import Iterator
from dataclasses import dataclass

from bocau.base.ids import AccountId
from bocau.store.reading import Reading
from bocau.store.search.index import SearchIndex
from bocau.store.search.indexer import SEARCH
from bocau.store.search.indexing import accounts_with_files, file_sizes
from bocau.store.search.segment import Segment, SegmentBroken, segment_name


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """How far the index of an account has come."""

    email_count: int
    """Emails in its files; some of them may have been expunged since."""
    waiting_count: int
    """Emails that came after the last file was made: a search reads them itself."""
    file_count: int
    size_bytes: int
    fault_count: int


def index_faults(index: SearchIndex, account_id: int) -> Iterator[str]:
    """Every broken file of an account, each with what is wrong."""
    for first, last in index.ranges(account_id):
        try:
            Segment(index.account_folder(account_id) / segment_name(first, last))
        except FileNotFoundError:  # merged away at this moment
            continue
        except (SegmentBroken, OSError) as error:
            yield str(error)


def accounts_indexed(index: SearchIndex) -> list[AccountId]:
    """Those that have a folder."""
    return [AccountId(account_id) for account_id in sorted(accounts_with_files(index))]


def index_status(index: SearchIndex, reading: Reading) -> IndexStatus:
    """Of the reading's account."""
    last_serial = reading.sql.value(SEARCH.last_serial, (reading.account_id,)) or 0
    ranges = index.ranges(reading.account_id)
    sizes = file_sizes(index, reading.account_id)
    emails, faults = 0, 0
    for first, last in ranges:
        try:
            emails += len(Segment(index.account_folder(reading.account_id) / segment_name(first, last)))
        except FileNotFoundError:
            continue
        except (SegmentBroken, OSError):
            faults += 1
    reached = ranges[-1][1] if ranges else 0
    return IndexStatus(emails, max(last_serial - reached, 0), len(sizes), sum(sizes), faults)
