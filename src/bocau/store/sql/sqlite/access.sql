-- name: rights
SELECT is_negative, rights FROM access
WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND grantee_id IN (0, :reader_id);

-- name: rights_in_account
SELECT mailbox_id, is_negative, rights FROM access
WHERE account_id = :account_id AND grantee_id IN (0, :reader_id);

-- name: grants
SELECT grantee_id, is_negative, rights FROM access
WHERE account_id = :account_id AND mailbox_id = :mailbox_id ORDER BY grantee_id, is_negative;

-- name: grants_of_account
SELECT b.name, a.grantee_id, a.is_negative, a.rights
FROM access AS a JOIN mailbox AS b USING (account_id, mailbox_id)
WHERE a.account_id = :account_id ORDER BY b.name, a.grantee_id, a.is_negative;

-- name: accounts_that_share
SELECT DISTINCT account_id FROM access WHERE grantee_id IN (0, :reader_id) AND is_negative = 0 ORDER BY account_id;

-- name: granted_to
SELECT DISTINCT account_id, mailbox_id FROM access WHERE grantee_id = :grantee_id;

-- name: set_grant
INSERT INTO access (account_id, mailbox_id, grantee_id, is_negative, rights) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET rights = excluded.rights;

-- name: delete_grant
DELETE FROM access
WHERE account_id = :account_id AND mailbox_id = :mailbox_id AND grantee_id = :grantee_id AND is_negative = :is_negative;

-- name: delete_grants_to
DELETE FROM access WHERE grantee_id = :grantee_id;

-- name: delete_grants_of_mailbox
DELETE FROM access WHERE account_id = :account_id AND mailbox_id = :mailbox_id;

-- name: delete_grants_of_account
DELETE FROM access WHERE account_id = :account_id;

-- name: inherit
INSERT INTO access (account_id, mailbox_id, grantee_id, is_negative, rights)
SELECT a.account_id, :mailbox_id, a.grantee_id, a.is_negative, a.rights
FROM access AS a JOIN mailbox AS b USING (account_id, mailbox_id)
WHERE a.account_id = :account_id AND b.name = :parent;

-- name: stored_name
SELECT name FROM mailbox WHERE account_id = :account_id AND mailbox_id = :mailbox_id;

-- name: id_of_name
SELECT mailbox_id FROM mailbox WHERE account_id = :account_id AND name = :name;
