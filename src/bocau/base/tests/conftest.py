"""Hypothesis without its clock: a busy machine is no failing test."""

from hypothesis import settings

settings.register_profile("base", deadline=None)
settings.load_profile("base")
