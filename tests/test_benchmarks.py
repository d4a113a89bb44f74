"""The measurements run, and compare what can be compared: everybody solves the same problem."""

import importlib.util
from xml.etree import ElementTree

import numpy as np
import pytest

from benchmarks import assignment, neighbors
from benchmarks.chart import chart
from benchmarks.instances import instance
from benchmarks.measuring import measured

INSTALLED = [(name, way) for name, way, package, _ in assignment.PEERS if importlib.util.find_spec(package)]
WAYS = [("ours", assignment.ours), *INSTALLED]  # some peers come with ./dev bench only


@pytest.mark.parametrize(("name", "way"), WAYS, ids=[name for name, _ in WAYS])
def test_every_peer_solves_the_same_problem(name, way):
    given = instance(40, 20)
    pairs = np.array(way(given))
    assert len(set(pairs[:, 0].tolist())) == len(pairs) == min(40, given.capacity.sum())
    assert (np.bincount(pairs[:, 1], minlength=20) <= given.capacity).all()
    total = assignment._total(given, pairs)
    best = assignment._total(given, assignment.ours(given))
    assert total <= best + 1e-9
    if name != "greedy":
        assert total == pytest.approx(best, abs=1e-4)  # whole numbers of UNIT, float32


def test_a_table_has_a_cell_for_each_heading(monkeypatch):
    monkeypatch.setattr(neighbors, "SIZES", ((300, 200, 16, 5),))
    head, _, line = neighbors.lines()
    assert head.count("|") == line.count("|")


def test_memory_is_that_of_the_work_alone():
    found = measured(np.ones, _doubled, 8_000_000)
    assert 55 < found.megabytes < 90
    assert found.value == 16_000_000


def _doubled(numbers):
    return float((numbers * 2).sum())


def test_the_chart_is_a_picture():
    drawn = ElementTree.fromstring(chart("Cost & people", "people", "seconds", {"match": [(100, 0.1), (1000, 2.0)]}))
    assert drawn.get("aria-label") == "Cost & people"
    assert len(drawn.findall("{*}circle")) == 2
