"""The README is true: its commands exist and its files are there."""

import re
from pathlib import Path

import click
import pytest

from matcher.cli import COMMANDS, matcher, run

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_command_is_in_the_table():
    listed = README.split("| command | does |")[1].split("\n\n")[0]
    named = set(re.findall(r"`(?:matcher )?([a-z]+)[^`]*`", listed))
    assert set(COMMANDS) <= named


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name, capsys):
    assert run([name, "--help"]) == 0
    said = capsys.readouterr().out
    assert f"matcher {name}" in said
    assert "Example:" in said


def test_every_file_that_the_readme_shows_is_there():
    for path in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / path).exists(), path


def test_the_group_lists_commands_in_the_order_of_the_path():
    assert matcher.list_commands(click.Context(matcher)) == list(COMMANDS)


def test_a_wrong_command_is_one_line_and_status_2(capsys):
    assert run(["matsch"]) == 2
    assert "Traceback" not in capsys.readouterr().err
