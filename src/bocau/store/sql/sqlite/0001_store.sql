-- Accounts, mailboxes, emails, messages, the change log (docs/decisions/0003).
-- Every table is clustered by account: an email's id leads with it too (account_id << 32 | serial).

CREATE TABLE account_state (
    account_id INTEGER PRIMARY KEY,
    modseq INTEGER NOT NULL DEFAULT 0,          -- of the last change
    last_mailbox_id INTEGER NOT NULL DEFAULT 0,
    last_email_serial INTEGER NOT NULL DEFAULT 0,
    last_uid_validity INTEGER NOT NULL DEFAULT 0,
    used_bytes INTEGER NOT NULL DEFAULT 0,
    message_count INTEGER NOT NULL DEFAULT 0,
    limit_bytes INTEGER                         -- NULL: no limit
) STRICT;

CREATE TABLE mailbox (
    account_id INTEGER NOT NULL,
    mailbox_id INTEGER NOT NULL,                -- never used again within the account
    uid_next INTEGER NOT NULL DEFAULT 1,
    highest_modseq INTEGER NOT NULL,
    message_count INTEGER NOT NULL DEFAULT 0,
    unseen_count INTEGER NOT NULL DEFAULT 0,
    deleted_count INTEGER NOT NULL DEFAULT 0,
    size_bytes INTEGER NOT NULL DEFAULT 0,
    recent_uid INTEGER NOT NULL DEFAULT 0,
    uid_validity INTEGER NOT NULL,
    is_subscribed INTEGER NOT NULL DEFAULT 0,
    role TEXT,
    name TEXT NOT NULL,                         -- the whole path, NFC, levels separated by "/"
    keywords TEXT NOT NULL DEFAULT '',          -- all that have been used in it, sorted
    PRIMARY KEY (account_id, mailbox_id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX mailbox_name ON mailbox (account_id, name);

-- What stays the same wherever the email lies. A rowid table, because rows are long: a page of an index tree
-- (WITHOUT ROWID) would keep a quarter page of each and push the rest to overflow pages.
CREATE TABLE email (
    email_id INTEGER PRIMARY KEY,               -- account_id << 32 | serial
    place_count INTEGER NOT NULL DEFAULT 1,     -- messages that are this email; the last one takes it along
    pack INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    length INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    message_id TEXT,
    sender TEXT NOT NULL,
    subject TEXT NOT NULL,
    preview TEXT NOT NULL,
    envelope BLOB NOT NULL,
    body_structure BLOB NOT NULL
) STRICT;

-- An email's place in a mailbox, narrow: flags, sizes and dates are listed, sorted and searched without the email.
CREATE TABLE message (
    account_id INTEGER NOT NULL,
    mailbox_id INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    modseq INTEGER NOT NULL,
    flags INTEGER NOT NULL,                     -- bits of bocau.store.values.Flags
    keywords TEXT NOT NULL,                     -- all others, sorted, separated by a space
    email_id INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    saved_at INTEGER NOT NULL,
    sent_at INTEGER,
    PRIMARY KEY (account_id, mailbox_id, uid)
) STRICT, WITHOUT ROWID;

-- What happened, one row a verb and mailbox: STORE 1:* of 100,000 messages is one row.
CREATE TABLE change (
    account_id INTEGER NOT NULL,
    modseq INTEGER NOT NULL,
    kind INTEGER NOT NULL,                      -- bocau.store.values.ChangeKind
    mailbox_id INTEGER NOT NULL,
    uids TEXT NOT NULL,                         -- "3" or "1:90,95", ascending; '' for changes of the mailbox itself
    PRIMARY KEY (account_id, modseq)
) STRICT, WITHOUT ROWID;

-- Packs whose live bodies have moved to another one; removed after the grace time, when no reader can mean them.
CREATE TABLE retired_pack (
    pack INTEGER PRIMARY KEY,
    retired_at INTEGER NOT NULL
) STRICT;
