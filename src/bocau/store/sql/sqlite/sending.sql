-- name: identities
SELECT identity_id, name, email, reply_to, bcc, text_signature, html_signature, is_kept
FROM identity WHERE account_id = ? ORDER BY identity_id;

-- name: identity
SELECT identity_id, name, email, reply_to, bcc, text_signature, html_signature, is_kept
FROM identity WHERE account_id = ? AND identity_id = ?;

-- name: count_identities
SELECT count(*) FROM identity WHERE account_id = ?;

-- name: put_identity
INSERT INTO identity (account_id, identity_id, name, email, reply_to, bcc, text_signature, html_signature, is_kept)
VALUES (:account_id, :identity_id, :name, :email, :reply_to, :bcc, :text_signature, :html_signature, :is_kept)
ON CONFLICT (account_id, identity_id) DO UPDATE SET
    name = excluded.name, reply_to = excluded.reply_to, bcc = excluded.bcc,
    text_signature = excluded.text_signature, html_signature = excluded.html_signature, is_kept = excluded.is_kept;

-- name: delete_identity
DELETE FROM identity WHERE account_id = ? AND identity_id = ?;

-- name: insert_submission
INSERT INTO email_submission (account_id, identity_id, email_id, thread_id, envelope, send_at, undo_status, queue_id,
    delivery, message_id, made_modseq, created_at)
VALUES (:account_id, :identity_id, :email_id, :thread_id, :envelope, :send_at, :undo_status, :queue_id,
    :delivery, :message_id, 0, :created_at)
RETURNING submission_id;

-- name: set_made
UPDATE email_submission SET made_modseq = ? WHERE submission_id = ?;

-- name: insert_body
INSERT INTO held_body (submission_id, pack, offset, length, sha256) VALUES (?, ?, ?, ?, ?);

-- name: delete_body
DELETE FROM held_body WHERE submission_id = ?;

-- name: body
SELECT pack, offset, length, sha256 FROM held_body WHERE submission_id = ?;

-- name: submission
SELECT submission_id, identity_id, email_id, thread_id, envelope, send_at, undo_status, queue_id, delivery, message_id,
    reports, made_modseq, created_at, account_id
FROM email_submission WHERE account_id = :account_id AND submission_id = :submission_id;

-- name: submissions
SELECT submission_id, identity_id, email_id, thread_id, envelope, send_at, undo_status, queue_id, delivery, message_id,
    reports, made_modseq, created_at, account_id
FROM email_submission WHERE account_id = :account_id ORDER BY submission_id;

-- name: outlines
SELECT submission_id, identity_id, email_id, thread_id, send_at, undo_status FROM email_submission
WHERE account_id = ? ORDER BY submission_id;

-- name: of_message
SELECT submission_id, reports FROM email_submission WHERE account_id = ? AND message_id = ?
ORDER BY submission_id DESC LIMIT 1;

-- name: set_reports
UPDATE email_submission SET reports = ? WHERE submission_id = ?;

-- name: submission_of_queue
SELECT submission_id, account_id, delivery FROM email_submission WHERE queue_id = ?;

-- name: count_pending
SELECT count(*) FROM email_submission WHERE account_id = ? AND undo_status = 'pending';

-- name: count_submissions
SELECT count(*) FROM email_submission WHERE account_id = ?;

-- name: oldest_done
SELECT submission_id, created_at FROM email_submission
WHERE account_id = ? AND undo_status <> 'pending' ORDER BY submission_id LIMIT ?;

-- name: end_submission
UPDATE email_submission SET undo_status = :undo_status, queue_id = :queue_id, delivery = :delivery
WHERE account_id = :account_id AND submission_id = :submission_id AND undo_status = 'pending';

-- name: set_delivery
UPDATE email_submission SET delivery = ? WHERE submission_id = ?;

-- name: delete_submission
DELETE FROM email_submission WHERE account_id = ? AND submission_id = ?;

-- name: next_due_at
SELECT min(send_at) FROM email_submission WHERE undo_status = 'pending' AND send_at > ?;

-- name: due
SELECT submission_id, identity_id, email_id, thread_id, envelope, send_at, undo_status, queue_id, delivery, message_id,
    reports, made_modseq, created_at, account_id
FROM email_submission WHERE undo_status = 'pending' AND send_at <= :now ORDER BY send_at LIMIT :limit;

-- name: vacation
SELECT is_enabled, from_at, to_at, subject, text_body, html_body FROM vacation WHERE account_id = ?;

-- name: put_vacation
INSERT INTO vacation (account_id, is_enabled, from_at, to_at, subject, text_body, html_body)
VALUES (:account_id, :is_enabled, :from_at, :to_at, :subject, :text_body, :html_body)
ON CONFLICT (account_id) DO UPDATE SET
    is_enabled = excluded.is_enabled, from_at = excluded.from_at, to_at = excluded.to_at,
    subject = excluded.subject, text_body = excluded.text_body, html_body = excluded.html_body;

-- name: answering
SELECT account_id FROM vacation WHERE is_enabled = 1;

-- name: away
SELECT is_enabled, from_at, to_at, subject, text_body, html_body FROM vacation
WHERE account_id = :account_id AND is_enabled = 1 AND coalesce(from_at, :now) <= :now AND coalesce(to_at, :now + 1) > :now;

-- name: told_at
SELECT replied_at FROM vacation_reply WHERE account_id = ? AND sender = ?;

-- name: count_told
SELECT count(*) FROM vacation_reply WHERE account_id = ?;

-- name: put_told
INSERT INTO vacation_reply (account_id, sender, replied_at) VALUES (?, ?, ?)
ON CONFLICT (account_id, sender) DO UPDATE SET replied_at = excluded.replied_at;

-- name: forget_told
DELETE FROM vacation_reply WHERE account_id = ? AND replied_at <= ?;

-- name: meet
INSERT INTO correspondent (account_id, address, shown, name, folded, sent_count, last_sent_at)
VALUES (:account_id, :address, :shown, :name, :folded, 1, :now)
ON CONFLICT (account_id, address) DO UPDATE SET
    sent_count = sent_count + 1, last_sent_at = excluded.last_sent_at, shown = excluded.shown,
    name = CASE WHEN excluded.name = '' THEN name ELSE excluded.name END,
    folded = CASE WHEN excluded.name = '' THEN folded ELSE excluded.folded END
RETURNING sent_count;

-- name: remember
INSERT INTO correspondent (account_id, address, shown, name, folded, sent_count, last_sent_at)
VALUES (:account_id, :address, :shown, :name, :folded, :sent_count, :last_sent_at)
ON CONFLICT (account_id, address) DO UPDATE SET
    sent_count = sent_count + excluded.sent_count, last_sent_at = max(last_sent_at, excluded.last_sent_at),
    name = CASE WHEN name = '' THEN excluded.name ELSE name END,
    folded = CASE WHEN name = '' THEN excluded.folded ELSE folded END;

-- name: forget
DELETE FROM correspondent WHERE account_id = :account_id AND address = :address
RETURNING name, shown, sent_count, last_sent_at;

-- name: count_correspondents
SELECT count(*) FROM correspondent WHERE account_id = ?;

-- name: forget_correspondents
DELETE FROM correspondent WHERE account_id = :account_id AND address IN (
    SELECT address FROM correspondent WHERE account_id = :account_id
    ORDER BY min(sent_count, 3), last_sent_at LIMIT :excess);

-- name: correspondent
SELECT sent_count FROM correspondent WHERE account_id = ? AND address = ?;

-- name: forget_account_identities
DELETE FROM identity WHERE account_id = :account_id;

-- name: forget_account_bodies
DELETE FROM held_body WHERE submission_id IN (SELECT submission_id FROM email_submission WHERE account_id = :account_id);

-- name: forget_account_submissions
DELETE FROM email_submission WHERE account_id = :account_id;

-- name: forget_account_vacation
DELETE FROM vacation WHERE account_id = :account_id;

-- name: forget_account_told
DELETE FROM vacation_reply WHERE account_id = :account_id;

-- name: forget_account_correspondents
DELETE FROM correspondent WHERE account_id = :account_id;
