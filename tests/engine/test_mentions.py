"""Free text read into the vocabulary: names in three languages, slips, refusals, what is one's own, letters."""

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.domain.profiles import Profile, Role
from matcher.domain.vocabulary import Vocabulary, default_vocabulary
from matcher.engine.mentions import Mentions, fold
from matcher.engine.wording import heard
from matcher.engine.words import tokens

WORDS = default_vocabulary()
GARDENING = Vocabulary.load(Path(__file__).parents[1] / "vocabularies" / "gardening")


def read(text: str) -> Mentions:
    return fold(text, WORDS)


# -- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("I would like to get better at safety planning", "skill.safety_planning"),
        ("help me write safety plans people keep", "skill.safety_planning"),
        ("saftey planing please", "skill.safety_planning"),
        ("anyone good at motivational interveiwing?", "skill.motivational_interviewing"),
        ("de-escalating angry callers", "skill.verbal_deescalation"),
        ("deescalation", "skill.verbal_deescalation"),
        ("Program evaluation, anybody?", "skill.programme_evaluation"),
        ("the mobile crisis teams in my county", "setting.mobile_crisis_team"),
        ("quiero mejorar la escucha activa", "skill.active_listening"),
        ("ESCUCHA ACTIVA", "skill.active_listening"),
        ("planes de seguridad con adolescentes", "skill.safety_planning"),
        ("busco orientación sobre el duelo", "skill.grief_support"),
        ("progresser en ecoute active", "skill.active_listening"),
        ("l'évaluation du risque suicidaire", "skill.suicide_risk_assessment"),
        ("travailler avec des interprètes", "skill.work_with_interpreters"),
        ("studying for my LCSW", "goal.licence_lcsw"),
        ("lcsw hours", "cred.lcsw"),
        ("C-SSRS on the phone", "skill.suicide_risk_assessment"),
        ("the 3114 in France", "setting.crisis_line_988"),
        ("burning out", "skill.burnout_prevention"),
        ("how do you talk somebody down", "skill.verbal_deescalation"),
        ("calming him down", "skill.verbal_deescalation"),
        ("counselling youth", "skill.youth_competence"),
        ("trans teens on our line", "skill.lgbtq_affirming"),
        ("jóvenes trans", "skill.lgbtq_affirming"),
        ("un hombre sordo", "skill.deaf_hard_of_hearing"),
        ("old people alone on farms", "skill.older_adult_competence"),
        ("abuelos que viven solos", "skill.older_adult_competence"),
        ("new moms with newborns", "skill.perinatal_mental_health"),
        ("une fausse couche", "skill.perinatal_mental_health"),
        ("gente sin techo", "skill.homelessness_competence"),
        ("toxicomanie", "skill.substance_use_counselling"),
    ],
)
def test_names_are_found(text: str, term: str) -> None:
    mentions = read(text)
    assert term in mentions.wanted
    assert 0 < mentions.wanted[term] <= 1
    assert mentions.places[term] in text


def test_a_name_is_surer_than_a_hint_and_a_slip_less_sure() -> None:
    sure = read("safety planning").wanted["skill.safety_planning"]
    slip = read("saftey planning").wanted["skill.safety_planning"]
    hint = read("so tired").wanted["skill.burnout_prevention"]
    assert sure > slip > hint


def test_accents_do_not_matter() -> None:
    assert read("écoute active").wanted == read("ecoute active").wanted


def test_longer_names_win_over_the_words_in_them() -> None:
    mentions = read("work on a suicide prevention line")
    assert "setting.crisis_line_988" in mentions.wanted
    assert "setting.medical_hospital" not in read("psychiatric hospital").wanted


@pytest.mark.parametrize(
    ("text", "named", "inside"),
    [
        ("supporting families after a suicide", "skill.suicide_postvention", "skill.suicide_risk_assessment"),
        ("a colleague died by suicide", "skill.suicide_postvention", "skill.suicide_risk_assessment"),
        ("familias tras un suicidio", "skill.suicide_postvention", "skill.suicide_risk_assessment"),
        ("duelo por suicidio", "skill.suicide_postvention", "skill.suicide_risk_assessment"),
        ("accompagner après un suicide", "skill.suicide_postvention", "skill.suicide_risk_assessment"),
        ("help with forensic interviews", "setting.child_advocacy_centre", "skill.research_methods"),
    ],
)
def test_a_hint_inside_a_longer_hint_is_none(text: str, named: str, inside: str) -> None:
    mentions = read(text)
    assert named in mentions.wanted
    assert inside not in mentions.wanted


@pytest.mark.parametrize("text", ["", " ", "🙏", "x", "…!?", "🙏🙏 👍", "7"])
def test_a_letter_or_an_emoji_says_nothing(text: str) -> None:
    assert read(text) == Mentions()
    assert tokens(text) == []


def test_the_programme_s_own_words_say_nothing() -> None:
    assert read("looking for a mentor, please").wanted == {}


@pytest.mark.parametrize(
    "text",
    [
        "call me in the morning",
        "what is the matter with me",
        "artistic, and a player",
        "software testing",
        "on commission, in a trailer",
    ],
)
def test_an_ordinary_word_is_no_slip_of_another(text: str) -> None:
    mentions = read(text)
    assert not {**mentions.wanted, **mentions.held, **mentions.unwanted}


# -- refusals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("not interested in police work", "discipline.law_enforcement"),
        ("NO police pls", "discipline.law_enforcement"),
        ("no police please, rest is fine", "discipline.law_enforcement"),
        ("without police", "setting.law_enforcement_cit"),
        ("anything except hospice", "setting.medical_hospital"),
        ("Not asking for clinical supervision, just guidance", "skill.clinical_supervision"),
        ("I don't want EMDR", "skill.emdr"),
        ("police: no thanks", "discipline.law_enforcement"),
        ("no police, military or corrections", "discipline.corrections_probation"),
        ("sin supervisión clínica", "skill.clinical_supervision"),
        ("no quiero policías", "discipline.law_enforcement"),
        ("pas de supervision clinique", "skill.clinical_supervision"),
        ("je ne veux pas de policiers", "discipline.law_enforcement"),
        ("sans policiers, merci", "discipline.law_enforcement"),
        ("I am not interested in police work", "discipline.law_enforcement"),
        ("I'm not really keen on police work", "discipline.law_enforcement"),
        ("I would rather not do police work", "discipline.law_enforcement"),
        ("I have zero interest in prisons", "setting.jail_prison"),
        ("I have no desire to work in prisons or courts", "setting.courts"),
        ("I never want to work in a prison", "setting.jail_prison"),
        ("Anything but hospitals", "setting.medical_hospital"),
        ("EMDR instead of DBT", "skill.dbt_skills"),
        ("I hate police work", "discipline.law_enforcement"),
        ("Not for me: prisons, courts", "setting.courts"),
        ("No es para mí: la policía", "discipline.law_enforcement"),
        ("Pas pour moi : la police", "discipline.law_enforcement"),
        ("No me interesan las cárceles", "setting.jail_prison"),
        ("no me interesa el trabajo en la cárcel", "setting.jail_prison"),
        ("Je ne suis pas intéressée par l'EMDR", "skill.emdr"),
        ("je ne veux plus travailler en prison", "setting.jail_prison"),
        ("Plus jamais la prison", "setting.jail_prison"),
        ("Jamás volvería a una cárcel", "setting.jail_prison"),
        ("Que no sea policía, por favor", "discipline.law_enforcement"),
        ("I'd like a mentor who is not a psychiatrist", "discipline.psychiatry"),
        ("I would hate to end up in a prison", "setting.jail_prison"),
    ],
)
def test_what_is_refused_is_not_wanted(text: str, refused: str) -> None:
    mentions = read(text)
    assert refused in mentions.unwanted
    assert refused not in mentions.wanted


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("Police work is not for me", "discipline.law_enforcement"),
        ("Police isn't really my thing", "discipline.law_enforcement"),
        ("Prisons don't interest me", "setting.jail_prison"),
        ("Schools? Not my cup of tea.", "setting.school_k12"),
        ("Police and prisons are not for me", "discipline.law_enforcement"),
        ("I used to want prisons, not any more", "setting.jail_prison"),
        ("La cárcel no es lo mío", "setting.jail_prison"),
        ("La cárcel no me interesa, el duelo sí", "setting.jail_prison"),
        ("La police ne m'intéresse pas", "discipline.law_enforcement"),
        ("La prison, très peu pour moi", "setting.jail_prison"),
        ("Mobile crisis yes, prison no", "setting.jail_prison"),
        ("La policía no, gracias", "discipline.law_enforcement"),
        ("Police, prisons, courts: no thanks. Grief: yes", "setting.jail_prison"),
        ("Policía, cárceles: no, gracias", "discipline.law_enforcement"),
    ],
)
def test_a_name_may_be_waved_away_after_it(text: str, refused: str) -> None:
    mentions = read(text)
    assert refused in mentions.unwanted
    assert refused not in {**mentions.wanted, **mentions.held}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("School counsellor not interested in police work", "discipline.education"),
        ("I love grief support and police work is not for me", "skill.grief_support"),
        ("El duelo, no me interesa la cárcel", "skill.grief_support"),
        ("I want grief support. Not for me: police", "skill.grief_support"),
        ("Open to anything but I like grief support", "skill.grief_support"),
        ("I like everything. But hospitals most", "setting.medical_hospital"),
        ("Why not EMDR?", "skill.emdr"),
        ("Isn't EMDR hard? I'd like to learn it", "skill.emdr"),
        ("It's not that I dislike prisons", "setting.jail_prison"),
        ("Safety planning is not easy for me", "skill.safety_planning"),
        ("No police and I want grief support", "skill.grief_support"),
        ("I couldn't do this without clinical supervision", "skill.clinical_supervision"),
        ("I don't want to lose my LCSW", "cred.lcsw"),
        ("No quiero dejar la cárcel", "setting.jail_prison"),
    ],
)
def test_a_refusal_reaches_its_own_name_only(text: str, kept: str) -> None:
    mentions = read(text)
    assert kept in {**mentions.wanted, **mentions.held}
    assert kept not in mentions.unwanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("How do I avoid burnout?", "skill.burnout_prevention"),
        ("How can I prevent burnout?", "skill.burnout_prevention"),
        ("I don't want to burn out", "skill.burnout_prevention"),
        ("How do people do this without burning out?", "skill.burnout_prevention"),
        ("I want to avoid vicarious trauma", "skill.vicarious_trauma_management"),
        ("How do I avoid conflict with my team?", "skill.conflict_resolution"),
        ("Quiero evitar el burnout", "skill.burnout_prevention"),
        ("cómo trabajar de noche sin quemarme", "goal.prevent_burnout"),
        ("je ne veux pas finir en burn-out", "skill.burnout_prevention"),
        ("Comment éviter l'épuisement ?", "goal.prevent_burnout"),
        ("how do we avoid overdoses in our shelter", "setting.homeless_shelter"),
    ],
)
def test_who_would_avoid_a_trouble_seeks_what_helps_against_it(text: str, wanted: str) -> None:
    mentions = read(text)
    assert wanted in mentions.wanted
    assert wanted not in mentions.unwanted


@pytest.mark.parametrize("text", ["I want to avoid clinical supervision", "Not interested in burnout"])
def test_who_would_avoid_anything_else_refuses_it(text: str) -> None:
    assert {"skill.clinical_supervision", "skill.burnout_prevention"} & set(read(text).unwanted)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("I don't know how to do safety plans", "skill.safety_planning"),
        ("no experience with de-escalation", "skill.verbal_deescalation"),
        ("not yet confident with suicide risk assessment", "skill.suicide_risk_assessment"),
        ("never done suicide risk assessment", "skill.suicide_risk_assessment"),
        ("not only EMDR but also DBT", "skill.emdr"),
        ("not police but grief support", "skill.grief_support"),
        ("not interested in police work, want de-escalation", "skill.verbal_deescalation"),
        ("no sé hacer planes de seguridad", "skill.safety_planning"),
        ("je ne sais pas faire un plan de sécurité", "skill.safety_planning"),
        ("I can't do de-escalation", "skill.verbal_deescalation"),
    ],
)
def test_what_somebody_lacks_is_wanted_not_refused(text: str, wanted: str) -> None:
    mentions = read(text)
    assert wanted in mentions.wanted
    assert wanted not in mentions.unwanted


@pytest.mark.parametrize(
    ("text", "lacking"),
    [
        ("I don't have an LCSW yet", "cred.lcsw"),
        ("I do not hold the LCSW", "cred.lcsw"),
        ("I have no LCSW", "cred.lcsw"),
        ("No tengo el LCSW", "cred.lcsw"),
        ("Je n'ai pas de LCSW", "cred.lcsw"),
        ("I have never worked on a crisis line", "setting.crisis_line_988"),
        ("I have my LCSW and never worked on a crisis line", "setting.crisis_line_988"),
        ("We have no mobile crisis team", "setting.mobile_crisis_team"),
        ("No experience of suicide risk assessment", "skill.suicide_risk_assessment"),
        ("I never know how to work with interpreters", "skill.work_with_interpreters"),
        ("I never really understood motivational interviewing", "skill.motivational_interviewing"),
        ("Nunca sé usar al intérprete", "skill.work_with_interpreters"),
        ("Nunca he trabajado en una cárcel", "setting.jail_prison"),
        ("Je ne sais jamais travailler avec des interprètes", "skill.work_with_interpreters"),
        ("Je ne maîtrise pas la désescalade", "skill.verbal_deescalation"),
        ("Never did a lethality assessment on my own", "skill.suicide_risk_assessment"),
        ("Nobody ever taught me safety planning", "skill.safety_planning"),
        ("No me aclaro con la entrevista motivacional", "skill.motivational_interviewing"),
        ("Je n'arrive pas à faire un plan de sécurité", "skill.safety_planning"),
        ("EMDR is not my field", "skill.emdr"),
        ("There is no mobile crisis team here", "setting.mobile_crisis_team"),
        ("Il n'y a pas d'équipe mobile de crise ici", "setting.mobile_crisis_team"),
        ("No encuentro a nadie que sepa de duelo", "skill.grief_support"),
        ("Sans formation en désescalade je me sens perdue", "skill.verbal_deescalation"),
        ("No me siento segura con la evaluación del riesgo suicida", "skill.suicide_risk_assessment"),
        ("Je ne suis pas à l'aise avec la désescalade", "skill.verbal_deescalation"),
        ("I can't offer clinical supervision", "skill.clinical_supervision"),
    ],
)
def test_what_somebody_has_not_got_is_not_held_and_no_mentor_offers_it(text: str, lacking: str) -> None:
    mentions = read(text)
    assert lacking in mentions.lacking
    assert lacking not in {**mentions.held, **mentions.unwanted}
    assert lacking not in heard(Profile(id="m", role=Role.MENTOR, text=text), WORDS).offered
    assert lacking in heard(Profile(id="m", role=Role.MENTEE, text=text), WORDS).wanted


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("Not only do I have an LCSW, I teach EMDR", "cred.lcsw"),
        ("No, I have an LCSW", "cred.lcsw"),
        ("No police, but I have my LCSW", "cred.lcsw"),
        ("I have never worked on a crisis line. I have my LCSW", "cred.lcsw"),
    ],
)
def test_a_no_beside_what_somebody_has_takes_nothing_away(text: str, held: str) -> None:
    mentions = read(text)
    assert held in mentions.held
    assert held not in mentions.lacking


def test_no_interest_is_a_refusal() -> None:
    assert "setting.school_k12" in read("I have no interest in schools").unwanted


def test_what_somebody_is_not_is_neither() -> None:
    mentions = read("I'm not a police officer")
    assert "discipline.law_enforcement" not in {**mentions.wanted, **mentions.unwanted, **mentions.held}


@pytest.mark.parametrize(
    "text", ["LCSW (expired 2022)", "my LCSW lapsed", "licencia LCSW caducada", "cred.lcsw (lapsed)"]
)
def test_an_expired_title_is_neither_held_nor_wanted(text: str) -> None:
    mentions = read(text)
    assert "cred.lcsw" not in {**mentions.wanted, **mentions.unwanted, **mentions.held}


# -- one's own ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("I have my LCSW and want to learn EMDR", "cred.lcsw"),
        ("RN 6 yrs, want to move to mobile crisis", "cred.rn"),
        ("I worked on a mobile crisis team for years", "setting.mobile_crisis_team"),
        ("Soy trabajadora social y busco ayuda con el duelo", "discipline.social_work"),
        ("Je suis infirmière, je cherche un mentor", "discipline.nursing"),
        ("Psychologist, want to go into humanitarian work", "discipline.psychology"),
    ],
)
def test_what_somebody_has_is_not_wanted(text: str, held: str) -> None:
    mentions = read(text)
    assert held in mentions.held
    assert held not in mentions.wanted


@pytest.mark.parametrize("text", ["Looking for an LCSW mentor", "Seeking LCSW mentorship", "I want the LCSW", "LCSW"])
def test_a_wish_stays_a_wish(text: str) -> None:
    assert "cred.lcsw" in read(text).wanted
    assert "goal.licence_lcsw" in read(text).wanted


# -- letters -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "meant", "not_meant"),
    [
        ("CPS worker with foster kids", "setting.child_protection", "cred.peer_specialist_state"),
        ("CPS exam, peer in recovery", "cred.peer_specialist_state", "setting.child_protection"),
        ("CIT week with the sheriff", "cred.cit_40h", "setting.child_protection"),
        ("CRT, co-responder with police", "setting.co_responder_team", "setting.victim_crisis_response"),
        ("CRT for victims after a disaster", "setting.victim_crisis_response", "setting.co_responder_team"),
        ("DA with partner violence, lethality", "skill.ipv_danger_assessment", "setting.courts"),
        ("MI practice: ambivalence, change talk", "skill.motivational_interviewing", "skill.serious_mental_illness"),
    ],
)
def test_letters_are_settled_by_the_words_around(text: str, meant: str, not_meant: str) -> None:
    mentions = read(text)
    found = {**mentions.wanted, **mentions.held}
    assert meant in found
    assert not_meant not in found


@pytest.mark.parametrize(
    "text", ["CPS", "I work with DA", "CRT please", "MI in Detroit, state of mind", "the DA's office"]
)
def test_letters_without_context_are_dropped(text: str) -> None:
    doubtful = {
        "setting.child_protection",
        "cred.peer_specialist_state",
        "skill.ipv_danger_assessment",
        "setting.co_responder_team",
        "setting.victim_crisis_response",
        "skill.motivational_interviewing",
    }
    assert not doubtful & set(read(text).wanted)


def test_everyday_words_are_no_abbreviations() -> None:
    mentions = read("I feel calm on the path, the loss of my post, a sane start, prepare and wrap up")
    assert not [t for t in mentions.wanted if t.startswith(("cred.", "setting."))]


# -- shape -------------------------------------------------------------------------------------------------------------


def calls_to_read(text: str) -> int:
    """How many functions, Python's own included, are called to read a text."""
    count = 0

    def called(_frame: object, event: str, _function: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        read(text)
    finally:
        sys.setprofile(before)
    return count


def test_long_texts_take_their_length_only() -> None:
    said = [f"Need help with night shifts and grief after call {i}, not police, LCSW since {i}" for i in range(160)]
    read(" ".join(said))  # the trees of names are planted and the slips looked up
    short, long = (calls_to_read(", ".join(said[:n])) for n in (20, 160))
    assert 4 * short < long < 8.8 * short  # eight times the text


@pytest.mark.parametrize(
    "said", ["I used to do EMDR and ", "looking for EMDR with help to teach me ", "EMDR, DBT, ", "by chat or phone or "]
)
def test_a_long_clause_takes_its_length_only(said: str) -> None:
    read(said)
    short, long = (calls_to_read(said * times + " no thanks") for times in (40, 320))
    assert long < 10 * short  # eight times the text


def test_repeating_a_text_adds_nothing() -> None:
    text = "Help with grief support and night shifts. "
    assert read(text * 200).wanted == read(text).wanted


def test_the_order_is_by_sureness_then_id() -> None:
    wanted = read("safety planning, EMDR, so tired, grief support, DBT").wanted
    assert list(wanted) == sorted(wanted, key=lambda term: (-wanted[term], term))


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=200))
def test_no_text_is_too_strange(text: str) -> None:
    mentions = read(text)
    for term in (*mentions.wanted, *mentions.unwanted, *mentions.held):
        assert term in WORDS
    assert all(isinstance(token, str) and token for token in tokens(text))


def test_another_profession_is_read_by_its_own_words() -> None:
    mentions = fold("worm bins and heirloom seed, no pesticide contractor please; poda de manzanos", GARDENING)
    assert {"craft.composting", "craft.seed_saving"} <= set(mentions.wanted)
    assert "trade.sprayer" in mentions.unwanted
    assert fold("safety planning and de-escalation", GARDENING).wanted == {}
    assert "paper.master_gardener" in fold("MG class with the extension office", GARDENING).wanted
    assert fold("5 MG a dose", GARDENING).wanted == {}
