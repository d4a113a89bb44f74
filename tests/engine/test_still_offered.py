"""What looks like a wish of their own, a past or a refusal, and is none: offers of mentors and wishes of mentees."""

import pytest

from matcher.domain.profiles import Role
from matcher.domain.vocabulary import default_vocabulary
from matcher.engine.wording import _heard

V = default_vocabulary()


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("Want to learn DBT? I can help.", "skill.dbt_skills"),
        ("Interested in learning DBT? I am happy to help.", "skill.dbt_skills"),
        ("Looking for help with grief? I am here.", "skill.grief_support"),
        ("¿Quieres aprender EMDR? Te ayudo.", "skill.emdr"),
        ("Tu veux apprendre l'EMDR ? Écris-moi.", "skill.emdr"),
        ("Puedo ayudarte a aprender EMDR.", "skill.emdr"),
        ("Puedo ayudarles a aprender desescalada.", "skill.verbal_deescalation"),
        ("Puedo orientarte para aprender EMDR.", "skill.emdr"),
        ("Conmigo vas a aprender desescalada.", "skill.verbal_deescalation"),
        ("Je peux t'apprendre l'EMDR.", "skill.emdr"),
        ("I know how hard it is to learn de-escalation.", "skill.verbal_deescalation"),
        ("Learning EMDR changed my practice and I use it daily.", "skill.emdr"),
        ("Come and learn EMDR.", "skill.emdr"),
        ("I study psychosis at the university and supervise students.", "skill.clinical_supervision"),
        ("My passion is learning and teaching safety planning.", "skill.training_delivery"),
    ],
)
def test_a_mentor_offers(text: str, term: str) -> None:
    assert term in _heard((text,), Role.MENTOR, V).offered


@pytest.mark.parametrize(
    ("text", "term"),
    [
        (
            "I used to be afraid of suicide risk assessment and still need help with it.",
            "skill.suicide_risk_assessment",
        ),
        ("I used to love safety planning but forgot most of it; refresh please.", "skill.safety_planning"),
        ("School taught me nothing about psychosis; I want to learn about psychosis.", "skill.serious_mental_illness"),
        (
            "My former supervisor taught me nothing about documentation, so I need help with documentation.",
            "goal.skill_law_documentation",
        ),
        ("I stopped counting the nights I worried about suicide risk assessment.", "skill.suicide_risk_assessment"),
        ("I did wonder whether de-escalation could be learned.", "skill.verbal_deescalation"),
        ("Acabo de entrar en un equipo móvil y necesito desescalada.", "setting.mobile_crisis_team"),
        ("Je viens de commencer sur une ligne d'écoute, besoin d'aide en désescalade.", "setting.crisis_line_988"),
    ],
)
def test_a_mentee_wishes(text: str, term: str) -> None:
    assert term in _heard((text,), Role.MENTEE, V).wanted
