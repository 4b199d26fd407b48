"""What can be wrong with a configuration."""

from bocau.base.errors import Refused


class ConfigError(Refused):
    """One line: where, which key, what is wrong, the right spelling."""
