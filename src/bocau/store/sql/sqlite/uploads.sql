-- Bodies handed in for later use, and whom to tell of changes by HTTP (RFC 8620 §6.1, §7.2).

-- name: upload
SELECT upload_id, type, pack, offset, length, sha256, created_at FROM upload
WHERE upload_id = :upload_id AND account_id = :account_id;

-- name: insert_upload
INSERT INTO upload (account_id, type, pack, offset, length, sha256, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)
RETURNING upload_id;

-- name: waiting
SELECT count(*), coalesce(sum(length), 0) FROM upload WHERE account_id = :account_id;

-- name: oldest
SELECT upload_id, length FROM upload WHERE account_id = :account_id AND created_at < :before
ORDER BY upload_id LIMIT :count;

-- name: remove_upload
DELETE FROM upload WHERE upload_id = :upload_id;

-- name: sweep
DELETE FROM upload WHERE upload_id IN (
    SELECT upload_id FROM upload WHERE created_at < :before ORDER BY created_at LIMIT :count);

-- name: forget_uploads
DELETE FROM upload WHERE account_id = :account_id;

-- name: subscriptions
SELECT subscription_id, credential_id, device_client_id, url, p256dh, auth, verification_code, is_verified, types,
    expires_at
FROM push_subscription WHERE account_id = :account_id AND expires_at > :now ORDER BY subscription_id;

-- name: insert_subscription
INSERT INTO push_subscription (account_id, credential_id, device_client_id, url, p256dh, auth, verification_code, types,
    expires_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
RETURNING subscription_id;

-- name: verify_subscription
UPDATE push_subscription SET is_verified = 1 WHERE account_id = :account_id AND subscription_id = :subscription_id;

-- name: change_subscription
UPDATE push_subscription SET types = :types, expires_at = :expires_at
WHERE account_id = :account_id AND subscription_id = :subscription_id;

-- name: remove_subscription
DELETE FROM push_subscription WHERE account_id = :account_id AND subscription_id = :subscription_id;

-- name: forget_subscriptions
DELETE FROM push_subscription WHERE account_id = :account_id;

-- name: subscribers
SELECT s.account_id, a.modseq
FROM (SELECT DISTINCT account_id FROM push_subscription WHERE expires_at > :now) AS s
JOIN account_state AS a ON a.account_id = s.account_id;

-- name: sweep_subscriptions
DELETE FROM push_subscription WHERE expires_at <= :now;
