"""What can go wrong with a whole file, as one sentence for people."""

from pathlib import Path


class UnreadableFile(ValueError):
    """The file cannot be used; `sentence` says what is wrong and what to do, `path` which file."""

    for_people = True

    def __init__(self, path: Path | str, sentence: str) -> None:
        self.path = Path(path)
        self.sentence = sentence
        super().__init__(f"{path}: {sentence}")


class UnwritableFile(ValueError):
    """The file could not be written, and what stood there before still does."""

    for_people = True

    def __init__(self, path: Path | str, sentence: str) -> None:
        self.path = Path(path)
        self.sentence = sentence
        super().__init__(f"{path}: {sentence}")
