"""Sentences, dates, times and lists in the reader's language.

The msgid of a sentence is the English sentence itself, with `%(name)s` placeholders. Catalogues are
`data/locale/<language>/messages.po`, read as they are (no compiled files), so that a translator edits one file and
restarts. An unknown language, or a sentence without a translation, is English. `data/locale/extract.py` collects the
sentences of the program into the catalogues.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from gettext import c2py
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

SOURCE = "en"
"""The language of the msgids."""

_NOON = time(12)


def locale_folder() -> Path:
    """Where the catalogues lie: inside the installed package, or `data/` of a checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "_data" / "locale"
    return inside if inside.is_dir() else package.parent / "data" / "locale"


def languages() -> tuple[str, ...]:
    """The languages there are, English first."""
    return (SOURCE, *sorted(path.parent.name for path in locale_folder().glob("*/messages.po")))


@dataclass(frozen=True, slots=True)
class Translator:
    """One language. `sentences` maps the English sentence to its forms: one, or singular and plurals."""

    language: str
    sentences: Mapping[str, tuple[str, ...]]
    plural: Callable[[int], int]

    def gettext(self, message: str) -> str:
        """The sentence in this language, placeholders untouched."""
        forms = self.sentences.get(message)
        return forms[0] if forms else message

    def ngettext(self, one: str, many: str, n: int) -> str:
        """The form of the sentence for the number `n`, placeholders untouched."""
        forms = self.sentences.get(one)
        if not forms or len(forms) < 2:
            return one if n == 1 else many
        return forms[min(int(self.plural(n)), len(forms) - 1)]

    def say(self, message: str, **values: object) -> str:
        """The sentence with its placeholders filled in."""
        text = self.gettext(message)
        return text % values if values else text

    def day(self, when: date | datetime, zone_name: str | None = None, *, year: bool = True) -> str:
        """November 24, 2026 / 24 de noviembre de 2026; an instant is taken in the named zone (none: UTC)."""
        from babel import dates

        if isinstance(when, datetime):
            when = when.astimezone(zone(zone_name)).date()
        if not year:
            return dates.format_skeleton("MMMMd", datetime.combine(when, _NOON, UTC), locale=self.language)
        return dates.format_date(when, format="long", locale=self.language)

    def moment(self, when: datetime, zone_name: str | None = None) -> str:
        """Tuesday, November 24, 6:00 PM (Central Standard Time), in the named zone (none: UTC) and with its name."""
        from babel import dates

        local = when.astimezone(zone(zone_name))
        weekday = dates.format_date(local, "EEEE", locale=self.language)
        day = dates.format_skeleton("MMMMd", local, locale=self.language)
        variant: Literal["daylight", "standard"] = "daylight" if _in_summer(local) else "standard"
        called = dates.get_timezone_name(local, width="long", locale=self.language, zone_variant=variant)
        return f"{weekday}, {day}, {self.time(local, zone_name)} ({called})"

    def zone(self, zone_name: str | None) -> str:
        """Central Time, whatever the season, of the named zone (none: UTC)."""
        from babel import dates

        there = zone(zone_name)
        fixed = str(there).partition("/")[0] in ("UTC", "Etc")  # these lie nowhere, so any moment tells their name
        of = datetime(2024, 1, 1, tzinfo=there) if fixed else there
        return dates.get_timezone_name(of, width="long", locale=self.language)

    def time(self, when: datetime, zone_name: str | None = None) -> str:
        """6:00 PM / 18:00, in the named zone (none: UTC)."""
        from babel import dates

        local = when.astimezone(zone(zone_name))
        # CLDR puts a narrow no-break space before PM, which old mail programs show as a box.
        return dates.format_time(local.time(), format="short", locale=self.language).replace("\u202f", "\u00a0")

    def listing(self, items: Iterable[str], style: str = "standard") -> str:
        """a, b, and c / a, b y c; style "or" joins with or."""
        return _listing(tuple(items), style, self.language)

    def number(self, value: float, digits: int = 0) -> str:
        """1,234.5 as this language writes it."""
        from babel import numbers

        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return numbers.format_decimal(value, format=pattern, locale=self.language)

    def percent(self, share: float) -> str:
        """0.25 as 25%, in Spanish as 25 %."""
        from babel import numbers

        return numbers.format_percent(share, locale=self.language)


_LISTS = {
    ("en", "standard"): (" and ", ", and "),
    ("en", "or"): (" or ", ", or "),
    ("es", "standard"): (" y ", " y "),
    ("es", "or"): (" o ", " o "),
}
"""Language and style: what stands between two, and before the last of more, as in CLDR, whose data takes 30 ms to load
with the whole of a locale; that of other languages is asked."""


@lru_cache(maxsize=4096)
def _listing(items: tuple[str, ...], style: str, language: str) -> str:
    if (language, style) not in _LISTS:
        from babel import lists

        return lists.format_list(items, style=style, locale=language)  # type: ignore[arg-type]
    if len(items) < 2:
        return "".join(items)
    joint = _LISTS[language, style][len(items) > 2]
    text = ", ".join(items[:-1]) + joint + items[-1]
    return _spanish_joint(text, items[-1]) if language == "es" else text


_JOINTS = ((" y ", " e ", re.compile(r"h?[ií](?![aeou])", re.IGNORECASE)), (" o ", " u ", re.compile(r"h?[oó]", re.I)))
"""Spanish "y" and "o" before their own sound: padres e hijos, siete u ocho; but nieve y hielo."""


def _spanish_joint(text: str, last: str) -> str:
    for joint, instead, sound in _JOINTS:
        if text.endswith(joint + last) and sound.match(last):
            return text.removesuffix(joint + last) + instead + last
    return text


def _in_summer(local: datetime) -> bool:
    """Whether a clock is ahead of its winter; in Ireland `dst()` is zero in summer and less than that in winter."""
    offsets = [local.replace(month=month, day=1).utcoffset() or timedelta() for month in (1, 7)]
    return (local.utcoffset() or timedelta()) > min(offsets)


def zone(name: str | None) -> tzinfo:
    """The named time zone, or UTC when there is none of that name."""
    try:
        return ZoneInfo(name) if name else UTC
    except (KeyError, ValueError, OSError):
        return UTC


@lru_cache(maxsize=64)
def translator(language: str) -> Translator:
    """The translator of a language such as "es" (or "es-MX"); English when there is no catalogue for it."""
    code = language.strip().lower().replace("_", "-").partition("-")[0]
    path = locale_folder() / code / "messages.po"
    if code == SOURCE or not code.isalpha() or not path.is_file():
        return Translator(SOURCE, {}, lambda n: int(n != 1))
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        catalogue = read_po(file, locale=code)
    return Translator(code, _forms(catalogue), c2py(catalogue.plural_expr))


def _forms(catalogue: "Catalog") -> dict[str, tuple[str, ...]]:
    """Every translated sentence of a catalogue; fuzzy and empty ones are left out and so appear in English."""
    found = {}
    for message in catalogue:
        if not message.id or message.fuzzy:
            continue
        english = message.id[0] if isinstance(message.id, list | tuple) else message.id
        forms = tuple(message.string) if isinstance(message.string, list | tuple) else (message.string,)
        if all(forms):
            found[english] = tuple(str(form) for form in forms)
    return found
