"""Credentials of an account: main password, app passwords, tokens. Functions of one write transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bocau.base.errors import AlreadyExists, BadName, LimitReached, NotPermitted
from bocau.base.ids import AccountId
from bocau.database import Sql
from bocau.directory.passwords import Secret
from bocau.directory.settings import APP_PASSWORDS_MAX, LABEL_CHARACTERS_MAX
from bocau.directory.standings import scopes_of
from bocau.directory.statements import SQL
from bocau.directory.values import Credential, Scope

MAIN_LABEL = ""


@dataclass(frozen=True, slots=True)
class TokenTerms:
    """That a credential is a token, and when it ends (None: never)."""

    expires_at: int | None


@dataclass(frozen=True, slots=True)
class ScramSalt:
    """Of an account; the same for all its credentials."""

    salt: bytes
    iterations: int


def credential_of(row: Sequence[Any]) -> Credential:
    return Credential(
        row[0], AccountId(row[1]), row[2], scopes_of(row[3]), row[4], row[5], bool(row[6]), row[7]
    )


def check(label: str, scopes: frozenset[Scope]) -> None:
    """An app password or token needs a name that people can read, and something that it opens. BadName."""
    if not label or len(label) > LABEL_CHARACTERS_MAX or not label.isprintable() or label.strip() != label:
        raise BadName(f"a label is 1 to {LABEL_CHARACTERS_MAX} printable characters")
    if not scopes:
        raise BadName("an app password or token needs a scope")


def scram_salt(sql: Sql, account_id: AccountId) -> ScramSalt | None:
    row = sql.row(SQL.scram_of_account, {"account_id": account_id})
    return ScramSalt(row[0], row[1]) if row is not None else None


def add(
    sql: Sql,
    account_id: AccountId,
    label: str,
    scopes: frozenset[Scope] | None,
    secret: Secret,
    now: int,
    *,
    token: TokenTerms | None = None,
) -> Credential:
    """Add a credential with its SCRAM keys. AlreadyExists (label), LimitReached."""
    rows = sql.rows(SQL.credentials, {"account_id": account_id})
    if any(row[2] == label for row in rows):
        raise AlreadyExists(f"an app password or token named {label}")
    if len(rows) > APP_PASSWORDS_MAX:
        raise LimitReached(f"more than {APP_PASSWORDS_MAX} app passwords and tokens")
    text = None if scopes is None else ",".join(sorted(scope.value for scope in scopes))
    expires_at = token.expires_at if token is not None else None
    sql.execute(
        SQL.insert_credential,
        {
            "account_id": account_id,
            "label": label,
            "scopes": text,
            "secret": secret.text,
            "created_at": now,
            "is_token": int(token is not None),
            "expires_at": expires_at,
        },
    )
    credential_id = int(sql.value(SQL.last_id))
    for mechanism, keys in secret.scram.items():
        sql.execute(SQL.insert_scram_key, (credential_id, mechanism, keys.stored_key, keys.server_key))
    return Credential(
        credential_id, account_id, label, scopes, now, None, is_token=token is not None, expires_at=expires_at
    )


def remove(sql: Sql, account_id: AccountId, credential_id: int) -> None:
    """Remove an app password or token. NotPermitted when there is none with this number, or it is the main
    password."""
    rows = sql.rows(SQL.credentials, {"account_id": account_id})
    label = next((row[2] for row in rows if row[0] == credential_id), None)
    if not label:
        raise NotPermitted(f"no app password or token {credential_id}")
    _delete(sql, account_id, credential_id)


def replace_main(sql: Sql, account_id: AccountId, secret: Secret, now: int) -> int:
    """Set the main password: a new row, so that logins proved by the old one end. Returns its number."""
    old = sql.value(SQL.main_credential, {"account_id": account_id})
    if old is not None:
        _delete(sql, account_id, old)
    return add(sql, account_id, MAIN_LABEL, None, secret, now).credential_id


def _delete(sql: Sql, account_id: AccountId, credential_id: int) -> None:
    sql.execute(SQL.delete_scram_keys, {"credential_id": credential_id})
    sql.execute(SQL.delete_credential, {"account_id": account_id, "credential_id": credential_id})
