"""EmailSubmission (RFC 8621 §7): what is checked before a message is sent, and what is told of it."""
