-- name: take
UPDATE account_state SET modseq = modseq + 1, last_email_serial = last_email_serial + :count,
    used_bytes = used_bytes + :bytes, message_count = message_count + :count2
WHERE account_id = :account_id
RETURNING modseq, last_email_serial;

-- name: next_modseq
UPDATE account_state SET modseq = modseq + 1 WHERE account_id = :account_id RETURNING modseq;

-- name: lose
UPDATE account_state SET used_bytes = used_bytes - :bytes, message_count = message_count - :count
WHERE account_id = :account_id;

-- name: fill
UPDATE mailbox SET uid_next = uid_next + :count, highest_modseq = :modseq, message_count = message_count + :count2,
    unseen_count = unseen_count + :unseen, deleted_count = deleted_count + :deleted, size_bytes = size_bytes + :bytes
WHERE account_id = :account_id AND mailbox_id = :mailbox_id
RETURNING uid_next;

-- name: adjust
UPDATE mailbox SET highest_modseq = :modseq, message_count = message_count - :count,
    unseen_count = unseen_count - :unseen, deleted_count = deleted_count - :deleted, size_bytes = size_bytes - :bytes
WHERE account_id = :account_id AND mailbox_id = :mailbox_id;

-- name: insert_email
INSERT INTO email (email_id, pack, offset, length, sha256, message_id, sender, subject, preview, envelope,
    body_structure, listed, listed_fields)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: insert_key
INSERT INTO email_key (email_id, thread_id, message_key, reference_keys, is_reply, subject_key, from_key, to_key,
    cc_key, from_name, to_name, has_attachment)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: unkeyed_account
SELECT account_id, unkeyed_serial FROM account_state WHERE unkeyed_serial > 0 LIMIT 1;

-- name: unkeyed_emails
SELECT e.email_id, EXISTS (SELECT 1 FROM email_key AS k WHERE k.email_id = e.email_id), e.pack, e.offset, e.length,
    e.sha256
FROM email AS e
WHERE e.email_id BETWEEN :account_id << 32 AND (:account_id << 32) + :unkeyed_serial
    AND NOT EXISTS (SELECT 1 FROM email_key AS k WHERE k.email_id = e.email_id AND k.has_attachment IS NOT NULL)
ORDER BY e.email_id DESC LIMIT :count;

-- name: set_has_attachment
UPDATE email_key SET has_attachment = :has_attachment WHERE email_id = :email_id;

-- name: set_listed
-- Those of a copy are not read.
UPDATE email SET listed = iif(content_id IS NULL, :listed, NULL), listed_fields = :listed_fields
WHERE email_id = :email_id;

-- name: note_unkeyed
UPDATE account_state SET unkeyed_serial = last_email_serial WHERE account_id = :account_id AND unkeyed_serial > 0;

-- name: settle_unkeyed
UPDATE account_state SET unkeyed_serial = :left WHERE account_id = :account_id AND unkeyed_serial = :before;

-- name: thread_with
SELECT thread_id FROM thread_key WHERE account_id = :account_id AND key = :key;

-- name: threads_with
SELECT t.key, t.thread_id FROM json_each(:keys) AS k CROSS JOIN thread_key AS t
WHERE t.account_id = :account_id AND t.key = k.value;

-- name: insert_thread_key
INSERT INTO thread_key (account_id, key, thread_id) VALUES (:account_id, :key, :thread_id)
ON CONFLICT (account_id, key) DO NOTHING;

-- name: insert_message
INSERT INTO message (account_id, mailbox_id, uid, modseq, flags, keywords, email_id, size_bytes, received_at, saved_at,
    sent_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: insert_change
INSERT INTO change (account_id, modseq, kind, mailbox_id, uids, name, emails, gone)
VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: set_mailbox_keywords
UPDATE mailbox SET keywords = :keywords WHERE account_id = :account_id AND mailbox_id = :mailbox_id;

-- name: create_account
INSERT INTO account_state (account_id, limit_bytes) VALUES (:account_id, :limit_bytes);

-- name: set_limit
UPDATE account_state SET limit_bytes = :limit_bytes WHERE account_id = :account_id;

-- name: delete_account_emails
DELETE FROM email WHERE email_id BETWEEN :account_id << 32 AND (:account_id << 32) + 4294967295;

-- name: delete_account_keys
DELETE FROM email_key WHERE email_id BETWEEN :account_id << 32 AND (:account_id << 32) + 4294967295;

-- name: delete_account_copies
DELETE FROM email_copy WHERE content_id BETWEEN :account_id << 32 AND (:account_id << 32) + 4294967295;

-- name: delete_account_threads
DELETE FROM thread_key WHERE account_id = :account_id;

-- name: delete_account_messages
DELETE FROM message WHERE account_id = :account_id;

-- name: delete_account_changes
DELETE FROM change WHERE account_id = :account_id;

-- name: delete_account_mailboxes
DELETE FROM mailbox WHERE account_id = :account_id;

-- name: delete_account_state
DELETE FROM account_state WHERE account_id = :account_id;

-- name: take_mailbox
UPDATE account_state SET modseq = modseq + 1, last_mailbox_id = last_mailbox_id + 1,
    last_uid_validity = max(last_uid_validity + 1, :now)
WHERE account_id = :account_id
RETURNING modseq, last_mailbox_id, last_uid_validity;

-- name: count_mailboxes
SELECT count(*) FROM mailbox WHERE account_id = :account_id;

-- name: insert_mailbox
INSERT INTO mailbox (account_id, mailbox_id, name, role, uid_validity, highest_modseq)
VALUES (:account_id, :mailbox_id, :name, :role, :uid_validity, :modseq);

-- name: children
SELECT mailbox_id, name FROM mailbox
WHERE account_id = :account_id AND name > :name || '/' AND name < :name2 || '0' ORDER BY name;

-- name: rename_mailbox
UPDATE mailbox SET name = :name, highest_modseq = :modseq
WHERE account_id = :account_id AND mailbox_id = :mailbox_id;

-- name: set_role
UPDATE mailbox SET role = :role WHERE account_id = :account_id AND mailbox_id = :mailbox_id;

-- name: set_sort_order
UPDATE mailbox SET sort_order = :sort_order WHERE account_id = :account_id AND mailbox_id = :mailbox_id;

-- name: set_recent
UPDATE mailbox SET recent_uid = :uid WHERE account_id = :account_id AND mailbox_id = :mailbox_id;

-- name: delete_mailbox
DELETE FROM mailbox WHERE account_id = :account_id AND mailbox_id = :mailbox_id;

-- name: flags_that_change
SELECT count(*), min(uid), max(uid), 0, sum(1 - (flags & 1)), sum(flags >> 3 & 1) FROM message
WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND uid BETWEEN :first AND :last
    AND modseq <= :unchanged_since AND flags & :touched <> :add;

-- name: change_flags
-- OR FAIL, here and below: no value can break a rule, and so SQLite need not keep every page as it was before.
UPDATE OR FAIL message SET flags = (flags & :keep) | :add, modseq = :modseq
WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND uid BETWEEN :first AND :last
    AND modseq <= :unchanged_since AND flags & :touched <> :add;

-- name: keyword_sets
SELECT DISTINCT keywords FROM message
WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND uid BETWEEN :first AND :last;

-- name: states_that_change
SELECT count(*), min(m.uid), max(m.uid), 0, sum(1 - (m.flags & 1)), sum(m.flags >> 3 & 1)
FROM message AS m JOIN json_each(:renewed) AS s ON s.key = m.keywords
WHERE m.account_id = :account_id AND m.mailbox_id = :mailbox_id AND m.uid BETWEEN :first AND :last
    AND m.modseq <= :unchanged_since AND (m.flags & :touched <> :add OR m.keywords <> s.value);

-- name: change_states
UPDATE OR FAIL message SET flags = (flags & :keep) | :add, keywords = s.value, modseq = :modseq
FROM json_each(:renewed) AS s
WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND uid BETWEEN :first AND :last
    AND modseq <= :unchanged_since AND s.key = keywords
    AND (flags & :touched <> :add OR keywords <> s.value);

-- name: change_set
UPDATE OR FAIL message SET flags = (flags & :keep) | :add, keywords = :new, modseq = :modseq
WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND uid BETWEEN :first AND :last
    AND modseq <= :unchanged_since AND modseq < :modseq AND keywords = :old
    AND (flags & :touched <> :add OR :old <> :new);

-- name: bounds
-- The first and the last uid that are there.
SELECT
    (SELECT uid FROM message WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND uid BETWEEN :first AND :last
        ORDER BY uid LIMIT 1),
    (SELECT uid FROM message WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND uid BETWEEN :first AND :last
        ORDER BY uid DESC LIMIT 1);

-- name: uids_changed
SELECT json_group_array(uid) FROM (
    SELECT uid FROM message
    WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND uid BETWEEN :first AND :last
        AND modseq = :modseq
    ORDER BY uid);

-- name: refused
SELECT uid FROM message
WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND uid BETWEEN :first AND :last
    AND modseq > :unchanged_since
ORDER BY uid;

-- name: totals
SELECT count(*), min(uid), max(uid), sum(size_bytes), sum(1 - (flags & 1)), sum(flags >> 3 & 1)
FROM message WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND uid BETWEEN :first AND :last
    AND (flags & :needed) = :needed2;

-- name: uids_with
SELECT json_group_array(uid) FROM (
    SELECT uid FROM message
    WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND uid BETWEEN :first AND :last
        AND (flags & :needed) = :needed2
    ORDER BY uid);

-- name: copy_emails
INSERT INTO email (email_id, pack, offset, length, sha256, sender, subject, preview, envelope, body_structure,
    content_id)
SELECT m.uid + :id_shift, e.pack, e.offset, e.length, e.sha256, '', '', '', x'', x'',
    coalesce(e.content_id, e.email_id)
FROM message AS m CROSS JOIN email AS e USING (email_id)
WHERE m.account_id = :account_id AND m.mailbox_id = :mailbox_id AND m.uid BETWEEN :first AND :last;

-- name: note_copies
INSERT INTO email_copy (content_id, email_id)
SELECT content_id, email_id FROM email WHERE email_id BETWEEN :first_id AND :last_id;

-- name: copy_keys
INSERT INTO email_key (email_id, thread_id, message_key, reference_keys, is_reply, subject_key, from_key, to_key,
    cc_key, from_name, to_name, has_attachment)
SELECT m.uid + :id_shift, k.thread_id, k.message_key, k.reference_keys, k.is_reply, k.subject_key, k.from_key,
    k.to_key, k.cc_key, k.from_name, k.to_name, k.has_attachment
FROM message AS m CROSS JOIN email_key AS k USING (email_id)
WHERE m.account_id = :account_id AND m.mailbox_id = :mailbox_id AND m.uid BETWEEN :first AND :last;

-- name: copy_messages
INSERT INTO message (account_id, mailbox_id, uid, modseq, flags, keywords, email_id, size_bytes, received_at, saved_at,
    sent_at)
SELECT account_id, :target, uid + :uid_shift, :modseq, flags, keywords, uid + :id_shift, size_bytes, received_at,
    :now, sent_at
FROM message
WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND uid BETWEEN :first AND :last;

-- name: move_messages
INSERT INTO message (account_id, mailbox_id, uid, modseq, flags, keywords, email_id, size_bytes, received_at, saved_at,
    sent_at)
SELECT account_id, :target, uid + :uid_shift, :modseq, flags, keywords, email_id, size_bytes, received_at, :now,
    sent_at
FROM message
WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND uid BETWEEN :first AND :last;

-- name: serials_with
SELECT json_group_array(email_id & 4294967295) FROM message
WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND uid BETWEEN :first AND :last
    AND (flags & :needed) = :needed2;

-- name: delete_messages
DELETE FROM message
WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND uid BETWEEN :first AND :last
    AND (flags & :needed) = :needed2;

-- name: gain_places
UPDATE email SET place_count = place_count + 1 WHERE email_id IN (
    SELECT email_id FROM message
    WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND uid BETWEEN :first AND :last);
