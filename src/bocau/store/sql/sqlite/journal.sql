-- name: insert
INSERT INTO body_journal (pack, at, record) VALUES (:pack, :at, :record);

-- name: all
SELECT serial, pack, at, record FROM body_journal ORDER BY pack, at;

-- name: settle
DELETE FROM body_journal WHERE pack = :pack AND at < :end;

-- name: forget
DELETE FROM body_journal WHERE serial = :serial AND pack = :pack AND at = :at;
