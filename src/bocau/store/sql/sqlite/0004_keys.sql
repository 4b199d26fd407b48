-- What lists, sorting and threading need of an email, computed once when it comes in.

-- The header fields that clients list with (bocau.formats.listing), as they stand in the message, ready to send;
-- NULL: not computed. `listed_fields` has a bit for each of these fields that occurs.
ALTER TABLE email ADD COLUMN listed BLOB;
ALTER TABLE email ADD COLUMN listed_fields INTEGER NOT NULL DEFAULT 0;

-- What SORT and THREAD order and group by (RFC 5256, RFC 5957). Narrow on purpose: a whole mailbox is read at once.
CREATE TABLE email_key (
    email_id INTEGER PRIMARY KEY,
    thread_id INTEGER NOT NULL,                 -- the email_id of the thread's first email
    message_key INTEGER NOT NULL,               -- 64-bit hash of the Message-ID; 0: none
    reference_keys BLOB NOT NULL,               -- hashes of References (else In-Reply-To), 8 bytes each, oldest first
    is_reply INTEGER NOT NULL,                  -- the subject says "Re:" or "Fwd:" (RFC 5256 section 2.1)
    subject_key TEXT NOT NULL,                  -- base subject, folded (i;unicode-casemap)
    from_key TEXT NOT NULL,                     -- local part of the first address, folded
    to_key TEXT NOT NULL,
    cc_key TEXT NOT NULL,
    from_name TEXT NOT NULL,                    -- display name of the first address, else the address, folded
    to_name TEXT NOT NULL
) STRICT;

-- Which thread a Message-ID belongs to: the hash of the id together with the base subject. Rows go with the
-- account only: a thread outlives its emails. One row is some 30 bytes, an email brings one, a reply seldom more.
CREATE TABLE thread_key (
    account_id INTEGER NOT NULL,
    key INTEGER NOT NULL,
    thread_id INTEGER NOT NULL,
    PRIMARY KEY (account_id, key)
) STRICT, WITHOUT ROWID;

-- Emails up to this serial came before there were keys: bocau.store.refill computes them, from the newest down.
ALTER TABLE account_state ADD COLUMN unkeyed_serial INTEGER NOT NULL DEFAULT 0;
UPDATE account_state SET unkeyed_serial = last_email_serial;
