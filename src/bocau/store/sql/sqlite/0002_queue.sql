-- The outgoing queue (docs/decisions/0005) and what submission counts.

CREATE TABLE queue_message (
    -- AUTOINCREMENT: an id names a message in the log for ever, so it is never used again.
    queue_id INTEGER PRIMARY KEY AUTOINCREMENT,
    trace_id TEXT NOT NULL,
    account_id INTEGER,             -- the login that submitted it; NULL: none
    pack INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    length INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    skip_bytes INTEGER NOT NULL,    -- leading bytes of the body that are not sent (the local Return-Path)
    reverse_path TEXT NOT NULL,     -- '': the null reverse-path
    envid TEXT,
    ret TEXT,
    body_type TEXT NOT NULL,
    smtputf8 INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    warn_at INTEGER,                -- when the sender is told of the delay; NULL: done or not wanted
    is_held INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX queue_message_expiry ON queue_message (expires_at) WHERE is_held = 0;
CREATE INDEX queue_message_warning ON queue_message (warn_at) WHERE warn_at IS NOT NULL AND is_held = 0;

CREATE TABLE queue_recipient (
    queue_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    address TEXT NOT NULL,
    orcpt TEXT,
    notify TEXT,                    -- as on the wire, "SUCCESS,FAILURE"; NULL: not said
    domain TEXT NOT NULL,
    destination TEXT NOT NULL,      -- what shares connections and their limit: the domain, or its route
    status INTEGER NOT NULL,        -- RecipientStatus of bocau.store.queue
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER NOT NULL,
    leased_until INTEGER,
    last_attempt_at INTEGER,
    last_reply TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (queue_id, number)
) STRICT, WITHOUT ROWID;

-- What is due, over all destinations and within one: range reads, however much waits.
CREATE INDEX queue_recipient_due ON queue_recipient (next_attempt_at, destination) WHERE status = 0;
CREATE INDEX queue_recipient_destination ON queue_recipient (destination, next_attempt_at) WHERE status = 0;
CREATE INDEX queue_recipient_leased ON queue_recipient (leased_until) WHERE status = 1;

-- What each account submitted, by the hour, over all processes.
CREATE TABLE submission_count (
    account_id INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    recipients INTEGER NOT NULL,
    PRIMARY KEY (account_id, hour)
) STRICT, WITHOUT ROWID;
