-- What a webmail keeps of an account.

-- name: all
SELECT name, value FROM preference WHERE account_id = :account_id ORDER BY name;

-- name: put
INSERT INTO preference (account_id, name, value) VALUES (:account_id, :name, :value)
ON CONFLICT (account_id, name) DO UPDATE SET value = excluded.value;

-- name: remove
DELETE FROM preference WHERE account_id = :account_id AND name = :name;

-- name: delete_account
DELETE FROM preference WHERE account_id = :account_id;

-- name: one
SELECT value FROM preference WHERE account_id = ? AND name = ?;
