-- name: insert_session
INSERT INTO web_sessions (account_id, credential_id, secret, csrf, client_host, user_agent, created_at, last_used_at,
    idle_seconds, expires_at)
VALUES (:account_id, :credential_id, :secret, :csrf, :client_host, :user_agent, :now, :now, :idle_seconds, :expires_at)

-- name: session
SELECT session_id, credential_id, csrf, last_used_at, idle_seconds, expires_at FROM web_sessions
WHERE secret = :secret

-- name: session_numbered
SELECT session_id, credential_id, csrf, last_used_at, idle_seconds, expires_at FROM web_sessions
WHERE session_id = :session_id

-- name: session_with_id
SELECT session_id, credential_id, csrf, last_used_at, idle_seconds, expires_at FROM web_sessions
WHERE session_id = :session_id AND account_id = :account_id

-- name: sessions
SELECT session_id, client_host, user_agent, created_at, last_used_at, last_used_at + idle_seconds, expires_at
FROM web_sessions WHERE account_id = :account_id AND expires_at > :now AND last_used_at + idle_seconds > :now
ORDER BY session_id

-- name: touch_session
UPDATE web_sessions SET last_used_at = :now WHERE session_id = :session_id AND last_used_at < :now

-- name: renew_session
UPDATE web_sessions SET secret = :secret, credential_id = coalesce(:credential_id, credential_id)
WHERE session_id = :session_id AND account_id = :account_id

-- name: delete_session
DELETE FROM web_sessions WHERE account_id = :account_id AND session_id = :session_id

-- name: delete_other_sessions
DELETE FROM web_sessions WHERE account_id = :account_id AND session_id <> :session_id

-- name: delete_ended_sessions
DELETE FROM web_sessions
WHERE expires_at <= :now OR (account_id = :account_id AND last_used_at + idle_seconds <= :now)

-- name: delete_oldest_sessions
DELETE FROM web_sessions WHERE session_id IN (
    SELECT session_id FROM web_sessions WHERE account_id = :account_id
    ORDER BY last_used_at DESC, session_id DESC LIMIT -1 OFFSET :kept
)

-- name: factor
SELECT secret, last_step, confirmed_at FROM second_factors WHERE account_id = :account_id

-- name: put_factor
INSERT INTO second_factors (account_id, secret, last_step, confirmed_at) VALUES (:account_id, :secret, 0, NULL)
ON CONFLICT (account_id) DO UPDATE SET secret = excluded.secret, last_step = 0, confirmed_at = NULL

-- name: confirm_factor
UPDATE second_factors SET confirmed_at = :now WHERE account_id = :account_id

-- name: step_factor
UPDATE second_factors SET last_step = :step WHERE account_id = :account_id

-- name: delete_factor
DELETE FROM second_factors WHERE account_id = :account_id

-- name: insert_recovery_code
INSERT INTO recovery_codes (account_id, secret) VALUES (?, ?)

-- name: recovery_code
SELECT 1 FROM recovery_codes WHERE account_id = :account_id AND secret = :secret AND used_at IS NULL

-- name: use_recovery_code
UPDATE recovery_codes SET used_at = :now WHERE account_id = :account_id AND secret = :secret

-- name: recovery_codes_left
SELECT count(*) FROM recovery_codes WHERE account_id = :account_id AND used_at IS NULL

-- name: delete_recovery_codes
DELETE FROM recovery_codes WHERE account_id = :account_id

-- name: insert_sign_in
INSERT INTO sign_ins (account_id, at, way, outcome, client_host, client)
VALUES (:account_id, :at, :way, :outcome, :client_host, :client)

-- name: sign_ins
SELECT sign_in_id, at, way, outcome, client_host, client FROM sign_ins
WHERE account_id = :account_id ORDER BY sign_in_id DESC

-- name: delete_old_sign_ins
DELETE FROM sign_ins WHERE sign_in_id IN (
    SELECT sign_in_id FROM sign_ins WHERE account_id = :account_id ORDER BY sign_in_id DESC LIMIT -1 OFFSET :kept
)

-- name: delete_sessions_of_account
DELETE FROM web_sessions WHERE account_id = :account_id

-- name: delete_sign_ins_of_account
DELETE FROM sign_ins WHERE account_id = :account_id
