-- name: accounts
SELECT json_group_array(account_id), json_group_array(last_email_serial) FROM account_state;

-- name: account
SELECT last_email_serial, message_count, used_bytes FROM account_state WHERE account_id = :account_id;

-- name: bodies
SELECT email_id & 4294967295, pack, offset, length, sha256 FROM email
WHERE email_id > :after AND email_id <= :last ORDER BY email_id LIMIT :limit;

-- name: waiting_bytes
SELECT coalesce(sum(length), 0) FROM email WHERE email_id > :after AND email_id <= :last;

-- name: serials
SELECT json_group_array(email_id & 4294967295) FROM email WHERE email_id BETWEEN :first AND :last;
