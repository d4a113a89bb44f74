"""What sentences do with the names in them: what lies behind somebody, what a refusal reaches."""

import pytest

from matcher.domain.vocabulary import default_vocabulary
from matcher.engine.mentions import Mentions, fold

WORDS = default_vocabulary()


def read(text: str) -> Mentions:
    return fold(text, WORDS)


# -- what lies behind somebody -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "past", "wanted"),
    [
        ("I used to work in a jail; now I want to learn DBT", "setting.jail_prison", "skill.dbt_skills"),
        ("I used to help with EMDR, now grant writing please", "skill.emdr", "skill.grant_writing"),
        ("I left corrections, want to learn EMDR", "discipline.corrections_probation", "skill.emdr"),
        ("I left policing to learn EMDR", "discipline.law_enforcement", "skill.emdr"),
        ("I quit research, want to learn group facilitation", "skill.research_methods", "skill.group_facilitation"),
        ("I gave up EMDR, want DBT", "skill.emdr", "skill.dbt_skills"),
        ("Having left nursing, I hope to learn safety planning", "discipline.nursing", "skill.safety_planning"),
        ("I retired from policing, looking for grief support", "discipline.law_enforcement", "skill.grief_support"),
        ("Previously in jails, now keen to learn DBT", "setting.jail_prison", "skill.dbt_skills"),
        ("moved from jails to grief support", "setting.jail_prison", "skill.grief_support"),
        ("antes era negociador, ahora quiero aprender DBT", "skill.crisis_negotiation", "skill.dbt_skills"),
        ("solía hacer EMDR; ahora busco DBT", "skill.emdr", "skill.dbt_skills"),
        ("dejé la policía y quiero aprender EMDR", "discipline.law_enforcement", "skill.emdr"),
        ("j'étais négociateur avant, je veux apprendre l'EMDR", "skill.crisis_negotiation", "skill.emdr"),
        ("j'ai quitté la police, je cherche une formation EMDR", "discipline.law_enforcement", "skill.emdr"),
        ("autrefois je faisais de l'EMDR, je veux du DBT", "skill.emdr", "skill.dbt_skills"),
    ],
)
def test_what_lies_behind_somebody_is_no_wish(text: str, past: str, wanted: str) -> None:
    mentions = read(text)
    assert past in mentions.held
    assert past not in mentions.wanted
    assert wanted in mentions.wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("I am used to EMDR but want DBT", "skill.dbt_skills"),
        ("my client left, I want grief support", "skill.grief_support"),
        ("avant mon examen je veux revoir l'EMDR", "skill.emdr"),
        ("antes de empezar quiero aprender EMDR", "skill.emdr"),
    ],
)
def test_a_wish_beside_a_past_stays_one(text: str, wanted: str) -> None:
    assert wanted in read(text).wanted


# -- what a refusal reaches --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "refused", "wanted"),
    [
        ("instead of EMDR I want DBT", "skill.emdr", "skill.dbt_skills"),
        ("instead of EMDR, DBT please", "skill.emdr", "skill.dbt_skills"),
        ("rather than EMDR, DBT", "skill.emdr", "skill.dbt_skills"),
        ("apart from EMDR, DBT and grief support", "skill.emdr", "skill.grief_support"),
        ("except DBT, EMDR", "skill.dbt_skills", "skill.emdr"),
        ("I don't want DBT I want EMDR", "skill.dbt_skills", "skill.emdr"),
        ("no managers, no cops, DBT please", "discipline.law_enforcement", "skill.dbt_skills"),
        ("neither DBT nor CBT: EMDR", "skill.cbt", "skill.emdr"),
        ("en lugar de EMDR quiero DBT", "skill.emdr", "skill.dbt_skills"),
        ("en vez de EMDR, DBT", "skill.emdr", "skill.dbt_skills"),
        ("no me interesa el EMDR busco DBT", "skill.emdr", "skill.dbt_skills"),
        ("sin policías, sin cárceles, duelo por favor", "setting.jail_prison", "skill.grief_support"),
        ("au lieu de l'EMDR je veux du DBT", "skill.emdr", "skill.dbt_skills"),
        ("plutôt que l'EMDR, le DBT", "skill.emdr", "skill.dbt_skills"),
        ("pas de police, pas de prison, le deuil svp", "setting.jail_prison", "skill.grief_support"),
        ("ni DBT ni CBT: EMDR", "skill.cbt", "skill.emdr"),
        ("Enough of EMDR! DBT please", "skill.emdr", "skill.dbt_skills"),
        ("I can't stand police work, want DBT", "discipline.law_enforcement", "skill.dbt_skills"),
    ],
)
def test_a_wish_after_a_refusal_is_none(text: str, refused: str, wanted: str) -> None:
    mentions = read(text)
    assert refused in mentions.unwanted
    assert wanted in mentions.wanted


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("no EMDR, DBT or CBT", {"skill.emdr", "skill.dbt_skills", "skill.cbt"}),
        ("no EMDR, no DBT, no CBT", {"skill.emdr", "skill.dbt_skills", "skill.cbt"}),
        ("no police, military, corrections", {"discipline.law_enforcement", "discipline.corrections_probation"}),
        ("instead of EMDR or DBT, grief support", {"skill.emdr", "skill.dbt_skills"}),
        ("anything but hospitals, prisons", {"setting.medical_hospital", "setting.jail_prison"}),
        ("grief support instead of EMDR, DBT", {"skill.emdr", "skill.dbt_skills"}),
    ],
)
def test_a_refused_list_is_refused_to_its_end(text: str, refused: set[str]) -> None:
    assert refused <= set(read(text).unwanted)
