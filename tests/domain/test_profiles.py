"""Reading what people say about themselves: every way of writing it, every mistake, and the way back."""

from collections.abc import Mapping

import pytest
from email_validator import validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.domain.profiles import (
    COLUMNS,
    InvalidProfile,
    Profile,
    Role,
    free_texts,
    read_answers,
    to_answers,
)
from matcher.domain.vocabulary import default_vocabulary

WORDS = default_vocabulary()


def read(**answers: object) -> Profile:
    return read_answers({"id": "p1", "role": "mentee", **answers}, WORDS)


def problems(answers: Mapping[str, object]) -> dict[str, str]:
    with pytest.raises(InvalidProfile) as caught:
        read_answers(answers, WORDS)
    return {p.column: p.message for p in caught.value.problems}


def test_a_full_profile_is_brought_to_the_vocabulary() -> None:
    profile = read(
        role="Both",
        name="Zoë Müller-Ngô",
        email="Zoe@Example.org",
        stage="mid career",
        disciplines="social worker",
        settings="988 center; mobile crisis",
        skills="de-escalation=4; Safety planning|active listening = 2.5",
        credentials="LCSW",
        languages="English, Spanish",
        region="Ohio",
        timezone="america/new york",
        slots=["weekday evening", "rotating"],
        formats="video",
        constraints="no same employer",
        employer="Larkmoor Crisis Centre; Tamber Lifeline",
        capacity=2.0,
        goals="LCSW",
        seeks_skills="EMDR",
        seeks_settings="psych ED",
        helps_with="first months",
        avoid="police; Grace Hopper",
        text="hello",
        shirt_size="M",
    )
    assert profile.role is Role.BOTH
    assert profile.role.is_mentee
    assert profile.role.is_mentor
    assert profile.name == "Zoë Müller-Ngô"
    assert profile.email == "Zoe@example.org"
    assert profile.stage == "stage.mid"
    assert profile.settings == ("setting.crisis_line_988", "setting.mobile_crisis_team")
    assert profile.skills == {
        "skill.verbal_deescalation": 4.0,
        "skill.safety_planning": None,
        "skill.active_listening": 2.5,
    }
    assert profile.languages == ("lang.en", "lang.es")
    assert profile.region == "region.US-OH"
    assert profile.timezone == "America/New_York"
    assert profile.slots == ("slot.weekday_evening", "slot.rotating")
    assert profile.employer == ("Larkmoor Crisis Centre", "Tamber Lifeline")
    assert profile.capacity == 2
    assert profile.goals == ("goal.licence_lcsw",)
    assert profile.avoid == ("discipline.law_enforcement", "Grace Hopper")
    assert profile.extra == {"shirt_size": "M"}
    assert profile.unknown == {}


def test_only_id_and_role_are_needed() -> None:
    assert read() == Profile(id="p1", role=Role.MENTEE)
    assert read(role="mentor") == Profile(id="p1", role=Role.MENTOR, capacity=1)
    assert read(**dict.fromkeys(COLUMNS[2:], None)) == Profile(id="p1", role=Role.MENTEE)
    assert read(**dict.fromkeys(COLUMNS[2:], "  ")) == Profile(id="p1", role=Role.MENTEE)


@pytest.mark.parametrize(
    ("said", "role"),
    [
        ("MENTEE", "mentee"),
        ("Mentora", "mentor"),
        ("ambos", "both"),
        ("les deux", "both"),
        ("mentee and mentor", "both"),
    ],
)
def test_roles_are_understood_in_three_languages(said: str, role: str) -> None:
    assert read(role=said).role == role


def test_unknown_words_are_kept_as_typed_and_are_no_problem() -> None:
    profile = read(skills="juggling=2;listening skills", goals="learn to shut up", region="Atlantis", stage="wizard")
    assert profile.skills == {"skill.active_listening": None}
    assert profile.unknown == {
        "skills": ("juggling=2",),
        "goals": ("learn to shut up",),
        "region": ("Atlantis",),
        "stage": ("wizard",),
    }


def test_lists_have_no_doubles() -> None:
    profile = read(skills="EMDR;emdr=3;emdr=2", goals="LCSW;goal.licence_lcsw", employer="A;a;A", settings="x; X ;x")
    assert profile.skills == {"skill.emdr": 3.0}
    assert profile.goals == ("goal.licence_lcsw",)
    assert len(profile.employer) == 1
    assert profile.unknown["settings"] == ("x",)


def test_an_expired_licence_in_brackets_is_not_read_as_held() -> None:
    assert read(credentials="LCSW (Texas)").credentials == ("cred.lcsw",)
    assert read(credentials="LCSW (expired 2022)").credentials == ()
    assert read(credentials="LCSW (expired 2022)").unknown == {"credentials": ("LCSW (expired 2022)",)}


def test_commas_separate_only_where_every_part_is_known() -> None:
    manager = "Not with a current manager, supervisor, evaluator or client"
    assert read(constraints=manager).constraints == ("constraint.no_line_or_supervision_relation",)
    assert read(languages="English, Klingonese").unknown == {"languages": ("English, Klingonese",)}


def test_words_and_signs_between_values_separate_where_every_part_is_known() -> None:
    for written in ("English/Spanish", "English & Spanish", "inglés / español", "anglais et ES"):
        assert read(languages=written).languages == ("lang.en", "lang.es")
    assert read(languages="ASL, Farsi and Mandarin").languages == ("lang.ase", "lang.fa", "lang.zh")
    assert read(formats="video/phone").formats == ("format.video", "format.phone")
    assert read(languages="English and Klingonese").unknown == {"languages": ("English and Klingonese",)}


def test_all_problems_come_at_once_in_the_order_of_the_columns() -> None:
    wrong = {
        "role": "boss",
        "name": "a\0b",
        "email": "not an address",
        "skills": "listening=9",
        "timezone": "America/New_Yrok",
        "capacity": "-1",
        "status": "asleep",
        "text": "x" * 20_001,
    }
    found = problems(wrong)
    assert list(found) == ["id", "role", "name", "email", "skills", "timezone", "capacity", "text", "status"]
    assert found["timezone"] == "Choose a time zone of the list, such as America/New_York."
    assert found["capacity"] == "Give a whole number from 0 to 20."
    assert "20000" in found["text"]
    assert "20001" in found["text"]


@pytest.mark.parametrize("capacity", ["-1", "21", "1.5", "two", "1e2", "٣", "0x1", True])
def test_places_are_a_whole_number_from_0_to_20(capacity: object) -> None:
    assert "capacity" in problems({"id": "a", "role": "mentor", "capacity": capacity})


@pytest.mark.parametrize(("capacity", "places"), [("0", 0), ("20", 20), (3, 3), (" 4 ", 4), ("2.0", 2), ("", 1)])
def test_places_may_come_as_text_or_number(capacity: object, places: int) -> None:
    assert read(role="mentor", capacity=capacity).capacity == places
    assert read(role="mentee", capacity=capacity).capacity == 0


@pytest.mark.parametrize("level", ["0", "5", "4.5", "high", "", "-1", "nan", "1=2"])
def test_levels_are_from_1_to_4(level: str) -> None:
    assert "skills" in problems({"id": "a", "role": "mentor", "skills": f"EMDR={level}"})


def test_levels_may_come_as_a_mapping() -> None:
    assert read(skills={"EMDR": 3, "grief": None, "skill.cbt": "2"}).skills == {
        "skill.emdr": 3.0,
        "skill.grief_support": None,
        "skill.cbt": 2.0,
    }


@pytest.mark.parametrize(
    "zone", ["Mars/Olympus", "../../etc/passwd", "/etc/passwd", "localtime", "x" * 9999, "UTC\n+1"]
)
def test_time_zones_that_do_not_exist_are_refused(zone: str) -> None:
    assert "timezone" in problems({"id": "a", "role": "mentor", "timezone": zone})


@pytest.mark.parametrize(
    "address",
    ["a", "a@b", "a@b@c.org", "a b@c.org", "a@example.org\r\nBcc: x@y.org", "a@x.test", f"{'a' * 65}@example.org"],
)
def test_addresses_that_cannot_be_are_refused(address: str) -> None:
    assert "email" in problems({"id": "a", "role": "mentor", "email": address})


@pytest.mark.parametrize("value", [{"a": 1}, b"bytes"])
def test_answers_of_another_kind_are_refused_not_turned_into_text(value: object) -> None:
    found = problems({"id": "a", "role": "mentor", "text": value, "goals": value})
    assert set(found) == {"text", "goals"}


@pytest.mark.parametrize("column", ["id", "name", "employer", "skills", "text", "my column"])
@pytest.mark.parametrize("bad", ["\0", "\x1b[2J", "\x7f", "\ud800"])
def test_control_characters_are_refused_everywhere(column: str, bad: str) -> None:
    assert column in problems({"id": "a", "role": "mentor", column: f"x{bad}y"})


def test_long_names_are_refused_and_long_texts_are_not() -> None:
    assert "name" in problems({"id": "a", "role": "mentor", "name": "x" * 201})
    assert "employer" in problems({"id": "a", "role": "mentor", "employer": "x" * 201})
    assert len(read(text="ü" * 20_000).text) == 20_000


def test_one_spelling_of_a_name_in_unicode() -> None:
    assert read(name="José").name == read(name="José").name


def test_the_same_text_in_all_fields_counts_once() -> None:
    text = "Need help with nights, and with grief"
    profile = read(text=text, goals=text, seeks_skills=text.upper(), settings="  " + text)
    assert free_texts(profile) == (text,)


def test_problems_can_be_told_in_another_language() -> None:
    with pytest.raises(InvalidProfile) as caught:
        read(role="mentor", capacity="99")
    problem = caught.value.problems[0]
    spanish = {"Give a whole number from 0 to %(most)s.": "Escribe un número entero de 0 a %(most)s."}
    assert problem.in_words(lambda s: spanish[s]) == "Escribe un número entero de 0 a 20."
    assert str(problem) == "capacity: Give a whole number from 0 to 20. ('99')"


def test_the_way_back_gives_the_columns_in_their_order() -> None:
    answers = to_answers(read(skills="EMDR=3;juggling", extra_column="x"))
    assert list(answers) == [*COLUMNS, "status", "extra_column"]
    assert answers["skills"] == "skill.emdr=3; juggling"
    assert answers["capacity"] == ""


names = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=40)
cells = names | st.sampled_from(["LCSW", "safety planning=3", "police", "weekday evening; rotating", "a|b;c", "=1+1"])


@settings(deadline=None, max_examples=150)
@given(answers=st.dictionaries(st.sampled_from(COLUMNS[2:]), cells), role=st.sampled_from(list(Role)))
def test_reading_never_fails_otherwise_and_the_way_back_is_exact(answers: dict[str, str], role: Role) -> None:
    try:
        profile = read_answers({**answers, "id": "p", "role": role}, WORDS)
    except InvalidProfile:
        return  # refused with sentences
    assert read_answers(to_answers(profile), WORDS) == profile


@pytest.mark.parametrize("domain", ["example.org", "a-b.c1.example.com", "1.2.uk", "a.b-c-d.edu", f"{'a' * 59}.org"])
def test_plain_domains_are_taken_as_the_validator_takes_them(domain: str) -> None:
    usual = validate_email(f"ana@{domain}", check_deliverability=False).normalized
    assert read_answers({"id": "a", "role": "mentor", "email": f"ana@{domain}"}, WORDS).email == usual


@pytest.mark.parametrize(
    "domain", ["example", "ab--c.org", "-a.org", "a-.org", "a..org", "x.c1", "a.test", f"{'a' * 64}.org"]
)
def test_other_domains_are_left_to_the_validator(domain: str) -> None:
    assert "email" in problems({"id": "a", "role": "mentor", "email": f"ana@{domain}"})


@pytest.mark.parametrize(
    ("typed", "zone"),
    [("PST", "America/Los_Angeles"), ("pdt", "America/Los_Angeles"), ("EST", "America/New_York"), ("CET", "CET")],
)
def test_zones_are_known_by_what_people_call_them(typed: str, zone: str) -> None:
    assert read(timezone=typed).timezone == zone
