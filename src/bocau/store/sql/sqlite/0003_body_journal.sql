-- Small bodies that are acknowledged before their pack is synced (bocau.store.blobs.journal): whole records, as
-- they stand in the pack. Emptied about once a second; what a crash leaves is written into the packs again.
CREATE TABLE body_journal (
    serial INTEGER PRIMARY KEY,
    pack INTEGER NOT NULL,
    at INTEGER NOT NULL,                        -- of the record's header in the pack
    record BLOB NOT NULL
) STRICT;
