"""The templates' surroundings: escaping, languages, filters, and the addresses of static files."""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import babel.dates
import jinja2
from babel.core import get_global
from markupsafe import Markup
from starlette.requests import Request

from matcher.domain.availability import zone_exists
from matcher.domain.vocabulary import Vocabulary
from matcher.translations import Translator
from matcher.translations import translator as _translator
from web.static_files import StaticFiles

TEMPLATES = Path(__file__).parent / "templates"
LANGUAGES = {"en": "English", "es": "Español"}


@lru_cache
def translator(language: str) -> Translator:
    """The translator of a language the site speaks."""
    return _translator(language)


def choose_language(request: Request, site: Any, preferred: str | None = None) -> str:
    """The page's language: asked for (`?lang=es`), chosen before (cookie), the person's, the browser's, the site's."""
    wishes = [request.query_params.get("lang", ""), request.cookies.get(site.cookie_name("language"), "")]
    wishes += [preferred or "", *accepted_languages(request.headers.get("accept-language", ""))]
    return next((wish for wish in wishes if wish in LANGUAGES), site.language)


def accepted_languages(header: str) -> list[str]:
    """The primary languages of an Accept-Language header, the most wanted first; nonsense is passed over."""
    wanted = []
    for place, part in enumerate(header[:300].split(",")):
        tag, _, quality = part.partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        wanted.append((-weight, place, tag.strip().lower().partition("-")[0]))
    return [tag for weight, _, tag in sorted(wanted) if weight < 0]


def environment(vocabulary: Vocabulary, static: StaticFiles) -> jinja2.Environment:
    """Jinja with escaping always on and unknown names an error; sentences are `_("…", name=value)`."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.newstyle_gettext = True  # type: ignore[attr-defined]
    made.globals["_"] = _sentence
    made.globals["_n"] = _sentence_by_number
    made.globals["languages"] = LANGUAGES
    made.globals["vocabulary"] = vocabulary
    made.globals["static"] = static.url
    made.filters["term"] = _term
    made.filters["place"] = _place
    made.filters["day"] = _day
    made.filters["moment"] = _moment
    made.filters["number"] = _number
    made.filters["percent"] = _percent
    made.filters["paragraphs"] = _paragraphs
    made.filters["translated"] = _translated
    return made


@jinja2.pass_context
def _sentence(context: jinja2.runtime.Context, message: str, **values: Any) -> Markup:
    """The translated sentence; what is filled in is escaped, the sentence itself is ours."""
    text = Markup(context["gettext"](message))
    return text % values if values else text


@jinja2.pass_context
def _sentence_by_number(context: jinja2.runtime.Context, one: str, many: str, n: int, **values: Any) -> Markup:
    """As `_`, with a plural; `%(n)s` is the number."""
    return Markup(context["ngettext"](one, many, n)) % {"n": n, **values}


@jinja2.pass_context
def _term(context: jinja2.runtime.Context, id: str) -> str:
    """The label of a vocabulary id in the reader's language; words the vocabulary lacks stand as typed."""
    vocabulary: Vocabulary = context["vocabulary"]
    return vocabulary[id].label_in(context["visit"].language) if id in vocabulary else id


def zone(name: str | None) -> tzinfo:
    """The named time zone, or UTC when there is none of that name."""
    try:
        return ZoneInfo(name) if name else UTC
    except (KeyError, ValueError, OSError):
        return UTC


def place_of(zone_name: str, language: str) -> str:
    """The place that a time zone is called by, in a language: America/New_York is New York, or Nueva York.

    Older names keep their own word: Ensenada stays Ensenada, though its clock is Tijuana's.
    """
    if zone_name in get_global("zone_aliases"):
        return zone_name.partition("/")[2].replace("_", " ").replace("/", " – ") or zone_name
    if not zone_exists(zone_name):
        return zone_name  # as typed
    return babel.dates.get_timezone_location(zone_name, locale=language, return_city=True).replace("/", " – ")


@jinja2.pass_context
def _place(context: jinja2.runtime.Context, zone_name: str) -> str:
    """As `place_of`, in the reader's language."""
    return place_of(zone_name, context["visit"].language)


def alphabetical(text: str) -> str:
    """To sort by as people do: accents and capitals make no difference."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()


@jinja2.pass_context
def _day(context: jinja2.runtime.Context, when: date | datetime, timezone_name: str | None = None) -> str:
    """24 November 2026, in the reader's language and, an instant, in their zone."""
    day = when.astimezone(zone(timezone_name)).date() if isinstance(when, datetime) else when
    return babel.dates.format_date(day, format="long", locale=context["visit"].language)


@jinja2.pass_context
def _moment(context: jinja2.runtime.Context, when: datetime, timezone_name: str | None = None) -> str:
    """Tuesday, November 24, 6:00 PM (Central Standard Time), in the reader's language, as in letters."""
    return translator(context["visit"].language).moment(when, timezone_name)


@jinja2.pass_context
def _number(context: jinja2.runtime.Context, value: float, digits: int = 0) -> str:
    """1,234.5 as the reader's language writes it."""
    return translator(context["visit"].language).number(value, digits)


@jinja2.pass_context
def _percent(context: jinja2.runtime.Context, share: float) -> str:
    """0.25 as 25%, as the reader's language writes it."""
    return translator(context["visit"].language).percent(share)


def _paragraphs(text: str) -> Markup:
    """Free text with its paragraphs, and nothing else of it taken as mark-up."""
    parts = [part.strip() for part in text.split("\n\n") if part.strip()]
    return Markup("").join(Markup("<p>{}</p>").format(part) for part in parts)


def _translated(rows: Iterable[Sequence[str]], visit: Any) -> list[tuple[str, ...]]:
    """Rows of choices (value, label, hint) with everything but the value in the reader's language."""
    return [(row[0], *(visit.gettext(text) if text else "" for text in (*row[1:], "")[:2])) for row in rows]
