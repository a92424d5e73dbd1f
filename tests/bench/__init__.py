"""What poolroll costs, as ratios measured in one run: `python -m tests.bench`."""
