-- name: texts
SELECT o.email_id, e.listed, o.pack, o.offset, o.length, o.sha256 FROM json_each(:email_ids) AS j
CROSS JOIN email AS o ON o.email_id = j.value
CROSS JOIN email AS e ON e.email_id = coalesce(o.content_id, o.email_id)
WHERE EXISTS (SELECT 1 FROM message AS m WHERE m.email_id = o.email_id);
