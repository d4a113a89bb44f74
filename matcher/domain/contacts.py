"""Contact details in free words, found before the words reach somebody who is not to know the writer yet.

Addresses, telephone numbers and the writer's own names are found by their looks. Who spells a number out in words gets
past this; it is there so that nobody shows a contact by mistake.
"""

import re
import unicodedata

LEFT_OUT = "[…]"
"""Stands where something was left out."""

_ADDRESS = re.compile(
    r"[a-z][a-z0-9+.-]*://\S*[^\s.,;!?)]"  # a link
    r"|\S*\w\s*[(\[{]\s*(?:at|arroba)\s*[)\]}]\s*\w\S*(?:\s*[(\[{]\s*(?:dot|punto)\s*[)\]}]\s*\w\S*)*"
    r"|[^\s@,;()<>\"]*@[^\s@,;()<>\"]*[^\s@,;()<>\".!?:]"  # mail, and handles such as @ada
    # a page without http; one letter before the full stop is more likely "p.ej." in Spanish
    r"|(?<![\w.-])(?:[\w-]+\.)*(?:[\w-]{2,}\.[a-z]{2,24}|\w\.(?:com|[a-z]{2,24}(?=/)))(?![\w-]|\.\w)"
    r"(?:[:/?#]\S*[^\s.,;!?)])?",
    re.IGNORECASE,
)
_TELEPHONE = re.compile(r"(?<!\w)[+(]{0,2}\d(?:[\s().\-/\u2010-\u2015\u00a0]{0,3}\d){6,}(?!\w)")
_SPAN = r"\s*(?:[-/\u2010-\u2015]|to|a)\s*"
_NO_TELEPHONE = re.compile(
    rf"(?:19|20)\d\d(?:{_SPAN}(?:19|20)\d\d)?|\d{{4}}-\d\d-\d\d|\d\d?[./]\d\d?[./](?:19|20)\d\d"
    rf"|\d\d?[.:]\d\d{_SPAN}\d\d?[.:]\d\d"
)
"""Years, dates and times of the day, which have as many digits."""
_WORD = re.compile(r"[^\W\d_]+")
_TOGETHER = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]{2,}")  # scripts that leave no space between words
_PARTICLES = frozenset(
    ["van", "von", "der", "den", "del", "las", "los", "dos", "das", "ter", "ten", "zur", "zum", "the", "and"]
)


def blank(text: str, name: str = "", details: str = "") -> tuple[str, list[str]]:
    """The text with contact details left out, and what was found, in order of kind.

    `name`: of whoever wrote it; `details`: how they can be reached, in their own words, such as a handle.
    """
    text, found = unicodedata.normalize("NFC", text), []

    def leave_out(match: re.Match[str]) -> str:
        found.append(match[0].strip())
        return LEFT_OUT

    text = _ADDRESS.sub(leave_out, text)
    text = _TELEPHONE.sub(lambda match: match[0] if _NO_TELEPHONE.fullmatch(match[0]) else leave_out(match), text)
    for together in _TOGETHER.findall(name):
        text = re.sub(re.escape(together), leave_out, text)
    names = _names(name)
    text = _WORD.sub(lambda match: leave_out(match) if _folded(match[0]) in names else match[0], text)
    handles = _handles(details)
    text = re.sub(r"\w[\w.-]*\w", lambda match: leave_out(match) if _folded(match[0]) in handles else match[0], text)
    return text, found


def _names(name: str) -> frozenset[str]:
    """The parts of a name that say who it is; two letters are too few, save in scripts without capitals."""
    parts = (_folded(part) for part in _WORD.findall(unicodedata.normalize("NFC", name)))
    return frozenset(p for p in parts if len(p) >= 3 - (p.upper() == p) and p not in _PARTICLES)


def _handles(details: str) -> frozenset[str]:
    """Made-up words: with a digit, an underscore or a full stop in them."""
    words = (_folded(word) for word in re.findall(r"\w[\w.-]*\w", details))
    return frozenset(word for word in words if len(word) >= 4 and re.search(r"[\d_.]", word))


def _folded(word: str) -> str:
    """Without accents and capitals."""
    apart = unicodedata.normalize("NFKD", word)
    return "".join(c for c in apart if not unicodedata.combining(c)).casefold()
