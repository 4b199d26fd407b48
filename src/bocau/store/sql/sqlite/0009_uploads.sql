-- Bodies that a client has handed in for later use (RFC 8620 section 6.1); swept a while after.
CREATE TABLE upload (
    upload_id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL,
    type TEXT NOT NULL,                         -- media type, as the client said
    pack INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    length INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX upload_account ON upload (account_id, upload_id);
CREATE INDEX upload_age ON upload (created_at);

-- Whom to tell of changes by HTTP (RFC 8620 section 7.2).
CREATE TABLE push_subscription (
    subscription_id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL,
    credential_id INTEGER NOT NULL,             -- the login that made it; it ends with that
    device_client_id TEXT NOT NULL,
    url TEXT NOT NULL,
    p256dh BLOB,                                -- RFC 8291 keys; NULL: not encrypted
    auth BLOB,
    verification_code TEXT NOT NULL,
    is_verified INTEGER NOT NULL DEFAULT 0,
    types TEXT,                                 -- JSON list; NULL: all
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX push_subscription_account ON push_subscription (account_id);
