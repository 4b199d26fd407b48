-- What has changed, for who listens (RFC 8620 §7).

-- name: kinds
SELECT DISTINCT kind FROM change WHERE account_id = ? AND modseq > ?;
