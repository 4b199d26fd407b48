-- Mailboxes shared with others (RFC 4314).

CREATE TABLE access (
    account_id INTEGER NOT NULL,                -- whose mailbox
    mailbox_id INTEGER NOT NULL,
    grantee_id INTEGER NOT NULL,                -- an account; 0: anyone
    is_negative INTEGER NOT NULL,               -- rights taken away, not given
    rights TEXT NOT NULL,                       -- letters of RFC 4314, sorted
    PRIMARY KEY (account_id, mailbox_id, grantee_id, is_negative)
) STRICT, WITHOUT ROWID;

CREATE INDEX access_grantee ON access (grantee_id, account_id, mailbox_id);

-- \Seen of readers other than the owner, whose own \Seen is in `message`.
CREATE TABLE seen (
    account_id INTEGER NOT NULL,                -- whose mailbox
    mailbox_id INTEGER NOT NULL,
    reader_id INTEGER NOT NULL,
    uids TEXT NOT NULL,                         -- as in `change`
    PRIMARY KEY (account_id, mailbox_id, reader_id)
) STRICT, WITHOUT ROWID;
