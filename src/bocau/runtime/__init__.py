"""What we run on: the one transport, listeners, TLS, DNS, clock, threads, processes, doorbells, log."""
