"""The questions of the profile, in a few short steps; the same for signing up and for changing the profile later.

Between the pages the answers travel as a *draft*: a mapping of names to text, as `signup.save_draft` keeps it. A list
column holds ids of the vocabulary, separated by "; "; words of one's own stand beside it under `<column>_more`, so that
the page can show both again exactly as they were.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from matcher.domain.profiles import COLUMNS, InvalidProfile, Role, read_answers
from matcher.domain.vocabulary import Vocabulary
from web.visit import Form


def N_(message: str) -> str:
    """Marks a sentence for translation; it is translated when shown."""
    return message


@dataclass(frozen=True)
class Step:
    """One page of questions: plain columns, and columns with boxes to tick."""

    name: str
    title: str
    texts: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column asked about here."""
        return self.texts + self.lists


STEPS = (
    Step("you", N_("About you"), ("role", "name", "email")),
    Step("work", N_("Your work"), ("stage", "employer"), ("disciplines", "settings", "skills", "credentials")),
    Step("levels", N_("How well you know it")),
    Step(
        "aims",
        N_("What this is about"),
        ("text", "capacity"),
        ("goals", "seeks_skills", "seeks_settings", "helps_with"),
    ),
    Step("when", N_("When and how"), ("region", "timezone", "avoid"), ("languages", "slots", "formats", "constraints")),
    Step("check", N_("Check and send")),
)
BY_NAME: Mapping[str, Step] = {step.name: step for step in STEPS}
KINDS = {
    "disciplines": "disciplines",
    "settings": "settings",
    "skills": "skills",
    "credentials": "credentials",
    "goals": "goals",
    "seeks_skills": "skills",
    "seeks_settings": "settings",
    "helps_with": "goals",
    "languages": "languages",
    "slots": "slots",
    "formats": "formats",
    "constraints": "constraints",
}
"""The kind of the vocabulary that each list column ticks from."""

MENTEES_ONLY = ("goals", "seeks_skills", "seeks_settings")
MENTORS_ONLY = ("helps_with", "capacity")
NOT_ASKED = frozenset(
    {
        "constraint.paused",
        "constraint.anonymous_until_match",
        "constraint.no_same_employer",
        "constraint.no_clinical_supervision_offered",
    }
)
"""Constraints that hold for everybody, or have a button of their own."""

PLAIN_WORDS: Mapping[str, str] = {
    "constraint.no_line_or_supervision_relation": N_("Nobody who is my manager, supervisor or evaluator"),
    "constraint.deidentified_cases_only": N_("We talk about cases only without anything that identifies people"),
    "constraint.same_language_required": N_("It has to be in one of my languages"),
    "constraint.night_friendly": N_("I need times outside office hours"),
    "constraint.timezone_overlap": N_("We need some waking hours in common"),
    "constraint.prefers_same_gender": N_("I'd prefer a certain gender (say which in your own words)"),
    "constraint.prefers_shared_identity": N_("I'd prefer somebody who shares my background (say which in your words)"),
    "constraint.accessible_format": N_("I need captions, signed language or little bandwidth"),
    "constraint.no_police_mentor": N_("Rather nobody from law enforcement"),
}
"""Constraints as somebody would say them of themselves; others appear under their label."""

LONGEST_TEXT = 4_000
"""Characters of free text on the site, about a page; a form of 64 KiB holds them in any script."""

REQUIRED: Mapping[str, str] = {
    "role": N_("Say whether you look for a mentor, want to mentor, or both."),
    "name": N_("Tell us your name, as you would like to be called."),
    "email": N_("Tell us an e-mail address where we can reach you."),
    "languages": N_("Tick at least one language you can talk in."),
    "timezone": N_("Choose your time zone, so that common hours can be found."),
}
LABELS: Mapping[str, str] = {
    "role": N_("Role"), "name": N_("Name"), "email": N_("E-mail"), "stage": N_("Stage"),
    "disciplines": N_("Profession"), "settings": N_("Places of work"), "skills": N_("Skills"),
    "credentials": N_("Credentials"), "employer": N_("Employer"), "goals": N_("Goals"),
    "seeks_settings": N_("Places of interest"), "seeks_skills": N_("Skills to learn"),
    "helps_with": N_("Glad to help with"), "capacity": N_("People at a time"), "text": N_("Own words"),
    "languages": N_("Languages"), "timezone": N_("Time zone"), "region": N_("Region"), "slots": N_("Times"),
    "formats": N_("Formats"), "constraints": N_("Must hold"), "avoid": N_("Keep away from"),
}  # fmt: skip
"""The questions in a word, so that a sentence such as "Shorten this" says in a list what it is about."""

LEVELS = (
    ("1", N_("learning it")),
    ("2", N_("practising")),
    ("3", N_("confident")),
    ("4", N_("can teach it")),
)

Draft = dict[str, str]


def role_of(draft: Mapping[str, str]) -> Role | None:
    """The role chosen so far."""
    try:
        return Role(draft.get("role", ""))
    except ValueError:
        return None


def ticked(draft: Mapping[str, str], column: str) -> list[str]:
    """The ids ticked in a list column."""
    return [value.partition("=")[0] for value in draft.get(column, "").split("; ") if value]


def levels(draft: Mapping[str, str]) -> dict[str, str]:
    """Level by skill, as far as said."""
    pairs = (value.partition("=") for value in draft.get("skills", "").split("; ") if value)
    return {skill: level for skill, _, level in pairs if level}


def steps_for(draft: Mapping[str, str]) -> list[Step]:
    """The pages this person goes through: levels are asked of mentors, for the skills they ticked."""
    role = role_of(draft)
    with_levels = role is not None and role.is_mentor and bool(ticked(draft, "skills"))
    return [step for step in STEPS if step.name != "levels" or with_levels]


def read_step(step: Step, form: Form, draft: Mapping[str, str], vocabulary: Vocabulary) -> Draft:
    """The draft with what a page sent. Ids that the vocabulary lacks are dropped; words of one's own are kept."""
    changed = dict(draft)
    for column in step.texts:
        if column in form:
            changed[column] = form.text(column)
    for column in step.lists:
        _read_list(column, form, changed, vocabulary)
    if step.name == "levels":
        said = {skill: form.text(f"level.{skill}") for skill in ticked(draft, "skills")}
        _put_levels(changed, said)
    return changed


def _read_list(column: str, form: Form, draft: Draft, vocabulary: Vocabulary) -> None:
    """Ticks and own words of one column. A column that the page did not show stays as it was."""
    if f"{column}_shown" not in form:
        return
    kind = KINDS[column]
    ids = [value for value in form.all(column) if value in vocabulary and vocabulary[value].kind == kind]
    before = levels(draft) if column == "skills" else {}
    draft[column] = "; ".join(ids)
    if f"{column}_more" in form:
        draft[f"{column}_more"] = form.text(f"{column}_more")
    if column == "skills":
        _put_levels(draft, before)


def _put_levels(draft: Draft, said: Mapping[str, str]) -> None:
    """Writes levels 1 to 4 behind the ticked skills."""
    known = {level for level, _ in LEVELS}
    named = ((skill, said.get(skill, "")) for skill in ticked(draft, "skills"))
    draft["skills"] = "; ".join(f"{skill}={level}" if level in known else skill for skill, level in named)


def answers_of(draft: Mapping[str, str]) -> dict[str, str]:
    """The columns of the profile, ticks and own words together; what the role is not asked stays empty."""
    role = role_of(draft)
    left_out: set[str] = set()
    if role is not None and not role.is_mentor:
        left_out.update(MENTORS_ONLY)
    if role is not None and not role.is_mentee:
        left_out.update(MENTEES_ONLY)
    answers = {}
    for column in COLUMNS:
        if column == "id" or column in left_out:
            continue
        answers[column] = "; ".join(filter(None, (draft.get(column, ""), draft.get(f"{column}_more", ""))))
    answers["text"] = draft.get("text", "")
    return answers


def draft_of(answers: Mapping[str, str], vocabulary: Vocabulary) -> Draft:
    """The inverse of `answers_of`, for a stored profile: known ids become ticks, the rest own words."""
    draft = {column: answers.get(column, "") for column in COLUMNS if column != "id"}
    for column in KINDS:
        values = [value.strip() for value in answers.get(column, "").split(";") if value.strip()]
        known = [value for value in values if value.partition("=")[0] in vocabulary]
        draft[column] = "; ".join(known)
        draft[f"{column}_more"] = "; ".join(value for value in values if value not in known)
    return draft


def problems_of(
    draft: Mapping[str, str],
    steps: tuple[Step, ...],
    vocabulary: Vocabulary,
    gettext: Callable[[str], str],
    *,
    longest: int = LONGEST_TEXT,
) -> dict[str, str]:
    """What is wrong with the answers to these pages: column -> a sentence in the reader's language."""
    asked = [column for step in steps for column in step.columns]
    found: dict[str, str] = {}
    answers = answers_of(draft)
    for column in asked:
        if column in REQUIRED and not answers.get(column, "").strip():
            found[column] = gettext(REQUIRED[column])
    try:
        read_answers({**answers, "id": "new", "role": answers["role"] or "mentee"}, vocabulary)
    except InvalidProfile as wrong:
        for problem in wrong.problems:
            if problem.column in asked:
                found.setdefault(problem.column, problem.in_words(gettext))
    if "text" in asked and len(draft.get("text", "")) > longest:
        found["text"] = gettext("Shorten the text to at most %(most)s characters; it has %(length)s.") % {
            "most": longest,
            "length": len(draft["text"]),
        }
    return {column: found[column] for column in asked if column in found}


def step_of(column: str) -> str:
    """The page that asks about a column."""
    return next((step.name for step in STEPS if column in step.columns), "you")
