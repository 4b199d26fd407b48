"""The queue: what waits for other servers, and the runner that sends it. Door: QueueRunner."""
