"""Measurements: ratios against peers and limits in one run, since machines differ. `./dev bench` runs all of them."""
