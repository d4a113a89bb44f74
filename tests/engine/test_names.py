"""The vocabulary's names laid out for reading: slips are looked up once."""

import pytest

from matcher.domain.vocabulary import default_vocabulary
from matcher.engine.languages import Language
from matcher.engine.mentions import fold
from matcher.engine.names import Names, names_of

WORDS = default_vocabulary()


def test_a_slip_is_looked_up_once_in_each_language(monkeypatch: pytest.MonkeyPatch) -> None:
    names_of(WORDS).corrections.clear()
    looked_up: list[tuple[str, str]] = []
    nearest = Names._nearest

    def counted(names: Names, word: str, language: Language) -> str | None:
        looked_up.append((word, language))
        return nearest(names, word, language)

    monkeypatch.setattr(Names, "_nearest", counted)
    for i in range(50):
        assert "skill.motivational_interviewing" in fold(f"motivational interveiwing since {i}", WORDS).wanted
    assert len(looked_up) == len(set(looked_up)) > 0
