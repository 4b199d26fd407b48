"""The report as a message (RFC 3464, built by `formats.dsn`)."""

from bocau.flow.reports.values import Report


def report_message(report: Report, hostname: str, report_id: str, now: float) -> bytes:
    raise NotImplementedError
