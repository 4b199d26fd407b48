-- An email in several mailboxes is held once: its further places do not count (bocau.store.transfer.share).
UPDATE account_state SET used_bytes = used_bytes - (
    SELECT coalesce(sum((place_count - 1) * length), 0) FROM email
    WHERE place_count > 1
        AND email_id BETWEEN account_state.account_id << 32 AND (account_state.account_id << 32) + 4294967295);
