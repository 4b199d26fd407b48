"""Whom do we answer: one session per protocol, an engine and what its events mean."""
