-- name: insert_message
INSERT INTO queue_message (trace_id, account_id, pack, offset, length, sha256, skip_bytes, reverse_path, envid, ret,
    body_type, smtputf8, created_at, expires_at, warn_at)
VALUES (:trace_id, :account_id, :pack, :offset, :length, :sha256, :skip_bytes, :reverse_path, :envid, :ret,
    :body_type, :smtputf8, :created_at, :expires_at, :warn_at)
RETURNING queue_id;

-- name: insert_recipient
INSERT INTO queue_recipient (queue_id, number, address, orcpt, notify, domain, destination, status, next_attempt_at)
VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?);

-- name: select_message
SELECT queue_id, trace_id, account_id, pack, offset, length, sha256, skip_bytes, reverse_path, envid, ret,
    body_type, smtputf8, created_at, expires_at, warn_at, is_held
FROM queue_message WHERE queue_id = ?;

-- name: select_recipients
SELECT number, address, orcpt, notify, domain, destination, status, attempts, next_attempt_at, last_attempt_at,
    last_reply
FROM queue_recipient WHERE queue_id = ? ORDER BY number;

-- name: list_messages
SELECT m.queue_id, m.trace_id, m.reverse_path, m.length - m.skip_bytes, m.created_at, m.expires_at, m.is_held,
    min(r.next_attempt_at), max(r.last_attempt_at), count(*),
    (SELECT a.address FROM queue_recipient a WHERE a.queue_id = m.queue_id AND a.status IN (0, 1, 3) LIMIT 1),
    (SELECT l.last_reply FROM queue_recipient l
        WHERE l.queue_id = m.queue_id AND l.status IN (0, 1, 3) AND l.last_reply <> '' LIMIT 1)
FROM queue_message m JOIN queue_recipient r USING (queue_id)
WHERE m.queue_id > :after AND r.status IN (0, 1, 3)
GROUP BY m.queue_id ORDER BY m.queue_id LIMIT :limit;

-- name: count_messages
SELECT count(*), coalesce(sum(is_held), 0), coalesce(sum(length - skip_bytes), 0), min(created_at) FROM queue_message;

-- name: count_recipients
SELECT count(*) FILTER (WHERE status = 0), count(*) FILTER (WHERE status = 1),
    count(*) FILTER (WHERE status = 0 AND next_attempt_at <= :now)
FROM queue_recipient WHERE status IN (0, 1);

-- name: due_destinations
SELECT DISTINCT destination FROM queue_recipient
WHERE status = 0 AND next_attempt_at BETWEEN :since AND :now;

-- name: due_of_destination
SELECT queue_id, number, next_attempt_at FROM queue_recipient
WHERE status = 0 AND destination = :destination AND next_attempt_at <= :now
ORDER BY next_attempt_at, queue_id, number LIMIT :limit;

-- name: due_of_message
SELECT number FROM queue_recipient
WHERE queue_id = :queue_id AND destination = :destination AND status = 0 AND next_attempt_at <= :now
ORDER BY number LIMIT :limit;

-- name: next_attempt_at
SELECT next_attempt_at FROM queue_recipient WHERE status = 0 AND next_attempt_at > :now
ORDER BY next_attempt_at LIMIT 1;

-- name: next_expiry_at
SELECT min(expires_at) FROM queue_message WHERE is_held = 0 AND expires_at > :now;

-- name: next_warning_at
SELECT min(warn_at) FROM queue_message WHERE is_held = 0 AND warn_at > :now;

-- name: expired
SELECT queue_id FROM queue_message WHERE is_held = 0 AND expires_at <= :now ORDER BY expires_at LIMIT :limit;

-- name: late
SELECT queue_id FROM queue_message WHERE is_held = 0 AND warn_at <= :now ORDER BY warn_at LIMIT :limit;

-- name: destinations
SELECT DISTINCT destination, domain FROM queue_recipient WHERE status IN (0, 1, 3);

-- name: lease
UPDATE queue_recipient SET status = 1, leased_until = :leased_until
WHERE queue_id = :queue_id AND number = :number AND status = 0;

-- name: free_leases
UPDATE queue_recipient
SET status = CASE WHEN (SELECT is_held FROM queue_message m WHERE m.queue_id = queue_recipient.queue_id) THEN 3 ELSE 0 END,
    leased_until = NULL
WHERE status = 1 AND leased_until <= :until;

-- name: settle_final
UPDATE queue_recipient
SET status = :status, attempts = attempts + 1, last_attempt_at = :now, last_reply = :reply, leased_until = NULL
WHERE queue_id = :queue_id AND number = :number AND status IN (0, 1, 3);

-- name: settle_waiting
UPDATE queue_recipient
SET status = CASE WHEN (SELECT is_held FROM queue_message m WHERE m.queue_id = queue_recipient.queue_id) THEN 3 ELSE 0 END,
    attempts = attempts + :attempted, last_attempt_at = :now, last_reply = :reply, next_attempt_at = :next_attempt_at,
    leased_until = NULL
WHERE queue_id = :queue_id AND number = :number AND status = 1;

-- name: count_open
SELECT count(*) FROM queue_recipient WHERE queue_id = ? AND status IN (0, 1, 3);

-- name: clear_warning
UPDATE queue_message SET warn_at = NULL WHERE queue_id = ?;

-- name: delete_recipients
DELETE FROM queue_recipient WHERE queue_id = ?;

-- name: delete_message
DELETE FROM queue_message WHERE queue_id = ?;

-- name: set_held
UPDATE queue_message SET is_held = :is_held WHERE queue_id = :queue_id AND is_held <> :is_held;

-- name: hold_recipients
UPDATE queue_recipient SET status = 3 WHERE queue_id = ? AND status = 0;

-- name: release_recipients
UPDATE queue_recipient SET status = 0, next_attempt_at = 0 WHERE queue_id = ? AND status = 3;

-- name: retry_now
UPDATE queue_recipient SET next_attempt_at = 0 WHERE queue_id = ? AND status = 0;

-- name: retry_all
UPDATE queue_recipient SET next_attempt_at = 0 WHERE status = 0;

-- name: set_destination
UPDATE queue_recipient SET destination = :destination WHERE domain = :domain AND destination <> :destination;

-- name: count_submission
INSERT INTO submission_count (account_id, hour, messages, recipients) VALUES (:account_id, :hour, 1, :recipients)
ON CONFLICT (account_id, hour) DO UPDATE SET messages = messages + 1, recipients = recipients + excluded.recipients;

-- name: submitted
SELECT coalesce(sum(messages) FILTER (WHERE hour = :hour), 0), coalesce(sum(recipients), 0)
FROM submission_count WHERE account_id = :account_id AND hour > :hour - 24;

-- name: forget_submissions
DELETE FROM submission_count WHERE hour <= :hour - 24;
