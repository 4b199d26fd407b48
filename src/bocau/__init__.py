"""bocau: a complete mail server for a company."""

__version__ = "0.1.0"
