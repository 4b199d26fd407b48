-- name: leaving
-- Emails whose only place is here, and their threads: JSON of pairs without its brackets.
SELECT count(*), group_concat('[' || (m.email_id & 4294967295) || ',' || (coalesce(k.thread_id, m.email_id) & 4294967295) || ']')
FROM message AS m LEFT JOIN email_key AS k USING (email_id)
WHERE m.account_id = :account_id AND m.mailbox_id = :mailbox_id AND m.uid BETWEEN :first AND :last
    AND (m.flags & :needed) = :needed2
    AND NOT EXISTS (
        SELECT 1 FROM email AS e INDEXED BY email_shared WHERE e.place_count > 1 AND e.email_id = m.email_id);

-- name: staying_bytes
-- Of emails that have another place.
SELECT coalesce(sum(m.size_bytes), 0) FROM message AS m
WHERE m.account_id = :account_id AND m.mailbox_id = :mailbox_id AND m.uid BETWEEN :first AND :last
    AND (m.flags & :needed) = :needed2
    AND EXISTS (
        SELECT 1 FROM email AS e INDEXED BY email_shared WHERE e.place_count > 1 AND e.email_id = m.email_id);

-- name: lose_places
UPDATE email INDEXED BY email_shared SET place_count = place_count - 1 WHERE place_count > 1 AND email_id IN (
    SELECT email_id FROM message
    WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND uid BETWEEN :first AND :last
        AND (flags & :needed) = :needed2);

-- name: contents
-- Whose rows the copies among these emails share: JSON of serials.
SELECT json_group_array(DISTINCT content_id & 4294967295) FROM email
WHERE email_id IN (SELECT (:account_id << 32) + value FROM json_each(:serials)) AND content_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM message AS m WHERE m.email_id = email.email_id);

-- name: delete_copies
DELETE FROM email_copy WHERE (content_id, email_id) IN (
    SELECT content_id, email_id FROM email
    WHERE email_id IN (SELECT (:account_id << 32) + value FROM json_each(:serials)) AND content_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM message AS m WHERE m.email_id = email.email_id));

-- name: delete_emails
-- What has a place stays, whoever says that it has gone; and what copies share.
DELETE FROM email WHERE email_id IN (SELECT (:account_id << 32) + value FROM json_each(:serials))
    AND NOT EXISTS (SELECT 1 FROM message AS m WHERE m.email_id = email.email_id)
    AND NOT EXISTS (SELECT 1 FROM email_copy AS c WHERE c.content_id = email.email_id);

-- name: delete_keys
DELETE FROM email_key WHERE email_id IN (SELECT (:account_id << 32) + value FROM json_each(:serials))
    AND NOT EXISTS (SELECT 1 FROM email AS e WHERE e.email_id = email_key.email_id);

-- name: note
INSERT INTO purge (account_id, emails) VALUES (:account_id, :emails);

-- name: next
SELECT purge_id, account_id, emails FROM purge ORDER BY purge_id LIMIT 1;

-- name: done
DELETE FROM purge WHERE purge_id = :purge_id;

-- name: kept_for_copies
-- Serials of the emails that have gone while copies share their rows.
SELECT DISTINCT c.content_id & 4294967295 FROM email_copy AS c
WHERE c.content_id BETWEEN :account_id << 32 AND (:account_id << 32) + 4294967295
    AND NOT EXISTS (SELECT 1 FROM message AS m WHERE m.email_id = c.content_id);

-- name: of_account
SELECT emails FROM purge WHERE account_id = :account_id;

-- name: forget_account
DELETE FROM purge WHERE account_id = :account_id;
