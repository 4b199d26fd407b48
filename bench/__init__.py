"""Benchmarks: whole-server workloads beside the peer (`python -m bench`), and one file per hot loop."""
