-- name: annotation
SELECT value FROM annotation
WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND reader_id = :reader_id AND entry = :entry;

-- name: below
SELECT entry, value FROM annotation
WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND reader_id = :reader_id
    AND entry > :entry || '/' AND entry < :entry2 || '0'
ORDER BY entry;

-- name: count
SELECT count(*) FROM annotation
WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND reader_id = :reader_id;

-- name: size
SELECT coalesce(sum(length(value)), 0) FROM annotation WHERE account_id = :account_id;

-- name: annotate
INSERT INTO annotation (account_id, mailbox_id, reader_id, entry, value)
VALUES (:account_id, :mailbox_id, :reader_id, :entry, :value)
ON CONFLICT (account_id, mailbox_id, reader_id, entry) DO UPDATE SET value = excluded.value;

-- name: note_mailbox
UPDATE mailbox SET highest_modseq = :modseq WHERE account_id = :account_id AND mailbox_id = :mailbox_id;

-- name: remove
DELETE FROM annotation
WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND reader_id = :reader_id AND entry = :entry;

-- name: copy
INSERT INTO annotation (account_id, mailbox_id, reader_id, entry, value)
SELECT account_id, :target, reader_id, entry, value FROM annotation
WHERE account_id = :account_id AND mailbox_id = :mailbox_id;

-- name: forget_mailbox
DELETE FROM annotation WHERE account_id = :account_id AND mailbox_id = :mailbox_id;

-- name: forget_account
DELETE FROM annotation WHERE account_id = :account_id OR reader_id = :account_id;
