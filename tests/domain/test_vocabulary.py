"""The vocabulary: what is in it, how words find it, how near terms are, and what a bad folder is told."""

import shutil
import zoneinfo
from pathlib import Path

import pytest

from matcher.domain.availability import parse_hours
from matcher.domain.vocabulary import KINDS, Vocabulary, VocabularyError, default_vocabulary
from matcher.domain.vocabulary_files import installed_folder

GARDENING = Path(__file__).parents[1] / "vocabularies" / "gardening"


@pytest.fixture(scope="module")
def words() -> Vocabulary:
    return default_vocabulary()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the gardeners' vocabulary to break."""
    copy = tmp_path / "gardening"
    shutil.copytree(GARDENING, copy)
    return copy


def problems_of(folder: Path) -> list[str]:
    with pytest.raises(VocabularyError) as caught:
        Vocabulary.load(folder)
    return [line.removeprefix(f"{folder}/") for line in caught.value.problems]


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


# -- what is in it -----------------------------------------------------------------------------------------------------


def test_every_kind_is_filled_and_every_word_people_read_has_three_languages(words: Vocabulary) -> None:
    names_only = {"organisations"}
    for kind in KINDS:
        assert words.terms(kind)
        for term in words.terms(kind) + words.groups(kind):
            assert term.label
            if kind not in names_only or term.is_group:
                assert term.labels.get("es"), term.id
                assert term.labels.get("fr"), term.id


def test_a_label_falls_back_to_english(words: Vocabulary) -> None:
    skill = words["skill.active_listening"]
    assert skill.label_in("es") == skill.label_in("es-MX") == "Escucha activa"
    assert skill.label_in("de") == skill.label == "Active listening"


def test_goals_say_what_a_helpful_mentor_has(words: Vocabulary) -> None:
    offers = words["goal.licence_lcsw"].offers
    assert offers is not None
    assert "cred.lcsw" in offers.credentials_any
    assert all(t.offers is not None and t.offers.skills_essential for t in words.terms("goals"))


def test_stages_are_ranked_in_order(words: Vocabulary) -> None:
    ranks = [t.rank for t in words.terms("stages")]
    assert ranks == sorted(ranks) == list(range(8))


def test_usual_zones_exist_and_slots_can_be_read(words: Vocabulary) -> None:
    for region in words.terms("regions"):
        if region.timezone:
            zoneinfo.ZoneInfo(region.timezone)
    assert all(parse_hours(t.hours) or t.hours == "none" for t in words.terms("slots"))


def test_no_name_of_a_kind_is_ambiguous_without_reason(words: Vocabulary) -> None:
    """Two terms of one kind with one name are a mistake, but for letters that really have two meanings."""
    shared = {
        (kind, name)
        for kind in KINDS
        for by_name in words._index(kind).named
        for name, meant in by_name.items()
        if len({words.current(words[i]).id for i, _ in meant}) > 1 and words.find(name, kind, typos=False) is None
    }
    assert shared == {
        ("settings", "dv"),
        ("settings", "crt"),
        ("disciplines", "em"),
        ("languages", "isindebele"),
    }


def test_two_loads_are_alike_and_another_folder_is_not(words: Vocabulary) -> None:
    assert Vocabulary.load().digest == words.digest
    assert Vocabulary.load(GARDENING).digest != words.digest


# -- finding -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("skill.safety_planning", "skills", "skill.safety_planning"),
        ("SKILL.Safety_Planning", "skills", "skill.safety_planning"),
        ("safety_planning", "skills", "skill.safety_planning"),
        ("Collaborative Safety Planning", "skills", "skill.safety_planning"),
        ("  safety   plan ", "skills", "skill.safety_planning"),
        ("Plan de Seguridad", "skills", "skill.safety_planning"),
        ("ecoute active", "skills", "skill.active_listening"),
        ("ÉCOUTE ACTIVE", "skills", "skill.active_listening"),
        ("deescalation", "skills", "skill.verbal_deescalation"),
        ("de-escalation", "skills", "skill.verbal_deescalation"),
        ("telephone crisis counseling", "skills", "skill.phone_counselling"),
        ("program evaluation", "skills", "skill.programme_evaluation"),
        ("programme evaluation", "skills", "skill.programme_evaluation"),
        ("saftey planing", "skills", "skill.safety_planning"),
        ("motivational interveiwing", "skills", "skill.motivational_interviewing"),
        ("lcsw", "credentials", "cred.lcsw"),
        ("PMHNP-BC", "credentials", "cred.pmhnp_bc"),
        ("social worker", "disciplines", "discipline.social_work"),
        ("police", "disciplines", "discipline.law_enforcement"),
        ("Early career", "stages", "stage.early"),
        ("jubilada", "stages", "stage.emeritus"),
        ("weekday evening", "slots", "slot.weekday_evening"),
        ("videollamada", "formats", "format.video"),
        ("on pause", "statuses", "status.paused"),
        ("Español", "languages", "lang.es"),
        ("spanish", "languages", "lang.es"),
        ("espagnol", "languages", "lang.es"),
        ("ES", "languages", "lang.es"),
        ("lang.ase", "languages", "lang.ase"),
        ("ASE", "languages", "lang.ase"),
        ("pt-br", "languages", "lang.pt-BR"),
        ("pt_BR", "languages", "lang.pt-BR"),
        ("lang.zh-Hant-TW", "languages", "lang.zh-Hant-TW"),
        ("lang.kek", "languages", "lang.kek"),
        ("Ohio", "regions", "region.US-OH"),
        ("us-oh", "regions", "region.US-OH"),
        ("region.US-OH", "regions", "region.US-OH"),
        ("Nueva York", "regions", "region.US-NY"),
        ("Puerto Rico", "regions", "region.US-PR"),
        ("region.PR", "regions", "region.US-PR"),
        ("Germany", "regions", "region.DE"),
        ("DE-BY", "regions", "region.DE-BY"),
        ("Reino Unido", "regions", "region.GB"),
        ("USA", "regions", "region.US"),
    ],
)
def test_words_find_their_term(words: Vocabulary, text: str, kind: str, found: str) -> None:
    term = words.find(text, kind)
    assert term is not None
    assert term.id == found
    assert found in words
    assert words[found].kind == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "skills"),
        ("   ", "skills"),
        ("🙏", "skills"),
        ("juggling", "skills"),
        ("CRT", "settings"),  # two teams have these letters
        ("LMSV", "credentials"),  # short words must be right
        ("LCSX", "credentials"),
        ("skill.safety_planning", "goals"),
        ("skill_group.communication", "skills"),
        ("xx", "languages"),
        ("lang.xx", "languages"),
        ("lang.not a tag", "languages"),
        ("US-ZZ", "regions"),
        ("ZZ", "regions"),
        ("ZZ-AB", "regions"),
        ("x" * 20_000, "skills"),
        ("safety planning " * 1000, "skills"),
    ],
)
def test_words_nobody_knows_are_not_guessed(words: Vocabulary, text: str, kind: str) -> None:
    assert words.find(text, kind) is None


def test_a_typing_error_that_fits_two_terms_is_no_guess(folder: Path) -> None:
    with (folder / "settings.csv").open("a", encoding="utf-8") as file:
        file.write("plot.house,Garden house,,,\nplot.horse,Garden horse,,,\n")
    words = Vocabulary.load(folder)
    assert words.find("garden hause", "settings") is words["plot.house"]
    assert words.find("garden hoxse", "settings") is None


def test_typing_errors_can_be_switched_off(words: Vocabulary) -> None:
    assert words.find("saftey planning", "skills", typos=False) is None


@pytest.mark.parametrize("text", ["artistic", "Trailer", "commission", "testing"])
def test_an_ordinary_word_is_no_typing_error(words: Vocabulary, text: str) -> None:
    assert words.find(text, "skills") is None


def test_a_regional_language_is_the_language_itself(words: Vocabulary) -> None:
    assert words.same_language("lang.es-MX", "lang.es")
    assert not words.same_language("lang.es", "lang.en")
    assert words["lang.es-MX"].parent == "lang.es"
    assert words["lang.es-MX"].label_in("es") == "español (México)"


def test_unknown_ids_are_a_key_error(words: Vocabulary) -> None:
    assert "skill.nonsense" not in words
    assert 3 not in words
    with pytest.raises(KeyError):
        words["skill.nonsense"]


def test_suggestions_come_for_half_typed_words(words: Vocabulary) -> None:
    assert words.suggest("safety pl", "skills")[0].id == "skill.safety_planning"
    assert words.suggest("escu", "skills", language="es")[0].id == "skill.active_listening"
    assert words.suggest("saftey planing", "skills")[0].id == "skill.safety_planning"
    assert len(words.suggest("a", "skills", limit=3)) == 3
    assert words.suggest("", "stages", limit=2)[0].id == "stage.exploring"
    assert words.suggest("zzzz", "skills") == []


# -- relatedness -------------------------------------------------------------------------------------------------------


def test_relatedness_is_symmetric_listed_first_then_by_group(words: Vocabulary) -> None:
    assert words.relatedness("skill.safety_planning", "skill.safety_planning") == 1.0
    a, b = "setting.crisis_line_988", "setting.text_chat_line"
    assert words.relatedness(a, b) == words.relatedness(b, a) == 0.8
    assert words.relatedness("skill.emdr", "skill.spiritual_care") == 0.4
    assert words.relatedness("skill.emdr", "goal.licence_lcsw") == 0.0
    assert words.relatedness("skill.emdr", "nonsense") == 0.0


def test_related_lists_exactly_what_relatedness_says(words: Vocabulary) -> None:
    for kind in ("skills", "settings", "goals"):
        for term in words.terms(kind)[:8]:
            related = words.related(term.id)
            assert related[term.id] == 1.0
            assert all(words.relatedness(term.id, other) == value > 0 for other, value in related.items())


def test_a_group_may_state_its_own_default() -> None:
    words = Vocabulary.load(GARDENING)
    assert words.relatedness("craft.pruning", "craft.greenhouse") == 0.3
    assert words.relatedness("craft.teaching_children", "craft.group_leading") == 0.4


# -- another profession, and bad folders -------------------------------------------------------------------------------


def test_another_profession_needs_its_own_words_only() -> None:
    words = Vocabulary.load(GARDENING)
    assert words.find("poda", "skills") is words["craft.pruning"]
    assert words.find("Welsh", "languages") is not None
    assert words["region.GB-WLS"].timezone == "Europe/London"
    assert words.find("de-escalation", "skills") is None
    assert words.terms("organisations") == ()


def test_a_missing_folder_and_missing_files_are_named(tmp_path: Path) -> None:
    assert "no such folder" in problems_of(tmp_path / "nowhere")[0]
    assert sum("is missing" in p for p in problems_of(tmp_path)) == 4


def test_all_problems_come_at_once_with_file_and_line(folder: Path) -> None:
    change(folder / "skills.csv", "craft.greenhouse,craft_group.growing", "craft.pruning,craft_group.glass")
    change(folder / "goals.csv", "craft.pruning,craft.soil_testing", "craft.whistling,craft.soil_testing")
    change(folder / "relatedness.csv", "0.6", "1.6")
    change(folder / "stages.csv", "1,4", "first,4")
    change(folder / "slots.csv", "05:00-08:00", "5 to 8")
    found = problems_of(folder)
    assert any(p.startswith("skills.csv:7: the id craft.pruning is already used at") for p in found)
    assert any(p.startswith("goals.csv:3: skills_essential names 'craft.whistling'") for p in found)
    assert any(p.startswith("relatedness.csv:2: relatedness is '1.6'") for p in found)
    assert any(p.startswith("stages.csv:3: the rank 'first' is no whole number") for p in found)
    assert any(p.startswith("slots.csv:2: hours: 'mon-sun 5 to 8' is not written like") for p in found)
    assert len(found) == 5


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("skills.csv", "id,parent", "name,parent", "skills.csv:1: the column id is missing"),
        ("skills.csv", "label_es,label_fr", "label_es,label_es", "skills.csv:1: the column label_es is there twice"),
        ("skills.csv", "craft.pruning,craft_group.growing", "pruning,craft_group.growing", "must be prefix.name"),
        (
            "skills.csv",
            "craft.pruning,craft_group.growing",
            "craft.pruning,plot.park",
            "which is not one of the skills",
        ),
        ("skills.csv", "Composting,", "Composting,,", "cells where the first row has"),
        ("skills.csv", "Composting,", '"Composting,', "not readable as CSV"),
        ("skills.csv", "Composting,", ",", "skills.csv:3: id and label must not be empty"),
        ("stages.csv", "2,4,expert", "1,4,expert", "the rank 1 is already that of level.steady"),
        ("stages.csv", "0,2", "0,9", "highest_level is '9'; it must be a number from 1 to 4"),
        ("goals.csv", "level.steady,circle.work_party", "level.high,circle.work_party", "min_stage names 'level.high'"),
        ("goals.csv", "circle.study", "circle.knitting", "collaborations_fit names 'circle.knitting'"),
        ("constraints.csv", "same_employer", "same_hat", "rule is 'same_hat'; use same_employer or supervision"),
        ("constraints.csv", "trade.sprayer", "trade.nobody", "avoids names 'trade.nobody'"),
        ("slots.csv", "0.25", "often", "certainty is 'often'; it must be a number from 0 to 1"),
        ("slots.csv", "18:00-21:00", "18:00-25:00", "has a time of day that does not exist"),
        ("groups.csv", "craft_group.people,skills", "craft_group.people,arts", "'arts' is no kind"),
        ("relatedness.csv", "plot.allotment,plot.school", "plot.school,plot.school", "always fully related to itself"),
        ("relatedness.csv", "plot.allotment,plot.school", "craft.soil_testing,craft.composting", "is listed twice"),
        ("ambiguous.csv", "paper.master_gardener", "paper.doctor", "terms names 'paper.doctor'"),
    ],
)
def test_each_mistake_has_its_sentence(folder: Path, file: str, old: str, new: str, told: str) -> None:
    change(folder / file, old, new)
    assert any(told in p for p in problems_of(folder))


def test_another_encoding_is_named_with_its_line(folder: Path) -> None:
    path = folder / "settings.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("cp1252"))
    assert problems_of(folder)[0].startswith("settings.csv:5: not UTF-8; save the file as CSV UTF-8")


def test_spreadsheet_habits_are_forgiven(folder: Path) -> None:
    """A byte order mark, Windows line ends, blank lines and a column of somebody's own do no harm."""
    path = folder / "settings.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines = [line + (",colour" if i == 0 else ",green") for i, line in enumerate(lines)]
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join([*lines, ",,,,,", ""]).encode())
    assert Vocabulary.load(folder)["plot.park"].attributes["colour"] == "green"


def test_a_retired_term_is_read_as_the_one_in_its_place(folder: Path) -> None:
    path = folder / "settings.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines = [line + (",retired,replaced_by" if i == 0 else ",,") for i, line in enumerate(lines)]
    path.write_text("\n".join([*lines, "plot.yard,Back yard,Patio,,,yes,plot.allotment"]), encoding="utf-8")
    words = Vocabulary.load(folder)
    assert words.find("back yard", "settings") is words["plot.allotment"]
    assert words.find("plot.yard", "settings") is words["plot.allotment"]
    assert "plot.yard" not in {t.id for t in words.terms("settings")}


def test_the_installed_folder_is_there() -> None:
    assert (installed_folder() / "skills.csv").is_file()
