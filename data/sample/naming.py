"""Names of many cultures and scripts, and the addresses made of them."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

NAMES = Path(__file__).with_name("names.txt")


@dataclass(eq=False)
class Culture:
    """Names of one part of the world; each name with its Latin spelling."""

    order: str
    given: list[tuple[str, str]]
    family: list[tuple[str, str]]


def read_names() -> tuple[dict[str, Culture], list[tuple[str, str, str]]]:
    """Cultures, and the awkward names (name, local part of the address, region hint)."""
    cultures: dict[str, Culture] = {}
    awkward: list[tuple[str, str, str]] = []
    in_awkward = False
    for line in NAMES.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            in_awkward = True
        elif line.strip() and not line.startswith("#"):
            parts = [part.strip() for part in line.split("|")]
            if in_awkward:
                awkward.append((parts[0], parts[1], parts[2]))
            else:
                lists = [[spelled(name) for name in part.split(", ")] for part in parts[2:4]]
                cultures[parts[0]] = Culture(parts[1], lists[0], lists[1])
    return cultures, awkward


def spelled(name: str) -> tuple[str, str]:
    """ "Ганна=Hanna" as the name and its Latin spelling."""
    name, _, latin = name.strip().partition("=")
    return name, latin or name


PLAIN = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "þ": "th", "ð": "d", "æ": "ae", "ı": "i", "œ": "oe"})


def ascii_word(name: str) -> str:
    """Lower-case ASCII letters of a name, for an address."""
    decomposed = unicodedata.normalize("NFD", name.casefold().translate(PLAIN))
    return re.sub(r"[^a-z0-9]", "", decomposed)


def ascii_name(name: str) -> str:
    """ "Ana de Luz" as "ana.deluz"."""
    first, _, rest = name.partition(" ")
    return ".".join(filter(None, (ascii_word(first), ascii_word(rest))))
