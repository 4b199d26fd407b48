"""SMTP for strangers (25), for our users (587, 465) and LMTP (24) over one flow.

    runtime.listener → SmtpService.serve → SmtpSession → commands → flow.receive | flow.submit

Door: SmtpService, SmtpSettings, the profiles MX, SUBMISSION, LMTP, TraceIds, InFlight.
"""

from bocau.services.smtp.in_flight import InFlight
from bocau.services.smtp.profiles import LMTP, MX, SUBMISSION, Profile
from bocau.services.smtp.service import SmtpService
from bocau.services.smtp.settings import SmtpDeadlines, SmtpLimits, SmtpSettings
from bocau.services.smtp.trace_id import TraceIds

__all__ = [
    "LMTP",
    "MX",
    "SUBMISSION",
    "InFlight",
    "Profile",
    "SmtpDeadlines",
    "SmtpLimits",
    "SmtpService",
    "SmtpSettings",
    "TraceIds",
]
