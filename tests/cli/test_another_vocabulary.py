"""Gardeners: the same commands, the same programme and the same site with the vocabulary of another profession.

Nothing of crisis work may show: no id and no name of a term of the vocabulary that ships.
"""

import csv
import email
import email.policy
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from matcher.cli import run
from matcher.cli.running import Programme, open_programme
from matcher.domain.introductions import Introduction
from matcher.domain.letters import Letter, LetterKind
from matcher.domain.vocabulary import Vocabulary, default_vocabulary
from matcher.storage import people as rows
from matcher.workflow import review
from web.app import create_app

FOLDER = Path(__file__).parents[1] / "vocabularies" / "gardening"
PEOPLE = str(FOLDER / "people.csv")
GARDENING = ("--vocabulary", str(FOLDER))
KINDS = (
    "skills", "goals", "stages", "slots", "settings", "disciplines", "credentials", "formats", "constraints",
    "collaborations", "cadences", "events", "organisations",
)  # fmt: skip
"""Kinds that a profession names for itself; languages, regions and statuses are the same for all."""

EVERYDAY = {"email", "correo electrónico", "courriel", "degrees", "titulaciones", "diplômes"}
"""Labels that stand on any page."""


def names_of_crisis_work() -> re.Pattern[str]:
    """The ids of all terms, and the labels that gardeners do not use as well."""
    ours, shipped = Vocabulary.load(FOLDER), default_vocabulary()
    gardeners = {label.casefold() for kind in KINDS for term in ours.terms(kind) for label in term.labels.values()}
    gardeners |= EVERYDAY
    terms = [term for kind in KINDS for term in (*shipped.terms(kind), *shipped.groups(kind))]
    labels = {label for term in terms for label in term.labels.values() if label.casefold() not in gardeners}
    named = {"de-escalation", "suicide", "crisis", "crises", "988"}
    words = sorted({*(term.id for term in terms), *labels, *named}, key=len)
    return re.compile(rf"(?<!\w)({'|'.join(map(re.escape, reversed(words)))})(?!\w)", re.IGNORECASE)


CRISIS = names_of_crisis_work()
IN_DANGER = re.compile(r"or\s+a\s+crisis\s+line|o\s+a\s+una\s+línea\s+de\s+crisis")
"""Every page and letter tells everybody whom to call in danger."""


def pure(text: str) -> str:
    """The text, in which nothing of crisis work is named except whom to call in danger."""
    text = IN_DANGER.sub("", text)
    found = CRISIS.search(text)
    assert found is None, f"{found[0]!r} in {text[max(0, found.start() - 100) : found.end() + 100]!r}"
    return text


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs a command line and gives what it prints."""

    def call(*arguments: str, status: int = 0) -> str:
        capsys.readouterr()
        assert run([*arguments]) == status
        said = capsys.readouterr()
        pure(said.err)
        return pure(said.out)

    return call


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines()))


def test_the_guard_would_see_crisis_work() -> None:
    for text in ("skill.safety_planning", "Composting; Active listening", "Línea 988", "slot.weekday_evening"):
        assert CRISIS.search(text), text
    assert not CRISIS.search("Pruning fruit trees, Evenings, Saving seed; craft.pruning; rules: same_employer")


# -- files -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "word"), [("en", "Composting"), ("es", "Compostaje")])
def test_match_pairs_gardeners_with_reasons_in_their_words(typed: Callable[..., str], language: str, word: str) -> None:
    pairs = table(typed("match", PEOPLE, *GARDENING, "--language", language))
    assert [row["mentee_id"] for row in pairs] == ["ana", "ben", "cai", "dia", "eli", "lou"]
    by_mentee = {row["mentee_id"]: row for row in pairs}
    assert by_mentee["ben"]["mentor_id"] == "kim"  # jon, who teaches as well, is of the same school
    assert by_mentee["cai"]["mentor_id"] == "hal"  # ida sprays
    assert word in by_mentee["ana"]["reason_1"]


def test_a_result_of_gardeners_is_verified(typed: Callable[..., str], tmp_path: Path) -> None:
    out = tmp_path / "pairs.json"
    typed("match", PEOPLE, *GARDENING, "-o", str(out), "--objective", "fair")
    pure(out.read_text(encoding="utf-8"))
    said = typed("verify", str(out))
    assert said.startswith("valid: every claim holds\nproved: ")
    assert "proved: fair: from the worst-off up" in said


def test_rank_names_the_rules_of_this_vocabulary(typed: Callable[..., str]) -> None:
    ranking = {
        (row["mentee_id"], row["mentor_id"]): row for row in table(typed("rank", PEOPLE, *GARDENING, "--top", "all"))
    }
    assert len(ranking) == 6 * 7
    assert ranking["ben", "jon"]["rule"] == "same_employer"
    assert ranking["cai", "ida"]["rule"] == "conflict"
    assert ranking["ana", "gus"]["rule"] == ""
    for row in ranking.values():
        parts = sum(float(value) for column, value in row.items() if column.startswith("contribution_"))
        assert abs(parts - float(row["affinity"])) <= 1e-9


def test_explain_speaks_of_gardens(typed: Callable[..., str]) -> None:
    told = typed("explain", PEOPLE, "ana", "gus", *GARDENING, "--language", "es")
    assert "Superar la primera temporada" in told
    assert "craft.composting" in told
    assert json.loads(typed("explain", PEOPLE, "ana", "gus", *GARDENING, "--json"))["affinity"] > 0.5
    assert "rules: conflict" in typed("explain", PEOPLE, "cai", "ida", *GARDENING, status=1)


def test_groups_of_the_kinds_of_this_vocabulary(typed: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    groups = table(typed("groups", PEOPLE, *GARDENING, "--size", "2-3", "--kind", "study circle"))
    placed = [row for row in groups if row["group_id"]]
    assert placed
    assert {row["role"] for row in placed} == {"facilitator", "member"}
    assert all("Plant and keep an orchard" in row["reason"] for row in placed)
    assert run(["groups", PEOPLE, *GARDENING, "--kind", "case consultation"]) == 2
    assert pure(capsys.readouterr().err.replace("case consultation", "")).endswith("it has work_party, study\n")


def test_judged_examples_of_gardeners(typed: Callable[..., str], tmp_path: Path) -> None:
    columns = ["scenario_id", "theme", "mentee_goals", "better_stage", "better_skills", "worse_stage", "worse_skills"]
    cases = [
        ["1", "skill", "orchard", "expert", "pruning=4", "expert", "composting=4"],
        ["2", "skill", "first season", "expert", "compost=4", "expert", "pruning=4"],
        ["3", "stage", "teach gardening", "expert", "school gardening=4", "novice", "school gardening=1"],
    ]
    path = tmp_path / "cases.csv"
    path.write_text("\n".join(",".join(row) for row in [columns, *cases]), encoding="utf-8")
    found = json.loads(typed("evaluate", str(path), *GARDENING, "--json"))
    assert found == {"cases": 3, "right": 3, "misses": []}


# -- the programme -----------------------------------------------------------------------------------------------------


@pytest.fixture
def programme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Programme]:
    """A gardeners' programme with everybody in it."""
    options = {
        "DATABASE": f"sqlite:///{tmp_path}/gardeners.db",
        "VOCABULARY": str(FOLDER),
        "SECRET": "b7Yx0Qp2Lr9Vt4Wm8Zk1Hn6Jd3Fs5GcA",
        "ORIGIN": "https://gardeners.example.org",
        "MAIL_FROM": "Gardeners <post@gardeners.example.org>",
        "PROGRAMME": "Many Hands",
        "MAIL": f"folder:{tmp_path}/mail",
    }
    for name, value in options.items():
        monkeypatch.setenv(f"MATCHER_{name}", value)
    assert run(["import", PEOPLE, "--confirmed"]) == 0
    opened = open_programme()
    yield opened
    opened.database.dispose()


def test_what_was_imported_is_exported(programme: Programme, typed: Callable[..., str], tmp_path: Path) -> None:
    out = tmp_path / "everybody.csv"
    typed("export", "-o", str(out))
    people = {row["id"]: row for row in table(pure(out.read_text(encoding="utf-8")))}
    assert len(people) == 12
    assert people["gus"]["skills"] == "craft.composting=4; semillas=3"
    assert people["ben"]["goals"] == "aim.teach"
    again = typed("import", str(out), "--confirmed")
    assert again == ""


def test_a_round_and_its_letters_speak_of_gardens(programme: Programme, typed: Callable[..., str]) -> None:
    typed("round")
    now = datetime.now(UTC)
    with programme.database.read() as session:
        drafts = list(session.scalars(select(Introduction.id)))
    how = {"by": "cleo", "vocabulary": programme.vocabulary, "links": programme.links, "now": now}
    done = review.approve(programme.database, drafts, **how)  # type: ignore[arg-type]
    assert done.approved
    with programme.database.read() as session:
        letters = [each for each in session.scalars(select(Letter)) if each.kind is LetterKind.SUGGESTIONS]
    assert {each.to for each in letters} >= {"ana@example.org", "ben@example.org", "cai@example.org"}
    read = "".join(map(text_of, letters))
    assert "Teach gardening at a school" in read
    assert "Many Hands" in read


def text_of(letter: Letter) -> str:
    body = email.message_from_bytes(letter.raw or b"", policy=email.policy.default).get_body(("plain",))
    assert body is not None
    return pure(str(body.get_content()))


# -- the site ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def browser(programme: Programme) -> Iterator[TestClient]:
    """A browser on the gardeners' site."""
    app = create_app(programme.config, database=programme.database)
    headers = {"sec-fetch-site": "same-origin"}
    with TestClient(app, base_url=programme.config.origin, headers=headers, follow_redirects=False) as opened:
        yield opened


def main_of(browser: TestClient, path: str) -> str:
    """What stands between the head and the foot of a page."""
    answer = browser.get(path)
    assert answer.status_code == 200
    return pure(answer.text[answer.text.index("<main") : answer.text.index("</main>")])


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("path", ["/", "/privacy", "/sign-in", "/join", "/joined", "/confirm/x", "/nowhere"])
def test_the_pages_before_the_door_are_for_any_profession(browser: TestClient, path: str, language: str) -> None:
    browser.get(f"/?lang={language}")
    page = browser.get(path, follow_redirects=True).text
    assert "Many Hands</title>" in pure(page)
    assert IN_DANGER.search(page)


@pytest.mark.parametrize(("language", "plot", "aim"), [("en", "Allotment", "orchard"), ("es", "Huerto", "frutales")])
def test_the_form_asks_gardeners_in_their_words(
    browser: TestClient, programme: Programme, language: str, plot: str, aim: str
) -> None:
    browser.get(f"/?lang={language}")
    pages = {
        "you": {"role": "both", "name": "Mia Moss", "email": "mia@example.org"},
        "work": {"stage": "level.steady", "skills_shown": "1", "skills": ["craft.pruning"], "settings_shown": "1",
                 "settings": ["plot.allotment"]},
        "levels": {"level.craft.pruning": "4"},
        "aims": {"goals_shown": "1", "goals": ["aim.orchard"], "capacity": "1", "text": "worm bins"},
        "when": {"languages_shown": "1", "languages": ["lang.en"], "timezone": "America/Chicago",
                 "constraints_shown": "1", "constraints": ["wish.no_chemicals"]},
    }  # fmt: skip
    shown = ""
    for step, fields in pages.items():
        shown += main_of(browser, f"/join/{step}")
        assert browser.post(f"/join/{step}", data={**fields, "go": "on"}).status_code == 303, step
    assert plot in shown
    assert aim in shown
    main_of(browser, "/join/check")
    sent = browser.post("/join/check", data={"consent_matching": "yes", "go": "on"})
    assert sent.headers["location"] == "/joined"
    with programme.database.read() as session:
        person = rows.by_address(session, "mia@example.org")
        assert person is not None
        assert rows.answers_of(person)["goals"] == "aim.orchard"
        assert rows.answers_of(person)["skills"] == "craft.pruning=4"


def test_suggestions_while_typing_are_of_this_vocabulary(browser: TestClient) -> None:
    found = browser.get("/vocabulary/suggest?kind=skills&q=compost").json()
    assert [term["id"] for term in found] == ["craft.composting"]
    assert browser.get("/vocabulary/suggest?kind=skills&q=safety planning").json() == []
