-- Subscriptions are names, which need not exist (RFC 9051 section 6.3.7); annotations (RFC 5464).

CREATE TABLE subscription (
    account_id INTEGER NOT NULL,                -- whose list
    name TEXT NOT NULL,                         -- as this account calls it, also of others' mailboxes
    PRIMARY KEY (account_id, name)
) STRICT, WITHOUT ROWID;

INSERT INTO subscription SELECT account_id, name FROM mailbox WHERE is_subscribed;

CREATE TABLE annotation (
    account_id INTEGER NOT NULL,
    mailbox_id INTEGER NOT NULL,                -- 0: of the account itself
    reader_id INTEGER NOT NULL,                 -- whose private one; 0: shared
    entry TEXT NOT NULL,                        -- without /private or /shared, lower case
    value BLOB NOT NULL,
    PRIMARY KEY (account_id, mailbox_id, reader_id, entry)
) STRICT, WITHOUT ROWID;
