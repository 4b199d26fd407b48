-- Logging in by a browser: sessions, the second factor, and what has happened.

CREATE TABLE web_sessions (
    -- AUTOINCREMENT: a session's id is shown to people and never used again.
    session_id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL,
    credential_id INTEGER NOT NULL,             -- the password that opened it; the session ends with it
    secret TEXT NOT NULL UNIQUE,                -- SHA-256 of the cookie's value
    csrf TEXT NOT NULL,
    client_host TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    idle_seconds INTEGER NOT NULL,              -- unused for so long, it ends
    expires_at INTEGER NOT NULL                 -- used or not
);

CREATE INDEX web_sessions_account ON web_sessions (account_id, session_id);
CREATE INDEX web_sessions_age ON web_sessions (expires_at);

CREATE TABLE second_factors (
    account_id INTEGER PRIMARY KEY,
    secret BLOB NOT NULL,                       -- RFC 6238, encrypted with a key made of the directory's secret
    last_step INTEGER NOT NULL,                 -- a code is taken once
    confirmed_at INTEGER                        -- NULL: being set up, not asked for yet
);

CREATE TABLE recovery_codes (
    account_id INTEGER NOT NULL,
    secret TEXT NOT NULL,                       -- keyed digest
    used_at INTEGER,
    PRIMARY KEY (account_id, secret)
) WITHOUT ROWID;

-- The last of each account, for its owner to look at.
CREATE TABLE sign_ins (
    sign_in_id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    way TEXT NOT NULL,                          -- the scope that was asked for
    outcome TEXT NOT NULL,                      -- 'ok', 'wrongPassword', 'wrongCode', …
    client_host TEXT NOT NULL,
    client TEXT NOT NULL                        -- user agent or program, as it says itself
);

CREATE INDEX sign_ins_account ON sign_ins (account_id, sign_in_id);
