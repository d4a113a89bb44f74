"""One invented person while being made."""

from dataclasses import dataclass, field

import careers

STAGES = tuple(careers.STAGES)


@dataclass(eq=False)
class Person:
    """One invented person while being made; values are ids without prefix."""

    id: str = ""
    role: str = ""
    stage: str = ""
    disciplines: list[str] = field(default_factory=list)
    settings: list[str] = field(default_factory=list)
    skills: dict[str, int] = field(default_factory=dict)
    credentials: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    region: str = ""
    timezone: str = ""
    slots: list[str] = field(default_factory=list)
    formats: list[str] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)
    employer: list[str] = field(default_factory=list)
    capacity: str = ""
    goals: list[str] = field(default_factory=list)
    seeks_skills: list[str] = field(default_factory=list)
    seeks_settings: list[str] = field(default_factory=list)
    helps_with: list[str] = field(default_factory=list)
    avoid: list[str] = field(default_factory=list)
    text: str = ""
    status: str = "active"
    referred_by: str = ""
    name: str = ""
    email: str = ""
    culture: str = ""
    writes: str = "en"
    rural: bool = False
    shift: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    given: dict[str, str] | None = None  # the row of a person of the cast, which is not made but taken

    @property
    def rank(self) -> int:
        """0 exploring to 7 emeritus."""
        return STAGES.index(self.stage)

    @property
    def is_mentee(self) -> bool:
        return self.role != "mentor"

    @property
    def is_mentor(self) -> bool:
        return self.role != "mentee"
