"""What is claimed about speed, measured beside the alternatives: `python -m benchmarks.speed`."""
