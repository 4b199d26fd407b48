-- The change log as a client follows it that knows emails, threads and mailboxes (RFC 8620 section 5.2).

-- name: rows
SELECT modseq, kind, mailbox_id, uids, name, emails, gone FROM change
WHERE account_id = :account_id AND modseq > :since AND kind < 8 ORDER BY modseq LIMIT :count;

-- name: serials_at
SELECT uid, email_id & 4294967295 FROM message
WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND uid BETWEEN :first AND :last;

-- name: existing
-- Those that are seen: with a place that is not \Deleted (8).
SELECT e.email_id & 4294967295 FROM json_each(:serials) AS j
CROSS JOIN email AS e ON e.email_id = (:account_id << 32) + j.value
WHERE EXISTS (SELECT 1 FROM message AS m WHERE m.email_id = e.email_id AND m.flags & 8 = 0);

-- name: unseen
-- Those that are there, with places that are all \Deleted, and their threads.
SELECT e.email_id & 4294967295, coalesce(k.thread_id, e.email_id) & 4294967295 FROM json_each(:serials) AS j
CROSS JOIN email AS e ON e.email_id = (:account_id << 32) + j.value
LEFT JOIN email_key AS k ON k.email_id = e.email_id
WHERE EXISTS (SELECT 1 FROM message AS m WHERE m.email_id = e.email_id)
    AND NOT EXISTS (SELECT 1 FROM message AS m WHERE m.email_id = e.email_id AND m.flags & 8 = 0);

-- name: deleted_at
-- Messages whose \Deleted (8) is so: their emails, and JSON pairs of these and their threads, without brackets.
SELECT json_group_array(m.email_id & 4294967295), group_concat(
    '[' || (m.email_id & 4294967295) || ',' || (coalesce(k.thread_id, m.email_id) & 4294967295) || ']')
FROM message AS m LEFT JOIN email_key AS k USING (email_id)
WHERE m.account_id = :account_id AND m.mailbox_id = :mailbox_id AND m.uid BETWEEN :first AND :last
    AND m.flags & 8 = :deleted AND m.modseq <= :limit;

-- name: threads_of
SELECT j.value, coalesce(k.thread_id, e.email_id) & 4294967295 FROM json_each(:serials) AS j
CROSS JOIN email AS e ON e.email_id = (:account_id << 32) + j.value
LEFT JOIN email_key AS k ON k.email_id = e.email_id
WHERE EXISTS (SELECT 1 FROM message AS m WHERE m.email_id = e.email_id);

-- name: threads
-- The first email that is seen of each thread that has any.
SELECT thread, min(email) FROM (
    SELECT j.value AS thread, k.email_id & 4294967295 AS email FROM json_each(:serials) AS j
    CROSS JOIN email_key AS k ON k.thread_id = (:account_id << 32) + j.value
    WHERE EXISTS (SELECT 1 FROM message AS m WHERE m.email_id = k.email_id AND m.flags & 8 = 0)
    UNION ALL
    SELECT j.value, j.value FROM json_each(:serials) AS j
    CROSS JOIN email AS e ON e.email_id = (:account_id << 32) + j.value
    WHERE NOT EXISTS (SELECT 1 FROM email_key AS k WHERE k.email_id = e.email_id)
        AND EXISTS (SELECT 1 FROM message AS m WHERE m.email_id = e.email_id AND m.flags & 8 = 0))
GROUP BY thread;

-- name: seen_of_threads
SELECT j.value, k.email_id & 4294967295 FROM json_each(:serials) AS j
CROSS JOIN email_key AS k ON k.thread_id = (:account_id << 32) + j.value
WHERE EXISTS (SELECT 1 FROM message AS m WHERE m.email_id = k.email_id AND m.flags & 8 = 0)
UNION ALL
SELECT j.value, j.value FROM json_each(:serials) AS j
CROSS JOIN email AS e ON e.email_id = (:account_id << 32) + j.value
WHERE NOT EXISTS (SELECT 1 FROM email_key AS k WHERE k.email_id = e.email_id)
    AND EXISTS (SELECT 1 FROM message AS m WHERE m.email_id = e.email_id AND m.flags & 8 = 0);

-- name: mailboxes_of_threads
SELECT DISTINCT m.mailbox_id FROM json_each(:serials) AS j
CROSS JOIN email_key AS k ON k.thread_id = (:account_id << 32) + j.value
CROSS JOIN message AS m ON m.email_id = k.email_id;
