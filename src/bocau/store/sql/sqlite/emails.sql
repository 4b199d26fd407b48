-- Emails by their own identity, wherever they lie (RFC 8621). One without a place has gone, though its row may wait
-- for its end (bocau.store.purging): everything here asks for one. A place that is \Deleted (8) is not seen, and an
-- email without another one neither (RFC 8621 section 4.1.1). In `rows`, e is the row with what was parsed (step 0014).

-- name: rows
SELECT o.email_id, coalesce(k.thread_id, o.email_id), o.pack, o.offset, o.length, o.sha256, m.received_at, m.sent_at,
    e.message_id, e.subject, e.sender, e.preview, e.listed, e.listed_fields, k.has_attachment, m.mailbox_id, m.flags,
    m.keywords
FROM json_each(:ids) AS j
CROSS JOIN email AS o ON o.email_id = j.value
CROSS JOIN email AS e ON e.email_id = coalesce(o.content_id, o.email_id)
CROSS JOIN message AS m ON m.email_id = o.email_id AND m.flags & 8 = 0
LEFT JOIN email_key AS k ON k.email_id = o.email_id;

-- name: places
SELECT m.email_id, m.mailbox_id, m.uid, m.flags, m.keywords
FROM json_each(:ids) AS j CROSS JOIN message AS m ON m.email_id = j.value;

-- name: threads
SELECT k.thread_id, k.email_id, m.received_at
FROM json_each(:ids) AS j
CROSS JOIN email_key AS k ON k.thread_id = j.value
CROSS JOIN message AS m ON m.email_id = k.email_id AND m.flags & 8 = 0
UNION
SELECT m.email_id, m.email_id, m.received_at
FROM json_each(:ids) AS j CROSS JOIN message AS m ON m.email_id = j.value AND m.flags & 8 = 0
WHERE NOT EXISTS (SELECT 1 FROM email_key AS k WHERE k.email_id = m.email_id)
ORDER BY 1, 3, 2;

-- name: thread_ids
SELECT e.email_id, coalesce(k.thread_id, e.email_id)
FROM json_each(:ids) AS j
CROSS JOIN email AS e ON e.email_id = j.value
LEFT JOIN email_key AS k ON k.email_id = e.email_id
WHERE EXISTS (SELECT 1 FROM message AS m WHERE m.email_id = e.email_id);

-- name: blob
SELECT pack, offset, length, sha256 FROM email
WHERE email_id = :email_id
    AND EXISTS (SELECT 1 FROM message AS m WHERE m.email_id = email.email_id AND m.flags & 8 = 0);

-- name: all
SELECT email_id FROM email
WHERE email_id BETWEEN :account_id << 32 AND (:account_id << 32) + 4294967295
    AND EXISTS (SELECT 1 FROM message AS m WHERE m.email_id = email.email_id AND m.flags & 8 = 0)
LIMIT :count;

-- name: all_threads
SELECT thread_id FROM (
    SELECT thread_id FROM email_key
    WHERE thread_id BETWEEN :account_id << 32 AND (:account_id << 32) + 4294967295
        AND EXISTS (SELECT 1 FROM message AS m WHERE m.email_id = email_key.email_id AND m.flags & 8 = 0)
    UNION
    SELECT e.email_id FROM email AS e
    WHERE e.email_id BETWEEN :account_id << 32 AND (:account_id << 32) + 4294967295
        AND NOT EXISTS (SELECT 1 FROM email_key AS k WHERE k.email_id = e.email_id)
        AND EXISTS (SELECT 1 FROM message AS m WHERE m.email_id = e.email_id AND m.flags & 8 = 0))
ORDER BY thread_id LIMIT :count;

-- name: state
-- Kinds from 8 on are not of mail; they come singly, so the newest row of mail is near.
SELECT coalesce((
        SELECT c.modseq FROM change AS c
        WHERE c.account_id = s.account_id AND c.kind < 8 ORDER BY c.modseq DESC LIMIT 1), 0), s.last_email_serial
FROM account_state AS s WHERE s.account_id = :account_id;

-- name: any_shared
SELECT EXISTS (
    SELECT 1 FROM email
    WHERE place_count > 1 AND email_id BETWEEN :account_id << 32 AND (:account_id << 32) + 4294967295);

-- name: other_places
SELECT o.mailbox_id, o.uid
FROM message AS m
CROSS JOIN email AS e ON e.email_id = m.email_id AND e.place_count > 1
CROSS JOIN message AS o ON o.email_id = m.email_id AND o.mailbox_id <> m.mailbox_id
WHERE m.account_id = :account_id AND m.mailbox_id = :mailbox_id AND m.uid BETWEEN :first AND :last;

-- name: with_key
SELECT email_id FROM email_key
WHERE email_id BETWEEN :account_id << 32 AND (:account_id << 32) + 4294967295 AND message_key = :key
    AND EXISTS (SELECT 1 FROM message AS m WHERE m.email_id = email_key.email_id)
LIMIT 1;
