"""How it is put together: one typed TOML file of about 30 keys, composed into the Settings of each room.

Door: Settings, ConfigError, load_settings. `schema` says what may stand there, `compose` hands it on.

    bocau.toml ─┐
    --set k=v  ─┴→ file.read → schema.File → compose → Settings of every room
"""

from bocau.config.errors import ConfigError
from bocau.config.settings import Settings, compose, load_settings

__all__ = ["ConfigError", "Settings", "compose", "load_settings"]
