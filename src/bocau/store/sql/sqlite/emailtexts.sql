-- name: texts
SELECT e.email_id, e.listed, e.pack, e.offset, e.length, e.sha256 FROM json_each(:email_ids) AS j
CROSS JOIN email AS e ON e.email_id = j.value
WHERE EXISTS (SELECT 1 FROM message AS m WHERE m.email_id = e.email_id);
