"""The background process: what need not answer anybody at once."""

from bocau.app.rooms import Rooms
from bocau.runtime.child import Child


async def run_background(child: Child, rooms: Rooms) -> None:
    """Run the queue and the sweeping until the server stops."""
    child.ready()
    await child.stopping()
