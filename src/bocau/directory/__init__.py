"""Who is who: domains, accounts, aliases, groups, credentials, login throttling.

Door: Directory, its settings and its values. Schema: ("directory", "bocau.directory", "sql/sqlite").
"""

from bocau.directory.claims import ScramKeys
from bocau.directory.directory import Directory
from bocau.directory.settings import DirectorySettings, PasswordSettings, ThrottleSettings
from bocau.directory.values import (
    Account,
    Alias,
    Certified,
    Credential,
    Domain,
    Expansion,
    Group,
    Login,
    LoginAttempt,
    Scope,
    SecondFactor,
    SignIn,
    SignInOutcome,
    WebSession,
)

__all__ = [
    "Account",
    "Alias",
    "Certified",
    "Credential",
    "Directory",
    "DirectorySettings",
    "Domain",
    "Expansion",
    "Group",
    "Login",
    "LoginAttempt",
    "PasswordSettings",
    "Scope",
    "ScramKeys",
    "SecondFactor",
    "SignIn",
    "SignInOutcome",
    "ThrottleSettings",
    "WebSession",
]
