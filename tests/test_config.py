"""Options: read once, documented in the README, and refused where they are unsafe."""

import dataclasses
from pathlib import Path

import pytest

from matcher.config import Config, UnsafeConfiguration

SAFE = {"MATCHER_SECRET": "b7Yx0Qp2Lr9Vt4Wm8Zk1Hn6Jd3Fs5GcA", "MATCHER_ORIGIN": "https://mentoring.example.org"}

UNSAFE = [
    ({"MATCHER_SECRET": ""}, "MATCHER_SECRET"),
    ({"MATCHER_SECRET": "short"}, "MATCHER_SECRET"),
    ({"MATCHER_SECRET": "a" * 40}, "too regular"),
    ({"MATCHER_SECRET": "b7Yx0Qp2Lr9Vt4Wm8,Zk1Hn6Jd3Fs5GcA"}, "no comma"),
    ({"MATCHER_ORIGIN": "http://mentoring.example.org"}, "https"),
    ({"MATCHER_ORIGIN": "mentoring.example.org"}, "MATCHER_ORIGIN"),
    ({"MATCHER_ORIGIN": "https://mentoring.example.org/path"}, "without a path"),
    ({"MATCHER_DEMO": "yes"}, "127.0.0.1 only"),
    ({"MATCHER_DEMO": "perhaps"}, "yes or no"),
    ({"MATCHER_DATABASE": "mysql://x"}, "MATCHER_DATABASE"),
    ({"MATCHER_MAIL": "carrier pigeon"}, "MATCHER_MAIL"),
    ({"MATCHER_MAIL_FROM": "nobody"}, "MATCHER_MAIL_FROM"),
    ({"MATCHER_MAIL_FROM_LISTS": "nobody"}, "MATCHER_MAIL_FROM_LISTS"),
    ({"MATCHER_DKIM_SELECTOR": "letters"}, "MATCHER_DKIM_KEY"),
    ({"MATCHER_DKIM_KEY": "/nowhere/key.pem"}, "MATCHER_DKIM_SELECTOR"),
    ({"MATCHER_DKIM_KEY": "/nowhere/key.pem", "MATCHER_DKIM_SELECTOR": "letters"}, "/nowhere/key.pem cannot be read"),
    ({"MATCHER_DKIM_KEY": "-----BEGIN NOTHING-----", "MATCHER_DKIM_SELECTOR": "letters"}, "no private key in PEM"),
    ({"MATCHER_LANGUAGE": "tlh"}, "MATCHER_LANGUAGE"),
    ({"MATCHER_VOCABULARY": "/nowhere/at/all"}, "MATCHER_VOCABULARY"),
    ({"MATCHER_SERCET": "x"}, "MATCHER_SERCET is no option"),
]


def test_a_safe_configuration_starts():
    assert Config.from_environment(SAFE | {"PATH": "/bin"}).check().host == "mentoring.example.org"


@pytest.mark.parametrize(("options", "word"), UNSAFE)
def test_an_unsafe_configuration_is_refused_with_the_reason(options, word):
    with pytest.raises(UnsafeConfiguration, match=word):
        Config.from_environment(SAFE | options).check()


def test_everything_that_is_wrong_is_said_at_once():
    with pytest.raises(UnsafeConfiguration, match=r"MATCHER_SECRET.*MATCHER_LANGUAGE"):
        Config.from_environment({"MATCHER_LANGUAGE": "xx"}).check()


def test_the_readme_names_every_option():
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    for option in dataclasses.fields(Config):
        assert f"| `MATCHER_{option.name.upper()}` |" in readme
        assert option.metadata["meaning"] in readme
