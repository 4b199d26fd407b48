"""The composition root: the only place that names concrete drivers and ties the rooms together.

    supervisor ─ bind, drop root, prepare ─ fork ─┬─ worker 0…   rooms → services → a Listener per socket
                                                  └─ background  rooms → QueueRunner, sweeping
    command line ─ rooms
    rooms: Database → Blobs → MailStore → Directory → MailFlow

Door: Rooms, open_rooms, Server.
"""

from bocau.app.rooms import Rooms, open_rooms
from bocau.app.server import Server

__all__ = ["Rooms", "Server", "open_rooms"]
