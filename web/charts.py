"""Charts as SVG, drawn by ourselves: a bar, two bars back to back, a stack, a histogram, a funnel, a ring of people.

Across, everything is a percentage of the place the chart stands in; down, it is pixels. So a chart fills a wide screen
and a phone alike and its words keep their size. Colours are CSS classes (`web/static/desk.css`), never attributes: the
content security policy forbids inline styles and the dark theme recolours them. Whole charts carry `<title>` and
`<desc>` and come with the same numbers as a table; the small ones sit in table cells beside their number and are
hidden from screen readers.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape


@dataclass(frozen=True, slots=True)
class Chart:
    """A whole chart: the picture, and its numbers as a table of texts for those who would rather read."""

    title: str
    svg: Markup
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One segment of a stack: its name, its size (any unit, not negative) and the class that colours it."""

    label: str
    size: float
    kind: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a funnel: its name and how many people or introductions came so far."""

    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Mark:
    """An upright line in a histogram at `value`, with its word, such as "lowest"."""

    label: str
    value: float


def bar(value: float, most: float, kind: str = "plain") -> Markup:
    """One bar from the left edge; `most` fills the width. For a table cell beside the number itself."""
    return _small(_rect(0, _share(value, most), 0, 10, f"bar bar-{kind}"), 10)


def pair(left: float, right: float, most: float) -> Markup:
    """Two bars back to back around the middle, `left` growing leftwards; `most` fills one half."""
    to_left, to_right = _share(left, most) / 2, _share(right, most) / 2
    inside = (
        _rect(50 - to_left, to_left, 2, 12, "bar bar-left")
        + _rect(50, to_right, 2, 12, "bar bar-right")
        + Markup('<line class="axis" x1="50%" x2="50%" y1="0" y2="16"/>')
    )
    return _small(inside, 16)


def stack(parts: Iterable[Part], most: float) -> Markup:
    """Segments one after another; `most` fills the width. Each names itself and its size on hover."""
    inside, start = Markup(), 0.0
    for part in parts:
        width = _share(part.size, most)
        if width <= 0:
            continue
        hint = Markup("<title>{} {:.3f}</title>").format(part.label, part.size)
        inside += _rect(start, width, 0, 12, f"bar block-{part.kind}", hint)
        start += width
    return _small(inside, 12)


def histogram(
    values: Sequence[float],
    *,
    identifier: str,
    title: str,
    describe: Callable[[int, float, float], str],
    number: Callable[[float, int], str],
    axis: tuple[str, str],
    bins: int = 10,
    marks: Sequence[Mark] = (),
) -> Chart:
    """How numbers in [0, 1] are spread, in `bins` equal steps (the last one includes 1).

    `describe(count, from, to)` is the sentence of one bar, `number(value, digits)` writes a number, `axis` are the two
    column names of the table.
    """
    counts = [0] * bins
    for value in values:
        counts[min(bins - 1, max(0, int(value * bins + 1e-12)))] += 1
    most, floor = max([*counts, 1]), 150
    inside = Markup()
    for i, count in enumerate(counts):
        tall = round(floor * 0.8 * count / most, 1)
        hint = Markup("<title>{}</title>").format(describe(count, i / bins, (i + 1) / bins))
        inside += _rect(100 * i / bins + 0.4, 100 / bins - 0.8, floor - tall, tall, "bar bar-plain", hint)
        if count:
            inside += _text(100 * (i + 0.5) / bins, floor - tall - 5, str(count), "chart-count")
    inside += Markup('<line class="axis" x1="0" x2="100%" y1="{}" y2="{}"/>').format(floor, floor)
    for i in range(0, bins + 1, max(1, bins // 5)):
        inside += _text(100 * i / bins, floor + 18, number(i / bins, 1), "chart-tick", _anchor(i / bins))
    for nth, mark in enumerate(marks):
        inside += _mark(mark, number(mark.value, 2), floor, 12 + 16 * nth)
    rows = tuple((f"{number(i / bins, 1)}–{number((i + 1) / bins, 1)}", str(count)) for i, count in enumerate(counts))
    summary = "; ".join(describe(count, i / bins, (i + 1) / bins) for i, count in enumerate(counts) if count)
    return Chart(title, _whole(inside, floor + 24, identifier, title, summary), axis, rows)


def funnel(
    steps: Sequence[Step], *, identifier: str, title: str, percent: Callable[[float], str], axis: tuple[str, str, str]
) -> Chart:
    """Steps of one path, each a centred bar as wide as its share of the first, with the share that came so far."""
    first = max([step.count for step in steps] or [0])
    inside, rows, top = Markup(), [], 0
    for step in steps:
        width = _share(step.count, first)
        share = percent(step.count / first) if first else "–"
        inside += _text(0, top + 14, step.label, "chart-label", "start")
        inside += _text(100, top + 14, f"{step.count} · {share}", "chart-count", "end")
        inside += Markup('<rect class="track" x="0" width="100%" y="{}" height="16" rx="4"/>').format(top + 21)
        inside += _rect((100 - width) / 2, width, top + 21, 16, "bar bar-plain")
        rows.append((step.label, str(step.count), share))
        top += 50
    summary = "; ".join(f"{label}: {count} ({share})" for label, count, share in rows)
    return Chart(title, _whole(inside, max(top - 8, 1), identifier, title, summary), axis, tuple(rows))


def ring(names: Sequence[str], ties: Sequence[tuple[int, int, float]], *, identifier: str, title: str) -> Markup:
    """A group as a picture: people on a circle (by initials), lines between them as strong as the tie in [0, 1]."""
    places = [_on_circle(i, len(names)) for i in range(len(names))]
    inside = Markup()
    for i, j, strength in ties:
        (x1, y1), (x2, y2) = places[i], places[j]
        inside += Markup('<line class="tie tie-{}" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(
            min(3, int(max(0.0, strength) * 4)), x1, y1, x2, y2
        )
    for name, (x, y) in zip(names, places, strict=True):
        inside += Markup(
            '<g><title>{}</title><circle class="person" cx="{}" cy="{}" r="15"/>'
            '<text class="initials" x="{}" y="{}" text-anchor="middle">{}</text></g>'
        ).format(name, x, y, x, y + 4, initials(name))
    return Markup(
        '<svg class="chart ring" viewBox="0 0 160 160" width="160" height="160" role="img" aria-labelledby="{0}-title">'
        '<title id="{0}-title">{1}</title>{2}</svg>'
    ).format(identifier, title, inside)


def initials(name: str) -> str:
    """One or two first letters of a name, in any script; a single word gives one."""
    words = [word for word in name.split() if word[0].isalnum()]
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else [word[0] for word in words]
    return "".join(letters).upper() or "·"


def _on_circle(nth: int, among: int) -> tuple[float, float]:
    angle = 2 * math.pi * nth / max(1, among) - math.pi / 2
    return round(80 + 60 * math.cos(angle), 1), round(80 + 60 * math.sin(angle), 1)


def _share(value: float, most: float) -> float:
    """`value` as a percentage of `most`, kept within 0 and 100; a chart without a most is empty."""
    if not most or not math.isfinite(value / most):
        return 0.0
    return min(100.0, max(0.0, 100.0 * value / most))


def _rect(x: float, width: float, y: float, height: float, kind: str, inside: Markup = Markup()) -> Markup:  # noqa: B008
    if width <= 0 or height <= 0:
        return Markup()
    return Markup('<rect class="{}" x="{:.2f}%" width="{:.2f}%" y="{}" height="{}" rx="2">{}</rect>').format(
        kind, x, width, y, height, inside
    )


def _text(x: float, y: float, words: str, kind: str, anchor: str = "middle") -> Markup:
    return Markup('<text class="{}" x="{:.2f}%" y="{}" text-anchor="{}">{}</text>').format(kind, x, y, anchor, words)


def _anchor(share: float) -> str:
    """Words at the edges turn inwards so that nothing is cut off."""
    return "start" if share <= 0.12 else "end" if share >= 0.88 else "middle"


def _mark(mark: Mark, value: str, floor: int, y: int) -> Markup:
    x = _share(mark.value, 1)
    line = Markup('<line class="mark" x1="{0:.2f}%" x2="{0:.2f}%" y1="{1}" y2="{2}"/>').format(x, y + 4, floor)
    return line + _text(x, y, f"{mark.label} {value}", "chart-mark", _anchor(mark.value))


def _small(inside: Markup, height: int) -> Markup:
    return Markup('<svg class="mini" width="100%" height="{}" aria-hidden="true" focusable="false">{}</svg>').format(
        height, inside
    )


def _whole(inside: Markup, height: float, identifier: str, title: str, summary: str) -> Markup:
    return Markup(
        '<svg class="chart" width="100%" height="{0}" role="img" aria-labelledby="{1}-title {1}-desc">'
        '<title id="{1}-title">{2}</title><desc id="{1}-desc">{3}</desc>{4}</svg>'
    ).format(height, escape(identifier), title, summary, inside)
