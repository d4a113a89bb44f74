"""The mentoring programme; knows nothing of the web.

A folder is a room, alone with its library: `domain/` (what is true of people and introductions), `engine/` (numbers;
knows scikit-learn), `storage/` (rows; knows SQLAlchemy), `mail/` (letters; knows SMTP), `files/` (tables on disk),
`workflow/` (the steps of the path, each one transaction), `cli/` (the commands).

Decision for all of them: plain dataclasses inside, and at the edges one reader, `domain.profiles.read_answers`, for
forms, CSV, XLSX and JSON alike. No pydantic: its sentences would have to be written again for people, and the models
twice. The names below are the public Python interface; they are imported when first used, because scikit-learn takes
its time.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matcher.engine.assignment import assign
    from matcher.engine.groups import form_groups
    from matcher.engine.learning import OutcomeWeights
    from matcher.engine.matching import match, rank
    from matcher.engine.neighbors import MentorNeighbors
    from matcher.engine.partition import partition
    from matcher.engine.vectorizer import ProfileVectorizer
    from matcher.files.reading import read_profiles

__all__ = [
    "MentorNeighbors",
    "OutcomeWeights",
    "ProfileVectorizer",
    "assign",
    "form_groups",
    "match",
    "partition",
    "rank",
    "read_profiles",
]

_HOMES = {
    "read_profiles": "matcher.files.reading",
    "rank": "matcher.engine.matching",
    "match": "matcher.engine.matching",
    "assign": "matcher.engine.assignment",
    "form_groups": "matcher.engine.groups",
    "partition": "matcher.engine.partition",
    "ProfileVectorizer": "matcher.engine.vectorizer",
    "MentorNeighbors": "matcher.engine.neighbors",
    "OutcomeWeights": "matcher.engine.learning",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
