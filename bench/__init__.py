"""Benches: what one process does on one core, as ratios to floors measured in the same run."""
