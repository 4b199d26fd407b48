-- o: an email's own row; e: the row with what was parsed of it, which a copy shares (step 0014).

-- name: modseq
SELECT modseq FROM account_state WHERE account_id = :account_id;

-- name: usage
SELECT used_bytes, message_count, limit_bytes FROM account_state WHERE account_id = :account_id;

-- name: mailboxes
SELECT mailbox_id, name, role, uid_validity, uid_next, highest_modseq, message_count, unseen_count,
    deleted_count, size_bytes, recent_uid, sort_order
FROM mailbox WHERE account_id = :account_id ORDER BY name;

-- name: mailbox_count
SELECT count(*) FROM mailbox WHERE account_id = :account_id;

-- name: mailbox
SELECT mailbox_id, name, role, uid_validity, uid_next, highest_modseq, message_count, unseen_count,
    deleted_count, size_bytes, recent_uid, sort_order
FROM mailbox WHERE account_id = :account_id AND mailbox_id = :mailbox_id;

-- name: mailbox_named
SELECT mailbox_id, name, role, uid_validity, uid_next, highest_modseq, message_count, unseen_count,
    deleted_count, size_bytes, recent_uid, sort_order
FROM mailbox WHERE account_id = :account_id AND name = :name;

-- name: inbox_id
SELECT mailbox_id FROM mailbox WHERE account_id = :account_id AND name = :name;

-- name: mailbox_with_role
SELECT mailbox_id, name, role, uid_validity, uid_next, highest_modseq, message_count, unseen_count,
    deleted_count, size_bytes, recent_uid, sort_order
FROM mailbox WHERE account_id = :account_id AND role = :role;

-- name: uids
SELECT json_group_array(uid) FROM (
    SELECT uid FROM message WHERE account_id = :account_id AND mailbox_id = :mailbox_id ORDER BY uid);

-- name: flags
SELECT uid, modseq, flags, keywords FROM message
WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND uid BETWEEN :first AND :last AND modseq > :since
ORDER BY uid;

-- name: messages
SELECT m.uid, m.modseq, m.flags, m.keywords, m.email_id, o.pack, o.offset, o.length, o.sha256, m.size_bytes,
    m.received_at, m.saved_at, m.sent_at, e.envelope, e.body_structure
FROM message AS m CROSS JOIN email AS o USING (email_id)
CROSS JOIN email AS e ON e.email_id = coalesce(o.content_id, o.email_id)
WHERE m.account_id = :account_id AND m.mailbox_id = :mailbox_id AND m.uid BETWEEN :first AND :last
    AND m.modseq > :since
ORDER BY m.uid;

-- name: blobs
SELECT m.uid, m.flags, e.pack, e.offset, e.length, e.sha256
FROM message AS m CROSS JOIN email AS e USING (email_id)
WHERE m.account_id = :account_id AND m.mailbox_id = :mailbox_id AND m.uid BETWEEN :first AND :last
ORDER BY m.uid;

-- name: thread_ids
SELECT m.uid, k.thread_id
FROM message AS m CROSS JOIN email_key AS k USING (email_id)
WHERE m.account_id = :account_id AND m.mailbox_id = :mailbox_id AND m.uid BETWEEN :first AND :last
ORDER BY m.uid;

-- name: listed
SELECT m.uid, e.listed, e.listed_fields
FROM message AS m CROSS JOIN email AS o USING (email_id)
CROSS JOIN email AS e ON e.email_id = coalesce(o.content_id, o.email_id)
WHERE m.account_id = :account_id AND m.mailbox_id = :mailbox_id AND m.uid BETWEEN :first AND :last
ORDER BY m.uid;

-- name: changes
SELECT modseq, kind, mailbox_id, uids, name FROM change
WHERE account_id = :account_id AND modseq > :after ORDER BY modseq;

-- name: changes_of_mailbox
SELECT modseq, kind, mailbox_id, uids, name FROM change
WHERE account_id = :account_id AND modseq > :after AND mailbox_id = :mailbox_id ORDER BY modseq;

-- name: keywords_used
SELECT keywords FROM mailbox WHERE account_id = :account_id AND mailbox_id = :mailbox_id;

-- name: changed_uids
SELECT group_concat(uids) FROM change
WHERE account_id = :account_id AND modseq > :after AND modseq <= :last AND mailbox_id = :mailbox_id AND kind = :kind;

-- name: count_above
SELECT count(*) FROM message WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND uid > :uid;

-- name: seen_marks
SELECT group_concat(seen, '') FROM (
    SELECT flags & 1 AS seen FROM message
    WHERE account_id = :account_id AND mailbox_id = :mailbox_id ORDER BY uid LIMIT :limit);

-- name: seen_marks_newest
SELECT group_concat(seen, '') FROM (
    SELECT seen FROM (
        SELECT uid, flags & 1 AS seen FROM message
        WHERE account_id = :account_id AND mailbox_id = :mailbox_id ORDER BY uid DESC LIMIT :limit)
    ORDER BY uid);

-- name: deleted_bytes
SELECT coalesce(sum(size_bytes), 0) FROM message
WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND flags & 8;

-- name: previews
SELECT CASE WHEN e.preview = '' AND length(e.envelope) = 0 THEN NULL ELSE e.preview END
FROM message AS m CROSS JOIN email AS o USING (email_id)
CROSS JOIN email AS e ON e.email_id = coalesce(o.content_id, o.email_id)
WHERE m.account_id = :account_id AND m.mailbox_id = :mailbox_id AND m.uid BETWEEN :first AND :last
ORDER BY m.uid;
