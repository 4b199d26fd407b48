-- name: state
SELECT version, failure_serial FROM directory_state

-- name: secret
SELECT secret FROM directory_state

-- name: bump_version
UPDATE directory_state SET version = version + 1

-- name: bump_failure_serial
UPDATE directory_state SET failure_serial = failure_serial + 1

-- name: domain
SELECT domain_id, name, catch_all_local, catch_all_domain, is_disabled FROM domains WHERE name = :name

-- name: domains
SELECT domain_id, name, catch_all_local, catch_all_domain, is_disabled FROM domains ORDER BY name

-- name: insert_domain
INSERT INTO domains (name) VALUES (:name)

-- name: update_domain
UPDATE domains
SET catch_all_local = :local, catch_all_domain = :domain, is_disabled = :is_disabled
WHERE name = :name

-- name: delete_domain
DELETE FROM domains WHERE name = :name

-- name: domain_in_use
SELECT 1 FROM addresses WHERE domain = :name LIMIT 1

-- name: address
SELECT a.address_id, a.kind, c.account_id, c.is_disabled
FROM addresses a LEFT JOIN accounts c ON c.address_id = a.address_id
WHERE a.domain = :domain AND a.local_key = :local_key

-- name: insert_address
INSERT INTO addresses (domain, local_key, local_part, kind) VALUES (:domain, :local_key, :local_part, :kind)

-- name: delete_address
DELETE FROM addresses WHERE address_id = :address_id

-- name: targets
SELECT local_part, domain FROM address_targets WHERE address_id = :address_id ORDER BY position

-- name: insert_target
INSERT INTO address_targets (address_id, position, local_part, domain) VALUES (?, ?, ?, ?)

-- name: delete_targets
DELETE FROM address_targets WHERE address_id = :address_id

-- name: aliases_to
SELECT DISTINCT a.local_part, a.domain FROM address_targets t JOIN addresses a ON a.address_id = t.address_id
WHERE t.domain = :domain AND t.local_part = :local_part COLLATE NOCASE AND a.kind = 'alias'
ORDER BY a.domain, a.local_key LIMIT :limit

-- name: groups_sendable
SELECT a.local_part, a.domain FROM group_senders s JOIN addresses a ON a.address_id = s.address_id
WHERE s.account_id = :account_id AND a.kind = 'group' ORDER BY a.domain, a.local_key LIMIT :limit

-- name: senders
SELECT account_id FROM group_senders WHERE address_id = :address_id ORDER BY account_id

-- name: insert_sender
INSERT INTO group_senders (address_id, account_id) VALUES (?, ?)

-- name: delete_senders
DELETE FROM group_senders WHERE address_id = :address_id

-- name: delete_sender_account
DELETE FROM group_senders WHERE account_id = :account_id

-- name: named
SELECT address_id, local_part, domain FROM addresses
WHERE kind = :kind AND (:domain IS NULL OR domain = :domain)
ORDER BY domain, local_key

-- name: account
SELECT c.account_id, a.local_part, a.domain, c.display_name, c.is_disabled, c.is_admin, c.quota_bytes, c.created_at
FROM accounts c JOIN addresses a ON a.address_id = c.address_id
WHERE c.account_id = :account_id

-- name: accounts
SELECT c.account_id, a.local_part, a.domain, c.display_name, c.is_disabled, c.is_admin, c.quota_bytes, c.created_at
FROM accounts c JOIN addresses a ON a.address_id = c.address_id
WHERE :domain IS NULL OR a.domain = :domain
ORDER BY a.domain, a.local_key

-- name: admins
SELECT account_id FROM accounts WHERE is_admin = 1 AND is_disabled = 0 ORDER BY account_id

-- name: first_account
SELECT account_id FROM accounts WHERE is_disabled = 0 ORDER BY account_id LIMIT 1

-- name: insert_account
INSERT INTO accounts (address_id, display_name, quota_bytes, is_admin, created_at, scram_salt, scram_iterations)
VALUES (:address_id, :display_name, :quota_bytes, :is_admin, :created_at, :scram_salt, :scram_iterations)

-- name: update_account
UPDATE accounts
SET display_name = :display_name, quota_bytes = :quota_bytes, is_disabled = :is_disabled, is_admin = :is_admin
WHERE account_id = :account_id

-- name: delete_account
DELETE FROM accounts WHERE account_id = :account_id

-- name: account_address
SELECT address_id FROM accounts WHERE account_id = :account_id

-- name: last_id
SELECT last_insert_rowid()

-- name: scram_of_account
SELECT scram_salt, scram_iterations, without FROM accounts WHERE account_id = :account_id

-- name: credentials
SELECT credential_id, account_id, label, scopes, created_at, last_used_at, is_token, expires_at FROM credentials
WHERE account_id = :account_id ORDER BY credential_id

-- name: secrets
SELECT credential_id, label, scopes, secret FROM credentials WHERE account_id = :account_id ORDER BY credential_id

-- name: credential_state
SELECT c.account_id, c.scopes, a.local_part, a.domain, o.is_disabled OR d.is_disabled, o.without, c.expires_at,
    c.scopes IS NULL AND EXISTS (
        SELECT 1 FROM second_factors f WHERE f.account_id = c.account_id AND f.confirmed_at IS NOT NULL
    )
FROM credentials c
JOIN accounts o ON o.account_id = c.account_id
JOIN addresses a ON a.address_id = o.address_id
JOIN domains d ON d.name = a.domain
WHERE c.credential_id = :credential_id

-- name: insert_credential
INSERT INTO credentials (account_id, label, scopes, secret, created_at, is_token, expires_at)
VALUES (:account_id, :label, :scopes, :secret, :created_at, :is_token, :expires_at)

-- name: token
SELECT credential_id FROM credentials WHERE secret = :secret AND is_token = 1

-- name: account_state
SELECT a.local_part, a.domain, o.is_disabled OR d.is_disabled, o.without
FROM accounts o
JOIN addresses a ON a.address_id = o.address_id
JOIN domains d ON d.name = a.domain
WHERE o.account_id = :account_id

-- name: set_without
UPDATE accounts SET without = :without WHERE account_id = :account_id

-- name: without
SELECT without FROM accounts WHERE account_id = :account_id

-- name: delete_credential
DELETE FROM credentials WHERE account_id = :account_id AND credential_id = :credential_id

-- name: delete_credentials
DELETE FROM credentials WHERE account_id = :account_id

-- name: main_credential
SELECT credential_id FROM credentials WHERE account_id = :account_id AND label = ''

-- name: count_credentials
SELECT count(*) FROM credentials WHERE account_id = :account_id

-- name: used_credential
UPDATE credentials SET last_used_at = :now
WHERE credential_id = :credential_id AND (last_used_at IS NULL OR last_used_at <= :before)

-- name: insert_scram_key
INSERT INTO scram_keys (credential_id, mechanism, stored_key, server_key) VALUES (?, ?, ?, ?)

-- name: delete_scram_keys
DELETE FROM scram_keys WHERE credential_id = :credential_id

-- name: delete_scram_keys_of_account
DELETE FROM scram_keys
WHERE credential_id IN (SELECT credential_id FROM credentials WHERE account_id = :account_id)

-- name: scram_keys
SELECT k.credential_id, k.stored_key, k.server_key
FROM scram_keys k JOIN credentials c ON c.credential_id = k.credential_id
WHERE c.account_id = :account_id AND k.mechanism = :mechanism
ORDER BY k.credential_id

-- name: failures
SELECT failure_count, last_failed_at, last_guess FROM login_failures WHERE subject = :subject

-- name: put_failures
INSERT INTO login_failures (subject, failure_count, last_failed_at, last_guess)
VALUES (:subject, :failure_count, :last_failed_at, :last_guess)
ON CONFLICT (subject) DO UPDATE SET
    failure_count = excluded.failure_count,
    last_failed_at = excluded.last_failed_at,
    last_guess = excluded.last_guess

-- name: forget_failures
DELETE FROM login_failures WHERE subject = :subject

-- name: expire_failures
DELETE FROM login_failures WHERE last_failed_at < :before
