"""Names, labels and addresses made to break a letter, and people of all sorts; each from its number."""

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from matcher.domain.letters import Letter, Links, Stream
from matcher.mail.addresses import BadAddress, bare_address
from matcher.mail.tidying import words
from matcher.mail.writing import compose
from tests.mail.reading import ALWAYS, OF_STREAMS, OF_THE_BODY, Reader, check_alike, parsed, part
from tests.mail.samples import CASES, LINKS, NOW, letter

PIECES = [
    *(
        "\r\n",
        "\n",
        "\r",
        "\0",
        "\x0b",
        "\x0c",
        "\x1b",
        "\x7f",
        "\u0085",
        "\u2028",
        "\u2029",
        "\r\n\r\n",
        "\r\n.\r\n",
        "\t",
    ),
    *(
        "Bcc: eve@evil.example",
        "Subject: x",
        "Content-Type: text/html",
        "RCPT TO:<eve@evil.example>",
        "\r\nTo: e@x.org",
    ),
    *("=?utf-8?q?=0D=0ABcc:_eve=40evil.example?=", "=?utf-8?b?DQpCY2M6IGVAZS5lDQo=?=", "%0d%0aBcc:e@x.org", "\\r\\n"),
    *(
        ",",
        ";",
        ":",
        '"',
        "'",
        "\\",
        "<eve@evil.example>",
        "(",
        ")",
        "[",
        "]",
        ".",
        "..",
        "@",
        "＠",
        "，",
        "＜",
        "℀",
        "{",
        "}",
    ),
    *(
        "{{ 7*7 }}",
        "{% raw %}",
        "%s",
        "%(name)s",
        "<b>",
        "</title><script>alert(1)</script>",
        "&amp;",
        "]]>",
        "--===",
        "--",
    ),
    *(
        "ש",
        "محمد",
        "👩🏽‍🚒",
        "\u202e",
        "\u2066",
        "\u200b",
        "\ufeff",
        "\ud800",
        "é" * 60,
        "x" * 400,
        "Ada",
        " ",
        "Ⓐ",
        "ａ",
    ),
]
"""What a header, an address, a body and a template might trip over."""


def text(n: int, most: int = 9) -> str:
    """The n-th hostile text."""
    chance = random.Random(f"text {n}")
    return "".join(chance.choice(PIECES) for _ in range(chance.randint(1, most)))


def address(n: int) -> str:
    """The n-th hostile address: a good one with something put in, or pieces around an @."""
    chance = random.Random(f"address {n}")
    if n % 4 == 0:
        return text(n, 2) + "@" + text(n + 1, 2)
    good = chance.choice(["ada@example.org", "a.b+c@mail.example.org", "ana@bücher.example"])
    at = chance.randint(0, len(good))
    return good[:at] + chance.choice(PIECES) + good[at:]


def names_of_headers(raw: bytes) -> list[str]:
    """The names of a letter's headers as they stand, found without any library."""
    head = raw.partition(b"\r\n\r\n")[0]
    return [line.partition(b":")[0].decode("ascii") for line in head.split(b"\r\n") if line[:1] not in b" \t"]


def check_headers(about: Letter, raw: bytes) -> None:
    """Exactly the headers of this kind, in their order, each once."""
    in_a_stream = about.stream is not Stream.ESSENTIAL and about.participant_id is not None
    assert names_of_headers(raw) == [*ALWAYS, *(OF_STREAMS if in_a_stream else []), *OF_THE_BODY]


def hostile(n: int) -> tuple[Letter, Links]:
    """The n-th letter with everything hostile that people, coordinators and operators can type, but the addresses."""
    chance = random.Random(f"letter {n}")
    kind, facts = chance.choice(CASES)
    spoilt = {
        name: text(n + 7)
        if isinstance(value, str) and name in ("label", "hours", "question", "answer", "weakest")
        else value
        for name, value in facts.items()
    }
    if spoilt.get("other"):
        known = isinstance(spoilt["other"], dict)
        spoilt["other"] = {**spoilt["other"], "name": text(n + 1), "note": text(n + 2)} if known else text(n + 1)
    links = replace(LINKS, programme=text(n + 3) + "P", sender=f"{_one_line(text(n + 4))} <mentoring@example.org>")
    return letter(kind, spoilt, name=text(n), language=chance.choice(("en", "es"))), links


def check_hostile(n: int) -> None:
    """The n-th hostile letter has its headers, its one recipient, its own subject and sender, and says one thing."""
    about, links = hostile(n)
    made = compose(about, links, NOW)
    check_whole(about, made.raw)
    sender = parsed(made.raw)["From"].addresses
    assert [each.addr_spec for each in sender] == ["mentoring@example.org"]
    assert made.subject == compose(replace(about, facts={**_tame(about)}), LINKS, NOW).subject


def _tame(about: Letter) -> dict[str, Any]:
    """The same letter's facts as the samples have them: no subject depends on what people type."""
    same = (facts for kind, facts in CASES if kind is about.kind and facts.get("what") == about.facts.get("what"))
    return {**next(same), "name": "Ada", "timezone": "America/Chicago"}


def check_to(n: int, *, composed: bool = True) -> bool:
    """The n-th hostile address is refused, or is the one recipient; whether it was taken."""
    try:
        to = bare_address(address(n))
    except BadAddress:
        return False
    assert to.count("@") == 1
    assert not set(to) & set(' \t\r\n\0,;:<>()[]"\\')
    if composed:
        raw = compose(letter(*CASES[0], to=address(n)), LINKS, NOW).raw
        assert names_of_headers(raw) == [*ALWAYS, *OF_THE_BODY]
        assert raw.count(f"\r\nTo: {to}\r\n".encode()) == 1
    return True


def taken_from(n: int) -> bool:
    """Whether the n-th letter says the hostile name it was given."""
    about, links = hostile(n)
    html = part(parsed(compose(about, links, NOW).raw), "html")
    return words(about.facts["name"]) in " ".join("".join(Reader(html).words).split())


def _one_line(words: str) -> str:
    """As the options take it: in quotation marks, the operator's name can hold anything but the end of the line."""
    quoted = words.replace("\\", "\\\\").replace('"', '\\"').encode("utf-8", "replace").decode()
    return f'"{" ".join(quoted.split())}"'


# -- people ----------------------------------------------------------------------------------------------------------

GIVEN = [
    "Ada",
    "שרה",
    "محمد",
    "Nguyễn Thị",
    "Олександра",
    "李小龍",
    "さくら",
    "María José",
    "👩🏽‍🚒 Zoë",
    "Þórdís",
    "ნინო",
    "สมชาย",
    "ᎠᏓ",
]
FAMILY = [
    "O’Neill",
    "כהן",
    "الخوارزمي",
    "Müller-Ødegård",
    "",
    "van der Berg",
    "Šimůnková",
    "🦊",
    "M’Bala",
    "ñ",
    "d'Água",
    "2nd",
]
WORDS = [
    "night",
    "shift",
    "línea",
    "גיל",
    "ليل",
    "👍🏾",
    "co-operation",
    "24/7",
    "Ω",
    "e.g.",
    "“so”",
    "<3",
    "& co",
    "50 %",
    "a_b",
]


def person(n: int) -> dict[str, Any]:
    """The n-th person: name, and card as a template gets it; every tenth writes 10,000 characters."""
    chance = random.Random(f"person {n}")
    name = f"{chance.choice(GIVEN)} {chance.choice(FAMILY)}".strip() * (1_000 if n % 10 == 9 else 1)

    def some(least: int, most: int) -> str:
        return " ".join(chance.choice(WORDS) for _ in range(chance.randint(least, most)))

    def listed() -> list[str]:
        return [some(1, 4) for _ in range(chance.randint(0, 5))]

    long = n % 10 == 4
    words = "\n\n".join(some(0, 40) for _ in range(chance.randint(0, 4)))
    card = {
        "profession": some(0, 3),
        "stage": some(1, 2),
        **{key: listed() for key in ("settings", "goals", "languages", "availability", "formats")},
        "region": some(0, 2),
        "text": (words * 2_000)[:10_000] if long else words,
    }
    return {"name": name, "card": card, "sentence": some(1, 30), "label": some(1, 5)}


def letters_to(n: int) -> Iterator[Letter]:
    """A letter of each kind to the n-th person, about the next one."""
    reader, other = person(n), person(n + 1)
    mine = {
        "card": other["card"], "label": other["label"], "hours": other["sentence"], "weakest": other["sentence"],
        "reasons": [other["sentence"], reader["sentence"]], "question": reader["card"]["text"],
        "answer": other["card"]["text"], "hints": [other["sentence"]], "rota": [other["name"]],
        "collaboration": other["label"],
    }  # fmt: skip
    for kind, facts in CASES:
        told = {name: mine[name] if type(mine.get(name)) is type(value) else value for name, value in facts.items()}
        if facts.get("other"):
            known = isinstance(facts["other"], dict)
            told["other"] = (
                {**facts["other"], "name": other["name"], "note": other["sentence"]} if known else other["name"]
            )
        for each in ("choices", "members"):
            if each in facts:
                told[each] = [{**one, **_overlaid(one, other)} for one in facts[each]]
        yield letter(kind, told, name=reader["name"], language=("en", "es")[n % 2])


def _overlaid(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    own = {"card": other["card"], "name": other["name"], "brings": other["sentence"], "weakest": other["sentence"]}
    return {key: value for key, value in own.items() if key in one}


def check_whole(about: Letter, raw: bytes) -> None:
    """It parses without a defect, has its exact headers, and says the same in text and HTML."""
    check_headers(about, raw)
    message = parsed(raw)
    for piece in message.walk():
        assert not piece.defects
        assert not [header.defects for _, header in piece.items() if header.defects]
    to = message["To"].addresses
    assert [each.addr_spec for each in to] == ["ada@example.org"]
    check_alike(message)
