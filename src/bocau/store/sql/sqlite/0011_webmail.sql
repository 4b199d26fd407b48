-- What the webmail keeps of an account, and long work on many emails.

CREATE TABLE preference (
    account_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,                        -- JSON
    PRIMARY KEY (account_id, name)
) STRICT, WITHOUT ROWID;

-- "Everything that matches" as one piece of work, done in portions by the background process.
CREATE TABLE email_batch (
    account_id INTEGER NOT NULL,
    batch_id INTEGER NOT NULL,                  -- the modseq of its creation
    work TEXT NOT NULL,                         -- JSON: the patch of each email; 'null': destroy
    total INTEGER NOT NULL,
    done INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    status TEXT NOT NULL,                       -- 'waiting', 'running', 'done', 'canceled', 'undoing', 'undone'
    created_at INTEGER NOT NULL,
    finished_at INTEGER,
    PRIMARY KEY (account_id, batch_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX email_batch_open ON email_batch (account_id, batch_id) WHERE finished_at IS NULL;

-- The emails of a batch, portion by portion.
CREATE TABLE email_batch_portion (
    account_id INTEGER NOT NULL,
    batch_id INTEGER NOT NULL,
    portion INTEGER NOT NULL,
    emails TEXT NOT NULL,                       -- serials, as ranges like those of change.uids
    former TEXT,                                -- JSON: what they were before; NULL: not done, or undone again
    PRIMARY KEY (account_id, batch_id, portion)
) STRICT, WITHOUT ROWID;
