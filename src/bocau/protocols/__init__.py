"""What is said on the wire: one pure engine per protocol. No I/O, no clock."""
