"""The notification as a message (built by `formats.dsn`)."""

from bocau.flow.reports.values import Notice
from bocau.formats.address import Address
from bocau.formats.dsn import Report, build_dsn
from bocau.formats.xtext import encode_xtext


def notice_message(notice: Notice, reader: Address, hostname: str, notice_id: str, now: float) -> bytes:
    """The whole message, CRLF lines, without trace fields."""
    return build_dsn(
        Report(
            action=notice.action,
            recipients=notice.fates,
            reverse_path=reader,
            postmaster=Address("postmaster", hostname),
            reporting_mta=hostname,
            arrived_at=int(notice.arrived_at),
            message=notice.content,
            at=int(now),
            message_id=f"<{notice_id}@{hostname}>",
            envid=None if notice.envid is None else encode_xtext(notice.envid),
            ret=notice.ret,
            smtputf8=notice.smtputf8,
        )
    )
