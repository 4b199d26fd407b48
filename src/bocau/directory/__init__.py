"""Who is who: domains, accounts, aliases, groups, credentials, login throttling.

Door: Directory and its values.
"""

from bocau.directory.directory import Directory
from bocau.directory.values import (
    Account,
    Alias,
    Credential,
    Domain,
    Expansion,
    Group,
    Login,
    LoginAttempt,
    Scope,
)

__all__ = [
    "Account",
    "Alias",
    "Credential",
    "Directory",
    "Domain",
    "Expansion",
    "Group",
    "Login",
    "LoginAttempt",
    "Scope",
]
