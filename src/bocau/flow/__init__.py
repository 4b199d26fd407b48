"""How mail moves: inbound, local delivery, submission, the queue, outbound, reports."""
