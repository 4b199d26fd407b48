-- Who is who. Every administrative write bumps directory_state.version, so that caches of every process see it.

CREATE TABLE directory_state (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    version INTEGER NOT NULL,
    -- Bumped with every counted login failure: caches of the throttle compare it.
    failure_serial INTEGER NOT NULL,
    -- Keys the digests of app passwords and the made-up SCRAM salts of unknown names.
    secret BLOB NOT NULL
);

INSERT INTO directory_state (only_row, version, failure_serial, secret) VALUES (1, 1, 1, randomblob(32));

CREATE TABLE domains (
    -- AUTOINCREMENT here and below: an id once seen is never given to someone else.
    domain_id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    catch_all_local TEXT,
    catch_all_domain TEXT,
    is_disabled INTEGER NOT NULL DEFAULT 0
);

-- One row per name of ours, whatever it names: an address has one owner.
CREATE TABLE addresses (
    address_id INTEGER PRIMARY KEY AUTOINCREMENT,
    domain TEXT NOT NULL,
    -- Folded: equal keys are the same name.
    local_key TEXT NOT NULL,
    -- As it was written.
    local_part TEXT NOT NULL,
    -- 'account', 'alias' or 'group'
    kind TEXT NOT NULL,
    UNIQUE (domain, local_key)
);

CREATE TABLE accounts (
    account_id INTEGER PRIMARY KEY AUTOINCREMENT,
    address_id INTEGER NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    quota_bytes INTEGER,
    is_disabled INTEGER NOT NULL DEFAULT 0,
    is_admin INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    -- One salt for all credentials of an account: a SCRAM server names the salt before it knows which is used.
    scram_salt BLOB NOT NULL,
    scram_iterations INTEGER NOT NULL
);

-- Targets of aliases and members of groups.
CREATE TABLE address_targets (
    address_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    local_part TEXT NOT NULL,
    domain TEXT NOT NULL,
    PRIMARY KEY (address_id, position)
) WITHOUT ROWID;

CREATE TABLE group_senders (
    address_id INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    PRIMARY KEY (address_id, account_id)
) WITHOUT ROWID;

CREATE TABLE credentials (
    -- A changed password is a new row: whoever holds the old id is no longer logged in.
    credential_id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL,
    -- '' is the main password.
    label TEXT NOT NULL,
    -- Comma-separated; NULL is all.
    scopes TEXT,
    -- "$argon2id$…", or "hmac-sha256$…" for a generated app password.
    secret TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    UNIQUE (account_id, label)
);

CREATE TABLE scram_keys (
    credential_id INTEGER NOT NULL,
    mechanism TEXT NOT NULL,
    stored_key BLOB NOT NULL,
    server_key BLOB NOT NULL,
    PRIMARY KEY (credential_id, mechanism)
) WITHOUT ROWID;

CREATE TABLE login_failures (
    -- A network, or a network and a name.
    subject TEXT PRIMARY KEY,
    failure_count INTEGER NOT NULL,
    last_failed_at REAL NOT NULL,
    -- 16 bits of a keyed digest: tells a stale client from a guesser, too little to learn a password from.
    last_guess INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX login_failures_by_age ON login_failures (last_failed_at);
