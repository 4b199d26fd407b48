-- Subscriptions are kept in their own table since step 6.
ALTER TABLE mailbox DROP COLUMN is_subscribed;

-- The subscription, or the annotation's entry, that changed; NULL for all other kinds.
ALTER TABLE change ADD COLUMN name TEXT;
