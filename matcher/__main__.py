"""`python -m matcher`, the same as the command `matcher`."""

from matcher.cli import main

main()
