-- name: own
SELECT uids FROM seen WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND reader_id = :reader_id;

-- name: own_in_account
SELECT mailbox_id, uids FROM seen
WHERE account_id = :account_id AND reader_id = :reader_id
    AND mailbox_id IN (SELECT value FROM json_each(:mailbox_ids));

-- name: all_of_mailbox
SELECT reader_id, uids FROM seen WHERE account_id = :account_id AND mailbox_id = :mailbox_id;

-- name: keep
INSERT INTO seen (account_id, mailbox_id, reader_id, uids) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET uids = excluded.uids;

-- name: drop
DELETE FROM seen WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND reader_id = :reader_id;

-- name: drop_mailbox
DELETE FROM seen WHERE account_id = :account_id AND mailbox_id = :mailbox_id;

-- name: drop_account
DELETE FROM seen WHERE account_id = :account_id OR reader_id = :reader_id;

-- name: uids_until
SELECT json_group_array(uid) FROM (
    SELECT uid FROM message
    WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND uid BETWEEN :first AND :last
        AND modseq <= :unchanged_since
    ORDER BY uid);

-- name: touch
UPDATE message SET modseq = :modseq
WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND uid BETWEEN :first AND :last;
