"""What can go wrong with a whole file, as one sentence for people."""

from collections.abc import Callable
from pathlib import Path


def N_(message: str) -> str:
    """Marks a sentence for translation; it is translated when shown."""
    return message


class UnreadableFile(ValueError):
    """The file cannot be used; the sentence says what is wrong and what to do, `path` which file.

    `facts` fill the sentence's %(name)s places; without any it stands as it is.
    """

    for_people = True

    def __init__(self, path: Path | str, sentence: str, **facts: object) -> None:
        self.path = Path(path)
        self.sentence = sentence
        self.facts = facts
        super().__init__(f"{path}: {self.in_words(str)}")

    def in_words(self, gettext: Callable[[str], str]) -> str:
        """The sentence in another language, `gettext` giving the translation of an English one."""
        return gettext(self.sentence) % self.facts if self.facts else gettext(self.sentence)


class UnwritableFile(ValueError):
    """The file could not be written, and what stood there before still does."""

    for_people = True

    def __init__(self, path: Path | str, sentence: str) -> None:
        self.path = Path(path)
        self.sentence = sentence
        super().__init__(f"{path}: {sentence}")
