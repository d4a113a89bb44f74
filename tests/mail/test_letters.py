"""Letters of every kind in every language: the same in text and HTML, with exactly the headers they need."""

import email
import email.policy
import re
from email.message import EmailMessage
from typing import Any

import pytest

from matcher.domain.letters import Letter, LetterKind, Stream
from matcher.mail.addresses import BadAddress
from matcher.mail.facts import FACTS, MissingFacts
from matcher.mail.writing import TEMPLATES, ForeignLink, compose
from tests.mail.reading import ALWAYS, OF_STREAMS, OF_THE_BODY, Reader, check_alike, parsed, part
from tests.mail.samples import CASES, LINKS, NAMES, NOW, ORIGIN, all_letters, choice, letter, url

LANGUAGES = ("en", "es")


def written(about: Letter) -> EmailMessage:
    """The letter as a mail program reads it."""
    return parsed(compose(about, LINKS, NOW).raw)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_says_the_same_in_text_and_html(language: str) -> None:
    for each in all_letters(language):
        check_alike(written(each))


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_text_and_html_agree_whatever_a_person_is_called(name: str) -> None:
    others = {
        "part": "mentee",
        "other": {"name": name or "N", "email": "grace@example.org", "note": name},
        "reasons": [name, "two"],
        "url": LINKS.page("/me"),
        "hours": name,
    }
    for kind, facts in [
        (LetterKind.INTRODUCTION, others),
        (LetterKind.SUGGESTIONS, CASES[3][1]),
        (LetterKind.CONFIRM_ADDRESS, {"url": LINKS.confirm("t")}),
        (
            LetterKind.TELL_ME_MORE_ANSWER,
            {"question": name, "answer": name, "url": url(), "deadline": CASES[3][1]["deadline"]},
        ),
    ]:
        check_alike(written(letter(kind, facts, name=name)))


def test_every_kind_has_a_folder_and_facts_and_there_is_no_folder_too_many() -> None:
    kinds = {kind.value for kind in LetterKind}
    assert {path.name for path in TEMPLATES.iterdir() if path.is_dir()} == kinds
    assert {kind.value for kind in FACTS} == kinds
    assert {kind.value for kind, _ in CASES} == kinds


@pytest.mark.parametrize("language", LANGUAGES)
def test_headers_are_exactly_these(language: str) -> None:
    for each in all_letters(language):
        message = written(each)
        middle = OF_STREAMS if each.stream is not Stream.ESSENTIAL else []
        assert message.keys() == ALWAYS + middle + OF_THE_BODY
        assert str(message["From"]) == "Mentoring <mentoring@example.org>"
        assert str(message["Reply-To"]) == "mentoring@example.org"
        assert [address.addr_spec for address in message["To"].addresses] == ["ada@example.org"]
        assert message["Date"].datetime == NOW
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply, RN, NRN"
        assert re.fullmatch(r"<[0-9a-f]{32}@example\.org>", message["Message-ID"])


def test_streams_can_be_left_with_one_click_and_sign_in_letters_cannot() -> None:
    for each in all_letters():
        message = written(each)
        if each.stream is Stream.ESSENTIAL:
            assert "List-Unsubscribe" not in message
            assert "/unsubscribe/" not in part(message, "plain")
            continue
        way_out = LINKS.unsubscribe("P0042", each.stream.value)
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert message["List-Unsubscribe"] == f"<{way_out}>"
        assert message["List-Id"] == f"<{each.stream.value.replace('_', '-')}.mentoring.example.org>"
        assert way_out in part(message, "plain").split()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_bytes_travel_through_any_mail_server(language: str) -> None:
    for each in all_letters(language, name="Zoë שרה 👩🏽‍🚒 " + "long " * 100):
        raw = compose(each, LINKS, NOW).raw
        raw.decode("ascii")
        assert raw.count(b"\n") == raw.count(b"\r") == raw.count(b"\r\n")
        head, _, body = raw.partition(b"\r\n\r\n")
        assert max(map(len, body.split(b"\r\n"))) <= 76
        assert max(map(len, head.split(b"\r\n"))) <= 998


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_independent_reader_finds_no_defect(language: str) -> None:
    for each in all_letters(language, name="Zoë שרה"):
        message = written(each)
        calendar = ["text/calendar"] if each.kind in (LetterKind.MEETING, LetterKind.MEETING_CANCELLED) else []
        ways = ["multipart/alternative", "text/plain", "text/html", *calendar]
        assert [p.get_content_type() for p in message.walk()] == ways
        for piece in message.walk():
            assert not piece.defects
            assert not [header.defects for _, header in piece.items() if header.defects]


def test_nothing_is_fetched_and_nothing_runs() -> None:
    for each in all_letters():
        html = part(written(each), "html")
        assert not Reader(html).tags & {"img", "script", "link", "iframe", "object", "form", "video", "audio"}
        assert not re.search(r"url\(|@import|src=|srcset=|background=", html)


SENSITIVE = re.compile(
    r"burn|crisis|mentor|match|suicid|grace|o.neill|ada\b|health|trauma|empareja|salud|emparej", re.IGNORECASE
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_colleague_who_sees_the_subject_learns_nothing(language: str) -> None:
    for each in all_letters(language):
        subject = compose(each, LINKS, NOW).subject
        assert 0 < len(subject) <= 70
        assert not SENSITIVE.search(subject)


def test_the_reader_is_told_when_in_their_zone_and_what_happens_otherwise() -> None:
    text = " ".join(part(written(letter(*CASES[3])), "plain").split())
    assert "Tuesday, December 1, 1:30 AM (Central Standard Time)" in text
    assert "If you do nothing: we remind you, twice at most" in text
    assert "Why you receive this: you take part in Crisis Line Mentoring." in text
    spanish = " ".join(part(written(letter(*CASES[3], language="es")), "plain").split())
    assert "martes, 1 de diciembre, 1:30 (hora estándar central)" in spanish


def test_a_language_nobody_translated_is_english() -> None:
    assert compose(letter(*CASES[0], language="tlh"), LINKS, NOW).subject == "Please confirm your address"


def test_reasons_come_before_the_rest_and_a_number_is_not_shown() -> None:
    facts = {"choices": [{**choice(1), "affinity": 0.7312}], "deadline": CASES[3][1]["deadline"]}
    text = part(written(letter(LetterKind.SUGGESTIONS, facts)), "plain")
    assert text.index("Why you might get on") < text.index("Good to know") < text.index("Languages")
    assert "0.73" not in text
    assert "73" not in text


def test_a_suggestion_names_nobody() -> None:
    """Facts that a template does not use stay where they are: a name that slipped in is not printed."""
    slipped = {**choice(1), "name": "Grace O’Neill", "email": "grace@example.org", "mentor": "G004"}
    for kind in (LetterKind.SUGGESTIONS, LetterKind.CHOOSE_AGAIN):
        facts = {"choices": [slipped], "deadline": CASES[3][1]["deadline"]}
        raw = compose(letter(kind, facts), LINKS, NOW).raw
        assert not re.search(rb"grace|O.Neill|G004", raw, re.IGNORECASE)


def test_what_people_type_is_never_a_template_or_a_tag() -> None:
    hostile = "{{ 7 * 7 }}{% if x %}<b onclick=x>{# no #} %(name)s %n"
    other = {"name": hostile, "email": "g@example.org", "note": hostile}
    facts = {"part": "mentor", "other": other, "reasons": [hostile], "url": LINKS.page("/me"), "hints": [hostile]}
    message = written(letter(LetterKind.INTRODUCTION, facts, name=hostile))
    assert hostile in " ".join(part(message, "plain").split())
    html = part(message, "html")
    assert "b" not in Reader(html).tags
    assert hostile in " ".join("".join(Reader(html).words).split())


def test_a_strangers_greeting_is_no_place_for_an_advertisement() -> None:
    url_of_ours = {"url": LINKS.confirm("t")}
    for name in ("Win a car at https://evil.example", "www.evil.example", "cheap pills evil.com", "x" * 61):
        assert name not in part(written(letter(LetterKind.CONFIRM_ADDRESS, url_of_ours, name=name)), "plain")
    for name in ("J. R. Müller", "Ana María O’Shea-Núñez", "Dr. Kim"):
        assert name in part(written(letter(LetterKind.CONFIRM_ADDRESS, url_of_ours, name=name)), "plain")


def test_direction_marks_cannot_turn_a_line_around() -> None:
    raw = part(written(letter(*CASES[12], name="Ada \u202emoc.live\u202c\u2066")), "plain")
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", raw)


def test_a_name_within_a_sentence_keeps_its_own_direction() -> None:
    members = [{"name": name, "email": "m@example.org"} for name in ("شروق", "שרה")]
    facts = {"label": "Peer support circle 1", "members": members, "reasons": [], "url": LINKS.page("/me")}
    told = letter(LetterKind.GROUP_INTRODUCTION, {**facts, "rota": ["شروق", "שרה"]}, name="שרה")
    html = part(written(told), "html")
    assert "Hello <bdi>שרה</bdi>," in html
    assert "in this order: <bdi>شروق</bdi> and <bdi>שרה</bdi>." in html


def test_a_single_suggestion_is_not_counted() -> None:
    one, three = (part(written(letter(*case)), "plain") for case in (CASES[4], CASES[3]))
    assert "Suggestion 1" not in one
    assert "Look at the suggestion and answer:" in one
    assert "Behind the link" in one
    lines = three.splitlines()
    assert lines[lines.index("Suggestion 3") + 1] == "------------"
    assert "Behind each link" in three


@pytest.mark.parametrize("part_of", ["mentee", "mentor", "member"])
def test_whoever_an_introduction_ends_for_early_is_not_asked_to_stay_in_touch(part_of: str) -> None:
    facts = {"part": part_of, "ended": True, "url": LINKS.page("/me")}
    text = " ".join(part(written(letter(LetterKind.NOT_AVAILABLE, facts)), "plain").split())
    assert "Please let the contact rest." in text
    assert "stay in touch" not in text
    assert "You said yes" not in text


HOSTILE_ADDRESSES = [
    "",
    "ada",
    "ada@",
    "@example.org",
    "ada@example.org, eve@example.org",
    "ada@example.org;eve@example.org",
    "ada@example.org\r\nBcc: eve@example.org",
    "ada@example.org\nRCPT TO:<eve@example.org>",
    "ada@example.org\x00",
    "ada@example.org ",
    " ada@example.org",
    "Ada <ada@example.org>",
    "<ada@example.org>",
    "ada@eve@example.org",
    '"ada eve"@example.org',
    "ada(eve)@example.org",
    "group:ada@example.org",
    "ada@example.org>",
    "ada@example.org\u2028Bcc",
    "ada@example.org\u0085Bcc",
    "a" * 65 + "@example.org",
    "ada@" + "a" * 300,
    "ada@exa\udc80mple.org",
    "ada@..",
]


@pytest.mark.parametrize("address", HOSTILE_ADDRESSES, ids=range(len(HOSTILE_ADDRESSES)))
def test_anything_but_one_plain_address_is_refused(address: str) -> None:
    with pytest.raises(BadAddress):
        compose(letter(*CASES[0], to=address), LINKS, NOW)


def test_long_addresses_and_senders_stay_in_one_piece() -> None:
    to = "a" * 64 + "@" + "very-long-name." * 12 + "example.org"
    links = LINKS.__class__(ORIGIN, LINKS.signer, "Programme", "Núria Müller-Ødegård & the whole team <" + to + ">")
    raw = compose(letter(*CASES[3], to=to), links, NOW).raw
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert str(message["To"]) == str(message["Reply-To"]) == to
    assert message["From"].addresses[0].addr_spec == to
    assert message["From"].addresses[0].display_name == "Núria Müller-Ødegård & the whole team"
    assert message["Message-ID"].rpartition("@")[2] == to.rpartition("@")[2] + ">"
    assert LINKS.unsubscribe("P0042", "suggestions") in message["List-Unsubscribe"]


def test_international_addresses_are_written_as_they_are() -> None:
    message = written(letter(*CASES[0], to="ana@bücher.example"))
    assert str(message["To"]) == "ana@xn--bcher-kva.example"
    raw = compose(letter(*CASES[0], to="josé@bücher.example"), LINKS, NOW).raw
    assert "To: josé@xn--bcher-kva.example\r\n".encode() in raw


def test_a_letter_leads_to_its_own_site_only() -> None:
    for foreign in ("https://evil.example/", "https://mentoring.example.org.evil.example/x", "javascript:alert(1)"):
        with pytest.raises(ForeignLink):
            compose(letter(LetterKind.SIGN_IN, {"url": foreign, "code": "x", "minutes": 10}), LINKS, NOW)
        facts = {"choices": [{**choice(1), "url": foreign}], "deadline": CASES[3][1]["deadline"]}
        with pytest.raises(ForeignLink):
            compose(letter(LetterKind.SUGGESTIONS, facts), LINKS, NOW)


@pytest.mark.parametrize(("kind", "facts"), CASES, ids=[f"{n}-{kind}" for n, (kind, _) in enumerate(CASES)])
def test_a_letter_with_a_fact_missing_is_not_written(kind: LetterKind, facts: dict[str, Any]) -> None:
    for name in set(FACTS[kind]) & set(facts):
        with pytest.raises(MissingFacts, match=name):
            compose(letter(kind, {key: value for key, value in facts.items() if key != name}), LINKS, NOW)


def test_two_letters_never_share_a_message_id_and_it_tells_nothing() -> None:
    one, two = (compose(letter(*CASES[3]), LINKS, NOW) for _ in range(2))
    assert one.message_id != two.message_id
    assert "P0042" not in one.message_id
