-- Work on everything that matches (bocau.store.batches).

-- name: insert
INSERT INTO email_batch (account_id, batch_id, work, total, status, created_at, finished_at)
VALUES (:account_id, :batch_id, :work, :total, :status, :created_at, :finished_at);

-- name: insert_portion
INSERT INTO email_batch_portion (account_id, batch_id, portion, emails)
VALUES (:account_id, :batch_id, :portion, :emails);

-- name: batches
SELECT batch_id, work, total, done, failed, status, created_at, finished_at FROM email_batch
WHERE account_id = :account_id ORDER BY batch_id;

-- name: batch
SELECT batch_id, work, total, done, failed, status, created_at, finished_at FROM email_batch
WHERE account_id = :account_id AND batch_id = :batch_id;

-- name: open
SELECT account_id, batch_id FROM email_batch WHERE finished_at IS NULL ORDER BY account_id, batch_id LIMIT :count;

-- name: is_open
SELECT EXISTS (SELECT 1 FROM email_batch WHERE account_id = :account_id AND finished_at IS NULL);

-- name: next_portion
SELECT portion, emails, former FROM email_batch_portion
WHERE account_id = :account_id AND batch_id = :batch_id AND former IS NULL ORDER BY portion LIMIT 1;

-- name: last_portion
SELECT portion, emails, former FROM email_batch_portion
WHERE account_id = :account_id AND batch_id = :batch_id AND former IS NOT NULL ORDER BY portion DESC LIMIT 1;

-- name: set_former
UPDATE email_batch_portion SET former = :former
WHERE account_id = :account_id AND batch_id = :batch_id AND portion = :portion;

-- name: set_progress
UPDATE email_batch SET done = :done, failed = :failed, status = :status, finished_at = :finished_at
WHERE account_id = :account_id AND batch_id = :batch_id;

-- name: old
SELECT account_id, batch_id FROM email_batch
WHERE finished_at IS NOT NULL AND created_at < :before AND finished_at < :before LIMIT :count;

-- name: delete
DELETE FROM email_batch WHERE account_id = :account_id AND batch_id = :batch_id;

-- name: delete_portions
DELETE FROM email_batch_portion WHERE account_id = :account_id AND batch_id = :batch_id;

-- name: delete_account
DELETE FROM email_batch WHERE account_id = :account_id;

-- name: delete_account_portions
DELETE FROM email_batch_portion WHERE account_id = :account_id;
