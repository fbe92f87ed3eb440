"""What the system does in a second, measured: `python -m benchmarks` (ratios travel, times do not)."""
