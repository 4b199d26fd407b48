-- What a list may have changed by (RFC 8620 section 5.6).

-- name: threads_of
SELECT DISTINCT coalesce(k.thread_id, e.email_id) & 4294967295 FROM json_each(:serials) AS j
CROSS JOIN email AS e ON e.email_id = (:account_id << 32) + j.value
LEFT JOIN email_key AS k ON k.email_id = e.email_id
WHERE EXISTS (SELECT 1 FROM message AS m WHERE m.email_id = e.email_id);
