"""The signature under the links in letters: tokens that answer one question and cannot be made by anybody else."""

import hashlib
from typing import Any

from itsdangerous import BadData, URLSafeSerializer


class LinkSigner:
    """Signs with SHA-256 under the newest key, a salt of its own for each purpose; reads older keys, too.

    `keys`: oldest first. A token made for one purpose is worthless for another. Tokens carry no date: the epoch kept
    with each answer ends them, and a link out of further letters has to work for as long as the letter lies there.
    """

    def __init__(self, *keys: str) -> None:
        if not keys or min(len(key) for key in keys) < 32:
            raise ValueError("a key needs at least 32 characters")
        self._keys = list(keys)

    def sign(self, purpose: str, *values: str | int) -> str:
        """A token that is safe in an address, bound to `purpose`."""
        return str(self._serializer(purpose).dumps(list(values)))

    def read(self, purpose: str, token: str) -> list[Any] | None:
        """The values, or None when the token is forged, spoilt, or made for another purpose or with a retired key."""
        try:
            values = self._serializer(purpose).loads(token)
        except BadData:
            return None
        return values if isinstance(values, list) else None

    def _serializer(self, purpose: str) -> URLSafeSerializer:
        options = {"digest_method": _sha256, "key_derivation": "hmac"}
        return URLSafeSerializer(self._keys, salt=f"matcher.{purpose}", signer_kwargs=options)


def _sha256(data: bytes = b"") -> Any:
    return hashlib.sha256(data)
