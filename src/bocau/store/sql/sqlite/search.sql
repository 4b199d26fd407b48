-- name: ranges
WITH RECURSIVE range (first) AS (
    SELECT (SELECT min(account_id) FROM account_state) / :accounts * :accounts
    UNION ALL
    SELECT (SELECT min(account_id) FROM account_state WHERE account_id >= range.first + :accounts)
        / :accounts * :accounts
    FROM range WHERE range.first IS NOT NULL
)
SELECT first, (SELECT sum(account_id) || ' ' || sum(last_email_serial) FROM account_state
    WHERE account_id >= range.first AND account_id < range.first + :accounts)
FROM range WHERE first IS NOT NULL;

-- name: range
SELECT account_id, last_email_serial, used_bytes, message_count FROM account_state
WHERE account_id >= :first AND account_id < :first + :accounts;

-- name: last_serial
SELECT last_email_serial FROM account_state WHERE account_id = :account_id;

-- name: bodies
SELECT email_id & 4294967295, pack, offset, length, sha256 FROM email
WHERE email_id > :after AND email_id <= :last ORDER BY email_id LIMIT :limit;

-- name: waiting_bytes
SELECT coalesce(sum(length), 0) FROM email WHERE email_id > :after AND email_id <= :last;

-- name: serials
SELECT json_group_array(email_id & 4294967295) FROM email WHERE email_id BETWEEN :first AND :last;
