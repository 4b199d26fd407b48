-- name: last
SELECT modseq FROM change WHERE account_id = ? AND kind = ? AND kind >= 9 ORDER BY modseq DESC LIMIT 1;

-- name: after
SELECT modseq, name FROM change WHERE account_id = ? AND kind = ? AND kind >= 9 AND modseq > ?
ORDER BY modseq LIMIT ?;
