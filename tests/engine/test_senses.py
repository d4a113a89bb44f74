"""What sentences do with the names in them: pasts, how far refusals reach, wishes for oneself and offers."""

import pytest

from matcher.domain.profiles import Profile, Role
from matcher.domain.vocabulary import default_vocabulary
from matcher.engine.mentions import Mentions, fold
from matcher.engine.needs import needs_of
from matcher.engine.wording import Heard, heard

WORDS = default_vocabulary()


def read(text: str) -> Mentions:
    return fold(text, WORDS)


def mentor(text: str) -> Heard:
    return heard(Profile(id="m", role=Role.MENTOR, text=text), WORDS)


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
        ("acabo de dejar la policía, quiero EMDR", "discipline.law_enforcement", "skill.emdr"),
        ("jubilada de la policía, quiero DBT", "discipline.law_enforcement", "skill.dbt_skills"),
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
        ("I did want EMDR, still do", "skill.emdr"),
        ("people who used to be in jail, how do I help them", "setting.jail_prison"),
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
        ("ni police ni prison, le deuil svp", "setting.jail_prison", "skill.grief_support"),
        ("EMDR is not what I want, DBT is", "skill.emdr", "skill.dbt_skills"),
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


# -- wishes for oneself, and offers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "I would love to learn EMDR myself",
        "Looking for somebody to teach me EMDR",
        "Looking for EMDR training",
        "I need help with EMDR",
        "I'd like to get trained in EMDR",
        "I'm currently studying EMDR",
        "quiero aprender EMDR",
        "me gustaría formarme en EMDR",
        "busco ayuda con EMDR",
        "je voudrais apprendre l'EMDR",
        "cherche de l'aide pour l'EMDR",
        "en train d'apprendre l'EMDR",
        "je veux me former à l'EMDR",
        "je me forme à l'EMDR",
        "me estoy formando en EMDR",
        "I could use help with EMDR",
        "I teach DBT and hope to learn EMDR",
    ],
)
def test_what_a_mentor_would_learn_is_not_on_offer(text: str) -> None:
    assert "skill.emdr" in read(text).sought
    said = mentor(text)
    assert "skill.emdr" not in said.offered
    assert "emdr" not in {token.form for token in said.tokens}


@pytest.mark.parametrize(
    "text",
    [
        "I can't help with EMDR",
        "I know nothing about EMDR",
        "I don't do EMDR any more",
        "EMDR, but not any more",
        "EMDR, pero ya no",
        "ya no hago EMDR",
        "no puedo ayudar con EMDR",
        "no sé nada de EMDR",
        "je ne fais plus d'EMDR",
        "je ne peux pas aider pour l'EMDR",
        "je n'y connais rien en EMDR",
    ],
)
def test_what_a_mentor_cannot_give_is_not_on_offer(text: str) -> None:
    said = mentor(text)
    assert "skill.emdr" not in said.offered
    assert "emdr" not in {token.form for token in said.tokens}


@pytest.mark.parametrize(
    "text",
    [
        "I teach EMDR",
        "Let me help you with EMDR",
        "Happy to help with EMDR",
        "Learn EMDR with me",
        "I help people learn EMDR",
        "I can help you learn EMDR",
        "I want to share what I know of EMDR",
        "I would love to teach EMDR",
        "Looking for mentees who want EMDR",
        "I want to learn DBT and can help with EMDR",
        "I know nothing better than EMDR",
        "busco a quien enseñar EMDR",
        "quiero ayudar con EMDR",
        "me gusta ayudar con EMDR",
        "j'aimerais aider sur l'EMDR",
        "formatrice EMDR",
        "Supervisor seeking trainees in EMDR",
        "It took me years to learn EMDR, happy to share",
        "hoping my EMDR experience helps",
        "happy to give some advice on EMDR",
    ],
)
def test_what_a_mentor_would_give_is_on_offer(text: str) -> None:
    assert "skill.emdr" in mentor(text).offered


def test_who_is_both_seeks_and_offers_as_said() -> None:
    said = heard(Profile(id="b", role=Role.BOTH, text="I teach DBT. I want to learn EMDR"), WORDS)
    assert "skill.dbt_skills" in said.offered
    assert "skill.emdr" in said.wanted
    assert "skill.emdr" not in said.offered


@pytest.mark.parametrize(
    ("text", "lacking"),
    [
        ("no sé nada de autismo", "skill.disability_idd_autism"),
        ("no entiendo nada de subvenciones", "skill.grant_writing"),
        ("no sé nada sobre cuidados perinatales", "skill.perinatal_mental_health"),
        ("nunca entendí nada de DBT", "skill.dbt_skills"),
        ("I know nothing about autism", "skill.disability_idd_autism"),
        ("je ne sais rien de l'autisme", "skill.disability_idd_autism"),
        ("je ne connais rien au deuil", "skill.grief_support"),
    ],
)
def test_who_knows_nothing_of_something_lacks_it(text: str, lacking: str) -> None:
    assert lacking in read(text).lacking


@pytest.mark.parametrize(
    "text",
    ["no quiero nada de EMDR", "no quiero saber nada de EMDR", "I want nothing to do with EMDR", "rien sur l'EMDR svp"],
)
def test_who_wants_nothing_of_something_refuses_it(text: str) -> None:
    assert "skill.emdr" in read(text).unwanted


@pytest.mark.parametrize(
    ("text", "unwanted"),
    [
        ("nothing about suicide please; perinatal only", "skill.suicide_risk_assessment"),
        ("no suicide topics please, perinatal", "skill.suicide_risk_assessment"),
        ("I don't want to talk about suicide. perinatal", "skill.suicide_risk_assessment"),
        ("please don't bring up suicide", "skill.suicide_risk_assessment"),
        ("skip the suicide stuff", "skill.suicide_risk_assessment"),
        ("I'd rather not discuss burnout", "skill.burnout_prevention"),
        ("burnout is not a topic for me", "skill.burnout_prevention"),
        ("no talk of burnout please, EMDR", "skill.burnout_prevention"),
        ("no quiero hablar de suicidio, quiero DBT", "skill.suicide_risk_assessment"),
        ("nada de suicidio por favor", "skill.suicide_risk_assessment"),
        ("sans parler de suicide: la périnatalité m'intéresse", "skill.suicide_risk_assessment"),
        ("je ne veux pas parler de suicide", "skill.suicide_risk_assessment"),
        ("rien sur le suicide, merci", "skill.suicide_risk_assessment"),
    ],
)
def test_a_trouble_not_to_be_talked_of_is_unwanted(text: str, unwanted: str) -> None:
    mentions = read(text)
    assert unwanted in mentions.unwanted
    assert unwanted not in mentions.wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("I don't know how to talk about suicide", "skill.suicide_risk_assessment"),
        ("I can't talk about burnout with my boss", "skill.burnout_prevention"),
        ("no sé cómo hablar de suicidio", "skill.suicide_risk_assessment"),
        ("no talk of burnout please, EMDR", "skill.emdr"),
        ("nothing helps against burnout", "skill.burnout_prevention"),
        ("nothing prepared me for grief work", "skill.grief_support"),
        ("nada me preparó para el duelo", "skill.grief_support"),
        ("rien ne m'a préparée au deuil", "skill.grief_support"),
        ("not a day without grief support", "skill.grief_support"),
        ("I have done nothing in grief support yet", "skill.grief_support"),
        ("no burnout please", "skill.burnout_prevention"),
    ],
)
def test_a_trouble_to_be_talked_of_is_wanted(text: str, wanted: str) -> None:
    assert wanted in read(text).wanted


# -- what somebody works with ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Need help working with deaf clients", "skill.deaf_hard_of_hearing"),
        ("I want to get better at working with veterans", "skill.military_veteran_competence"),
        ("I'm new to working with veterans", "skill.military_veteran_competence"),
        ("learning about working with refugees", "skill.refugee_migrant_competence"),
        ("want tips on running a grief group", "skill.grief_support"),
        ("got sent to a Deaf man, no interpreter", "skill.deaf_hard_of_hearing"),
        ("quiero consejo sobre trabajar con personas sordas", "skill.deaf_hard_of_hearing"),
    ],
)
def test_what_somebody_would_work_with_better_is_wanted(text: str, wanted: str) -> None:
    mentions = read(text)
    assert wanted in mentions.wanted
    assert wanted not in mentions.held


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("working with autistic adults in crisis", "skill.disability_idd_autism"),
        ("I'm working with veterans and struggle with their anger", "skill.military_veteran_competence"),
        ("running a grief group and lost", "skill.grief_support"),
        ("trabajo con personas sordas y necesito ayuda", "skill.deaf_hard_of_hearing"),
        ("je travaille avec des personnes sourdes, besoin de conseils", "skill.deaf_hard_of_hearing"),
    ],
)
def test_who_tells_no_wish_would_talk_about_the_work(text: str, term: str) -> None:
    mentee = Profile(id="e", role=Role.MENTEE, text=text)
    said = heard(mentee, WORDS)
    assert term in said.at_work
    assert term in {want.term for need in needs_of(mentee, said, WORDS) for want in need.wants}


@pytest.mark.parametrize(
    "text",
    [
        "I work with deaf clients and want to learn EMDR",
        "I used to work with deaf clients",
        "LCSW, I have good results with grief support and need EMDR",
    ],
)
def test_who_tells_a_wish_means_that_alone(text: str) -> None:
    assert heard(Profile(id="e", role=Role.MENTEE, text=text), WORDS).at_work == {}


# -- ways to meet ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "no internet out here, phone only. EMDR",
        "only by phone please: EMDR",
        "text me anytime. EMDR",
        "message me, EMDR",
        "chat soon! need EMDR",
        "let's chat, I need EMDR",
        "a quick chat about EMDR",
        "bad internet here, phone is fine. EMDR",
        "happy to chat about EMDR",
        "sent from my phone. EMDR",
        "by mail or chat, EMDR",
        "chat or phone only, EMDR",
        "EMDR, call me at night",
        "por teléfono solamente, EMDR",
        "por chat mejor, EMDR",
        "je préfère le téléphone, EMDR",
    ],
)
def test_a_way_to_meet_is_no_skill(text: str) -> None:
    wanted = set(read(text).wanted)
    assert "skill.emdr" in wanted
    assert not {"skill.phone_counselling", "skill.text_chat_counselling"} & wanted


@pytest.mark.parametrize(
    ("text", "skill"),
    [
        ("I want to get better at text and chat", "skill.text_chat_counselling"),
        ("text chat with teens is new to me", "skill.text_chat_counselling"),
        ("texting with teens in crisis", "skill.text_chat_counselling"),
        ("I volunteer on chat only", "skill.text_chat_counselling"),
        ("chat counselling only", "skill.text_chat_counselling"),
        ("on the phones all night", "skill.phone_counselling"),
        ("atención telefónica", "skill.phone_counselling"),
    ],
)
def test_work_on_the_phone_or_in_chats_is_a_skill(text: str, skill: str) -> None:
    assert skill in read(text).wanted
