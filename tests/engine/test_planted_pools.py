"""Pools of other kinds in which the right mentor is known by construction."""

import numpy as np
import pytest

from matcher.domain.profiles import read_answers
from matcher.domain.vocabulary import default_vocabulary
from matcher.engine.affinity import Pool

VOCABULARY = default_vocabulary()
SPANISH = [
    ("quiero aprender a cuidar abejas en el monte", "Apicultor: treinta años con colmenas y abejas"),
    ("necesito ayuda con la cerámica, se me rompen los esmaltes", "Ceramista, torno, hornos y esmaltado"),
    ("estoy quemada después de tantas noches", "Pasé por el desgaste profesional y volví; hablo del agotamiento"),
    ("cómo hablar con un chico que dice que quiere morir", "Evaluación del riesgo suicida con adolescentes"),
    ("las familias llegan a urgencias con miedo a la pareja", "Acompaño a mujeres víctimas de violencia de género"),
    ("busco subvenciones para un servicio nuevo", "Redacto proyectos y consigo subvención pública"),
    ("trabajo con migrantes y nunca sé usar al intérprete", "Intérpretes y personas refugiadas, doce años"),
    ("quiero publicar un artículo sobre nuestras llamadas", "Investigadora, publico artículos sobre líneas de ayuda"),
]
FRENCH = [
    ("je voudrais apprendre à élever des abeilles", "Apiculteur, trente ruches, abeilles et miel"),
    ("mes émaux craquent, je débute en céramique", "Céramiste, tour, fours, émail"),
    ("épuisée après deux ans de nuits", "J'ai connu l'épuisement professionnel et j'en suis revenu"),
    ("un élève m'a dit qu'il voulait mourir", "Évaluation du risque suicidaire chez les jeunes et les élèves"),
    ("j'accompagne des femmes qui ont peur de leur conjoint", "Violences conjugales, accompagnement des victimes"),
    ("comment financer une équipe mobile", "Je rédige des demandes de subvention, financement de projets"),
    ("des exilés, et l'interprète qui ne vient pas", "Santé mentale des personnes exilées, travail avec interprète"),
    ("écrire un premier article sur nos appels", "Chercheuse, j'aide à écrire et publier des articles"),
]


def reciprocal_rank(pairs: list[tuple[str, str]]) -> float:
    """Of each mentee's own mentor among those of all pairs, which have nothing but a text; ties count against."""
    people = [{"id": f"a{n:02}", "role": "mentee", "text": said} for n, (said, _) in enumerate(pairs)]
    people += [{"id": f"b{n:02}", "role": "mentor", "text": said} for n, (_, said) in enumerate(pairs)]
    affinity = Pool([read_answers(p, VOCABULARY) for p in people], vocabulary=VOCABULARY).affinity
    return float(np.mean([1 / (row >= row[n]).sum() for n, row in enumerate(affinity)]))


@pytest.mark.parametrize(("pairs", "least"), [(SPANISH, 0.8), (FRENCH, 0.8), (SPANISH + FRENCH, 0.75)])
def test_texts_in_other_languages_find_their_mentor(pairs: list[tuple[str, str]], least: float) -> None:
    assert reciprocal_rank(pairs) > least


@pytest.mark.parametrize("blanks", [0.7, 0.9])
def test_among_mostly_empty_fields_what_is_said_decides(blanks: float) -> None:
    """Mentees with a goal, mentors of whom one in four has a skill that it asks for; every field may be blank."""
    rng = np.random.default_rng(3)
    goals = [g for g in VOCABULARY.terms("goals") if g.offers is not None and g.offers.skills_essential][:40]
    slots, regions = ("slot.weekday_evening", "slot.weekend_day"), ("region.US-OH", "region.US-TX", "region.CA-ON")
    noise = {
        "slots": slots,
        "region": regions,
        "languages": ("lang.en", "lang.es;lang.en"),
        "formats": ("format.video",),
    }
    people: list[dict[str, object]] = []
    wanted: list[set[int]] = []
    skills = [set(g.offers.skills_essential) if g.offers is not None else set() for g in goals]
    held = [sorted(skills[n % len(goals)])[0] if n % 4 == 0 else "" for n in range(160)]
    for n, goal in enumerate(goals):
        people.append({"id": f"a{n:03}", "role": "mentee", "goals": goal.id})
        wanted.append({m for m, skill in enumerate(held) if skill in skills[n]})
    people += [{"id": f"b{m:03}", "role": "mentor", "skills": skill} for m, skill in enumerate(held)]
    for person in people:
        person |= {column: rng.choice(values) for column, values in noise.items() if rng.random() > blanks}
    pool = Pool([read_answers(p, VOCABULARY) for p in people], vocabulary=VOCABULARY)
    found = []
    for row, right in zip(pool.affinity, wanted, strict=True):
        order = np.argsort(-row, kind="stable")[:10]
        gains = np.array([1.0 if m in right else 0.0 for m in order]) / np.log2(np.arange(2, 12))
        best = (1 / np.log2(np.arange(2, 2 + min(len(right), 10)))).sum()
        found += [gains.sum() / best] if right else []
    assert np.mean(found) > 0.9
