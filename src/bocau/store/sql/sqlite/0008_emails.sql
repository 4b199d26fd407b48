-- Emails by their own identity (RFC 8621): found, changed and followed wherever they lie.

CREATE INDEX message_email ON message (email_id);
CREATE INDEX email_key_thread ON email_key (thread_id);
-- Emails with several places: seldom any, so asking whether there are costs nothing.
CREATE INDEX email_shared ON email (email_id) WHERE place_count > 1;

-- Something to open or save beside the text; NULL: not computed yet (bocau.store.refill).
ALTER TABLE email_key ADD COLUMN has_attachment INTEGER;
UPDATE account_state SET unkeyed_serial = last_email_serial;

-- Which emails came, moved or went: serials, as ranges like `uids`. NULL in rows older than this column.
ALTER TABLE change ADD COLUMN emails TEXT;
-- Of emails that exist no more: JSON [[email serial, thread serial], …].
ALTER TABLE change ADD COLUMN gone TEXT;
-- The kinds that do not concern mail; few rows, so their last change is found at once.
CREATE INDEX change_apart ON change (account_id, kind, modseq) WHERE kind >= 9;

ALTER TABLE mailbox ADD COLUMN sort_order INTEGER NOT NULL DEFAULT 0;
