"""The list of planted faults fits the code; whether each is caught is `./dev mutants`' to show."""

import pytest

from tests.mutants import MUTANTS, ROOT, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.what)
def test_a_planted_fault_fits_the_code(mutant: Mutant) -> None:
    whole = (ROOT / mutant.file).read_text()
    assert whole.count(mutant.old) == 1
    assert mutant.new != mutant.old
    compile(whole.replace(mutant.old, mutant.new), mutant.file, "exec")
    assert mutant.tests
    for test in mutant.tests:
        assert (ROOT / test.partition("::")[0]).is_file()


def test_there_are_many() -> None:
    assert len(MUTANTS) >= 34
    assert len({mutant.what for mutant in MUTANTS}) == len(MUTANTS)
