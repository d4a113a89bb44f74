"""Every proof at its short size, on the engines it speaks of."""

from collections.abc import Iterator

import pytest

from tests import databases
from tests.soak.proof import Fresh, Proof, all_proofs


@pytest.fixture
def fresh(engine: str, request: pytest.FixtureRequest) -> Iterator[Fresh]:
    """Empty databases of this engine."""
    if engine == "postgresql":
        database = request.getfixturevalue("postgresql_database")
        yield lambda: databases.emptied(database)
    else:
        database = request.getfixturevalue("sqlite_database")
        template = request.getfixturevalue("sqlite_template")
        yield lambda: databases.copied(template, database)
    database.engine.dispose()


EACH = [(proof, engine) for proof in all_proofs() for engine in proof.engines]


@pytest.mark.parametrize(("proof", "engine"), EACH, ids=[f"{proof.name}-{engine}" for proof, engine in EACH])
def test_the_short_form_of(proof: Proof, engine: str, fresh: Fresh) -> None:
    assert proof.work(fresh, proof.short, lambda _done: None)
