-- Emails whose last place has gone, still to be taken out of `email` and `email_key` (bocau.store.purging); a row
-- is one portion. Whoever reads emails asks for a place, so to them they have gone already.
CREATE TABLE purge (
    purge_id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL,
    emails TEXT NOT NULL                        -- serials, as ranges like those of change.uids
) STRICT;

CREATE INDEX purge_account ON purge (account_id);
