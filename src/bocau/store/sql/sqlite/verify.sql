-- Each of `account` and `general` answers with the broken invariants only: a name, then what was found.

-- name: accounts
SELECT account_id FROM account_state
UNION SELECT account_id FROM mailbox UNION SELECT account_id FROM message UNION SELECT account_id FROM change
UNION SELECT account_id FROM access UNION SELECT account_id FROM seen
UNION SELECT email_id >> 32 FROM email UNION SELECT account_id FROM thread_key
UNION SELECT account_id FROM purge ORDER BY 1;

-- name: state
SELECT modseq FROM account_state WHERE account_id = :account_id;

-- name: mailboxes
SELECT mailbox_id, name, uid_next, highest_modseq, message_count, unseen_count, deleted_count, size_bytes
FROM mailbox WHERE account_id = :account_id ORDER BY mailbox_id;

-- name: counted
SELECT min(uid), max(uid), max(modseq), count(*), coalesce(sum(1 - (flags & 1)), 0), coalesce(sum(flags >> 3 & 1), 0),
    coalesce(sum(size_bytes), 0)
FROM message WHERE account_id = :account_id AND mailbox_id = :mailbox_id;

-- name: uids
SELECT uid, modseq FROM message WHERE account_id = :account_id AND mailbox_id = :mailbox_id;

-- name: log
SELECT modseq, kind, mailbox_id, uids FROM change WHERE account_id = :account_id ORDER BY modseq;

-- name: serials
SELECT email_id & 4294967295 FROM email
WHERE email_id BETWEEN :account_id << 32 AND (:account_id << 32) + 4294967295;

-- name: emails_logged
SELECT kind, emails, gone FROM change WHERE account_id = :account_id AND emails IS NOT NULL ORDER BY modseq;

-- name: account
SELECT 'used_bytes is not the sum of sizes', s.used_bytes,
    (SELECT coalesce(sum(size_bytes), 0) FROM message WHERE account_id = :account_id)
    - (SELECT coalesce(sum((place_count - 1) * length), 0) FROM email
        WHERE place_count > 1 AND email_id BETWEEN :account_id << 32 AND (:account_id << 32) + 4294967295) AS found
FROM account_state AS s WHERE s.account_id = :account_id AND s.used_bytes <> found
UNION ALL
SELECT 'message_count is not the count of rows', s.message_count,
    (SELECT count(*) FROM message WHERE account_id = :account_id) AS found
FROM account_state AS s WHERE s.account_id = :account_id AND s.message_count <> found
UNION ALL
SELECT 'a change is above the account''s modseq', s.modseq, max(c.modseq)
FROM account_state AS s JOIN change AS c USING (account_id) WHERE s.account_id = :account_id
GROUP BY s.account_id HAVING max(c.modseq) > s.modseq
UNION ALL
SELECT 'a mailbox id, uid validity or email id is above the last one given', max(b.mailbox_id), max(b.uid_validity)
FROM account_state AS s JOIN mailbox AS b USING (account_id) WHERE s.account_id = :account_id
GROUP BY s.account_id HAVING max(b.mailbox_id) > s.last_mailbox_id OR max(b.uid_validity) > s.last_uid_validity
UNION ALL
SELECT 'two mailboxes share a uid validity', uid_validity, count(*)
FROM mailbox WHERE account_id = :account_id GROUP BY uid_validity HAVING count(*) > 1
UNION ALL
SELECT 'an email id is above the last one given', s.last_email_serial, max(e.email_id) & 4294967295
FROM account_state AS s
JOIN email AS e ON e.email_id BETWEEN :account_id << 32 AND (:account_id << 32) + 4294967295
WHERE s.account_id = :account_id
GROUP BY s.account_id HAVING max(e.email_id) & 4294967295 > s.last_email_serial
UNION ALL
SELECT 'a message without its email (mailbox, uid)', m.mailbox_id, m.uid
FROM message AS m LEFT JOIN email AS e USING (email_id)
WHERE m.account_id = :account_id AND e.email_id IS NULL
UNION ALL
SELECT 'a message in a mailbox that does not exist (mailbox, messages)', m.mailbox_id, count(*)
FROM message AS m
WHERE m.account_id = :account_id
    AND m.mailbox_id NOT IN (SELECT mailbox_id FROM mailbox WHERE account_id = :account_id)
GROUP BY m.mailbox_id
UNION ALL
SELECT 'an email is twice in a mailbox (mailbox, email)', m.mailbox_id, m.email_id & 4294967295
FROM message AS m WHERE m.account_id = :account_id GROUP BY m.mailbox_id, m.email_id HAVING count(*) > 1
UNION ALL
SELECT 'the places of an email have different keywords (email, places)', m.email_id & 4294967295, count(*)
FROM email AS e CROSS JOIN message AS m USING (email_id)
WHERE e.place_count > 1 AND e.email_id BETWEEN :account_id << 32 AND (:account_id << 32) + 4294967295
GROUP BY m.email_id HAVING min(m.flags & ~8) <> max(m.flags & ~8) OR min(m.keywords) <> max(m.keywords)
UNION ALL
SELECT 'the size is not the body''s length (mailbox, uid)', m.mailbox_id, m.uid
FROM message AS m JOIN email AS e USING (email_id)
WHERE m.account_id = :account_id AND m.size_bytes <> e.length
UNION ALL
SELECT 'a grant for a mailbox that does not exist (mailbox, grantee)', a.mailbox_id, a.grantee_id
FROM access AS a
WHERE a.account_id = :account_id
    AND a.mailbox_id NOT IN (SELECT mailbox_id FROM mailbox WHERE account_id = :account_id)
UNION ALL
SELECT 'a grant to the owner, without rights, or of rights that do not exist (mailbox, grantee)', a.mailbox_id,
    a.grantee_id
FROM access AS a
WHERE a.account_id = :account_id
    AND (a.grantee_id = a.account_id OR a.rights = '' OR a.rights GLOB '*[^aeiklprstwx]*')
UNION ALL
SELECT 'a guest has seen messages of a mailbox that does not exist (mailbox, guest)', g.mailbox_id, g.reader_id
FROM seen AS g
WHERE g.account_id = :account_id AND (g.reader_id = g.account_id
    OR g.mailbox_id NOT IN (SELECT mailbox_id FROM mailbox WHERE account_id = :account_id))
UNION ALL
SELECT 'an annotation of a mailbox that does not exist (mailbox, annotations)', a.mailbox_id, count(*)
FROM annotation AS a
WHERE a.account_id = :account_id AND a.mailbox_id <> 0
    AND a.mailbox_id NOT IN (SELECT mailbox_id FROM mailbox WHERE account_id = :account_id)
GROUP BY a.mailbox_id;

-- name: places
SELECT e.email_id & 4294967295, e.place_count, coalesce(p.places, 0)
FROM email AS e LEFT JOIN (
    SELECT email_id, count(*) AS places FROM message WHERE account_id = :account_id GROUP BY email_id) AS p
    USING (email_id)
WHERE e.email_id BETWEEN :account_id << 32 AND (:account_id << 32) + 4294967295
    AND e.place_count <> coalesce(p.places, 0);

-- name: placed
SELECT DISTINCT email_id & 4294967295 FROM message
WHERE email_id IN (SELECT (:account_id << 32) + value FROM json_each(:serials));

-- name: seen
SELECT reader_id, uids FROM seen WHERE account_id = :account_id AND mailbox_id = :mailbox_id;

-- name: keys
SELECT 'an email without its keys (email, its place count)', e.email_id & 4294967295, e.place_count
FROM account_state AS s
JOIN email AS e ON e.email_id BETWEEN (s.account_id << 32) + s.unkeyed_serial + 1 AND (s.account_id << 32) + 4294967295
WHERE s.account_id = :account_id AND NOT EXISTS (SELECT 1 FROM email_key AS k WHERE k.email_id = e.email_id)
UNION ALL
SELECT 'nobody has looked whether an email has attachments (email, thread)', k.email_id & 4294967295, k.thread_id
FROM account_state AS s
JOIN email_key AS k ON k.email_id BETWEEN (s.account_id << 32) + s.unkeyed_serial + 1
    AND (s.account_id << 32) + 4294967295
WHERE s.account_id = :account_id AND k.has_attachment IS NULL
UNION ALL
SELECT 'keys without their email (email, thread)', k.email_id & 4294967295, k.thread_id FROM email_key AS k
WHERE k.email_id BETWEEN :account_id << 32 AND (:account_id << 32) + 4294967295
    AND NOT EXISTS (SELECT 1 FROM email AS e WHERE e.email_id = k.email_id)
UNION ALL
SELECT 'a thread that no email of the account began (email, thread)', k.email_id & 4294967295, k.thread_id
FROM account_state AS s
JOIN email_key AS k ON k.email_id BETWEEN s.account_id << 32 AND (s.account_id << 32) + 4294967295
WHERE s.account_id = :account_id
    AND k.thread_id NOT BETWEEN (s.account_id << 32) + 1 AND (s.account_id << 32) + s.last_email_serial
UNION ALL
SELECT 'a Message-ID leads to a thread that no email of the account began (key, thread)', t.key, t.thread_id
FROM account_state AS s JOIN thread_key AS t USING (account_id)
WHERE s.account_id = :account_id
    AND t.thread_id NOT BETWEEN (s.account_id << 32) + 1 AND (s.account_id << 32) + s.last_email_serial;

-- name: copies
SELECT 'a copy of which nobody knows (email, content)', e.email_id & 4294967295, e.content_id & 4294967295
FROM email AS e
WHERE e.email_id BETWEEN :account_id << 32 AND (:account_id << 32) + 4294967295 AND e.content_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM email_copy AS c WHERE c.content_id = e.content_id AND c.email_id = e.email_id)
UNION ALL
SELECT 'a row is kept for a copy that does not share it (content, email)', c.content_id & 4294967295,
    c.email_id & 4294967295
FROM email_copy AS c
WHERE c.content_id BETWEEN :account_id << 32 AND (:account_id << 32) + 4294967295
    AND NOT EXISTS (SELECT 1 FROM email AS e WHERE e.email_id = c.email_id AND e.content_id = c.content_id)
UNION ALL
SELECT 'what was parsed of a copy is missing (email, content)', c.email_id & 4294967295, c.content_id & 4294967295
FROM email_copy AS c LEFT JOIN email AS e ON e.email_id = c.content_id
WHERE c.content_id BETWEEN :account_id << 32 AND (:account_id << 32) + 4294967295
    AND (e.email_id IS NULL OR e.content_id IS NOT NULL)
UNION ALL
SELECT 'a copy is not of its content''s body (email, content)', c.email_id & 4294967295, c.content_id & 4294967295
FROM email_copy AS c CROSS JOIN email AS o ON o.email_id = c.email_id CROSS JOIN email AS e ON e.email_id = c.content_id
WHERE c.content_id BETWEEN :account_id << 32 AND (:account_id << 32) + 4294967295 AND e.sha256 <> o.sha256;

-- name: general
SELECT 'a message shares its email with another account', m.account_id, m.email_id
FROM message AS m WHERE m.email_id >> 32 <> m.account_id
UNION ALL
SELECT 'a mailbox is shared with an account that does not exist (owner, grantee)', a.account_id, a.grantee_id
FROM access AS a
WHERE a.grantee_id <> 0 AND a.grantee_id NOT IN (SELECT account_id FROM account_state)
UNION ALL
SELECT 'an account that does not exist has seen messages (owner, guest)', g.account_id, g.reader_id
FROM seen AS g WHERE g.reader_id NOT IN (SELECT account_id FROM account_state);

-- name: retired
SELECT pack, retired_at FROM retired_pack;
