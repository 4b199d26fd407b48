-- A copy is an email of its own, with its places and its body; what was parsed of that stands once, in the row of
-- the email that was copied first (docs/decisions/0003).

-- Whose row that is; NULL: this one. Never that of a copy. No row is written anew; SQLite looks at each once, since
-- the table is STRICT: a second for a million.
ALTER TABLE email ADD COLUMN content_id INTEGER;

-- The same from the other end: a row stays while copies refer to it (bocau.store.purging). A table, because an
-- index would look at every email once more.
CREATE TABLE email_copy (
    content_id INTEGER NOT NULL,
    email_id INTEGER NOT NULL,
    PRIMARY KEY (content_id, email_id)
) STRICT, WITHOUT ROWID;
