-- Tokens stand beside the passwords of an account: random, so a plain SHA-256 of one is kept; they may end by themselves.
ALTER TABLE credentials ADD COLUMN is_token INTEGER NOT NULL DEFAULT 0;
ALTER TABLE credentials ADD COLUMN expires_at INTEGER;
CREATE INDEX credentials_by_token ON credentials (secret) WHERE is_token = 1;

-- Capability words that an account's clients had better not see, comma-separated.
ALTER TABLE accounts ADD COLUMN without TEXT NOT NULL DEFAULT '';
