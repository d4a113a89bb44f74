"""The fixed cast: people the tests tell stories about. Any field can be overridden.

Ada, Ben and Dora look for a mentor, Grace has one place, Henry two, Ines one; Cleo coordinates.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from matcher.domain.letters import Links
from matcher.domain.profiles import Profile, read_answers
from matcher.domain.vocabulary import default_vocabulary
from matcher.storage.database import Database
from matcher.workflow import access
from matcher.workflow.people import import_profiles
from matcher.workflow.signing import LinkSigner

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
"""A Monday; ten in the morning in New York, where most of the cast lives."""

SECRET = "a secret only the tests know 2026"
LINKS = Links("https://mentoring.example.org", LinkSigner(SECRET), "Crisis Line Mentoring")


def person(id: str, role: str, **answers: Any) -> Profile:
    """A valid profile from the columns of a form."""
    common = {
        "name": id.capitalize(),
        "email": f"{id}@example.org",
        "languages": "lang.en",
        "region": "region.US-NY",
        "timezone": "America/New_York",
        "slots": "slot.weekday_evening; slot.weekday_morning",
        "formats": "format.video",
        "disciplines": "discipline.social_work",
    }
    return read_answers({"id": id, "role": role, **common, **answers}, default_vocabulary())


def ada(**answers: Any) -> Profile:
    """A mentee who seeks de-escalation."""
    given = {"seeks_skills": "skill.verbal_deescalation", "stage": "stage.trainee", "goals": "goal.explore_role"}
    return person("ada", "mentee", **{**given, **answers})


def ben(**answers: Any) -> Profile:
    """Another mentee who seeks de-escalation."""
    given = {"seeks_skills": "skill.verbal_deescalation", "stage": "stage.student", "goals": "goal.explore_role"}
    return person("ben", "mentee", **{**given, **answers})


def dora(**answers: Any) -> Profile:
    """A mentee who seeks safety planning."""
    given = {"seeks_skills": "skill.safety_planning", "stage": "stage.early"}
    return person("dora", "mentee", **{**given, **answers})


def grace(**answers: Any) -> Profile:
    """A mentor with one place, strong in de-escalation."""
    given = {
        "skills": "skill.verbal_deescalation=4; skill.mentoring_coaching=3; skill.career_guidance=3",
        "stage": "stage.senior",
        "capacity": "1",
    }
    return person("grace", "mentor", **{**given, **answers})


def henry(**answers: Any) -> Profile:
    """A mentor with two places."""
    given = {
        "skills": "skill.verbal_deescalation=2; skill.safety_planning=4; skill.mentoring_coaching=3",
        "stage": "stage.senior",
        "capacity": "2",
    }
    return person("henry", "mentor", **{**given, **answers})


def ines(**answers: Any) -> Profile:
    """A mentor with one place who knows a little of everything."""
    given = {
        "skills": "skill.verbal_deescalation=3; skill.safety_planning=2; skill.career_guidance=2",
        "stage": "stage.senior",
        "capacity": "1",
    }
    return person("ines", "mentor", **{**given, **answers})


def cleo(db: Database) -> str:
    """The coordinator; returns her id."""
    return access.add_coordinator(db, "cleo@example.org", "Cleo", now=NOW)


def enrol(db: Database, *profiles: Profile, now: datetime = NOW) -> Sequence[str]:
    """Brings people into the programme, confirmed."""
    done = import_profiles(db, profiles, by="cleo", now=now, confirmed=True)
    assert not done.refused, done.refused
    return done.added
