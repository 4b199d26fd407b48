-- What the webmail keeps of an account, and long work on many emails.

CREATE TABLE preference (
    account_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,                        -- JSON
    PRIMARY KEY (account_id, name)
) STRICT, WITHOUT ROWID;

-- "Everything that matches" as one piece of work, done in portions by the background process.
CREATE TABLE email_batch (
    batch_id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL,
    work TEXT NOT NULL,                         -- JSON: the patch of each email, or destroy
    emails BLOB NOT NULL,                       -- serials, 4 bytes each, in the order of the work
    undo BLOB,                                  -- JSON: what each email was before; NULL: cannot be undone
    total INTEGER NOT NULL,
    done INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    status TEXT NOT NULL,                       -- 'waiting', 'running', 'done', 'canceled', 'undone'
    created_at INTEGER NOT NULL,
    finished_at INTEGER
) STRICT;

CREATE INDEX email_batch_account ON email_batch (account_id, batch_id);
CREATE INDEX email_batch_open ON email_batch (batch_id) WHERE status IN ('waiting', 'running');
