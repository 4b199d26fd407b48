-- Sending as JMAP sees it (RFC 8621 sections 6 to 8), and whom an account has written to.

CREATE TABLE identity (
    account_id INTEGER NOT NULL,
    identity_id INTEGER NOT NULL,               -- the modseq of its creation: never given again
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    reply_to TEXT,                              -- JSON list of {name, email}; NULL: none
    bcc TEXT,
    text_signature TEXT NOT NULL,
    html_signature TEXT NOT NULL,
    is_kept INTEGER NOT NULL,                   -- made by the server: may not be removed
    PRIMARY KEY (account_id, identity_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE email_submission (
    submission_id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL,
    identity_id INTEGER NOT NULL,
    email_id INTEGER NOT NULL,
    thread_id INTEGER NOT NULL,
    envelope TEXT NOT NULL,                     -- JSON, as in RFC 8621 section 7
    send_at INTEGER NOT NULL,
    undo_status TEXT NOT NULL,                  -- 'pending', 'final', 'canceled'
    queue_id INTEGER,                           -- in the outgoing queue, or what it was there
    delivery TEXT NOT NULL,                     -- JSON: DeliveryStatus by recipient, as last known
    message_id TEXT,                            -- of what is sent: reports refer to it
    reports TEXT NOT NULL DEFAULT '[]',         -- JSON [[kind, email id], …]: what has come back (RFC 3464, RFC 8098)
    made_modseq INTEGER NOT NULL,               -- of its creation: tells what is new from what has changed
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX email_submission_account ON email_submission (account_id, submission_id);
CREATE INDEX email_submission_queue ON email_submission (queue_id) WHERE queue_id IS NOT NULL;
CREATE INDEX email_submission_message ON email_submission (account_id, message_id) WHERE message_id IS NOT NULL;
CREATE INDEX email_submission_pending ON email_submission (account_id) WHERE undo_status = 'pending';
CREATE INDEX email_submission_due ON email_submission (send_at) WHERE undo_status = 'pending';

-- What will be sent, while it waits: the email may be changed or destroyed meanwhile.
CREATE TABLE held_body (
    submission_id INTEGER PRIMARY KEY,
    pack INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    length INTEGER NOT NULL,
    sha256 BLOB NOT NULL
) STRICT;

CREATE TABLE vacation (
    account_id INTEGER PRIMARY KEY,
    is_enabled INTEGER NOT NULL,                -- only rows that are enabled are looked at by a delivery
    from_at INTEGER,
    to_at INTEGER,
    subject TEXT,
    text_body TEXT,
    html_body TEXT
) STRICT;

-- Who has been told (RFC 5230: not the same person again for some days).
CREATE TABLE vacation_reply (
    account_id INTEGER NOT NULL,
    sender TEXT NOT NULL,                       -- address key
    replied_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, sender)
) STRICT, WITHOUT ROWID;

-- Addresses that an account writes to: completion, and "you have not written to this address before".
CREATE TABLE correspondent (
    account_id INTEGER NOT NULL,
    address TEXT NOT NULL,                      -- address key
    shown TEXT NOT NULL,                        -- the address as written
    name TEXT NOT NULL,
    folded TEXT NOT NULL,                       -- name and address without case and accents
    sent_count INTEGER NOT NULL,
    last_sent_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, address)
) STRICT, WITHOUT ROWID;
