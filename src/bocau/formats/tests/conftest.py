"""Hypothesis without its clock: a busy machine is no failing test."""

from hypothesis import settings

settings.register_profile("formats", deadline=None)
settings.load_profile("formats")
