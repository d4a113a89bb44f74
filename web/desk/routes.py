"""The desk's addresses; each states the rule COORDINATOR."""

from web.access import Address

ROUTES: tuple[Address, ...] = ()
