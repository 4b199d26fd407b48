-- name: subscriptions
SELECT name FROM subscription WHERE account_id = :account_id ORDER BY name;

-- name: count
SELECT count(*) FROM subscription WHERE account_id = :account_id;

-- name: subscribe
INSERT INTO subscription (account_id, name) VALUES (:account_id, :name) ON CONFLICT DO NOTHING;

-- name: unsubscribe
DELETE FROM subscription WHERE account_id = :account_id AND name = :name;

-- name: forget
DELETE FROM subscription WHERE account_id = :account_id;
