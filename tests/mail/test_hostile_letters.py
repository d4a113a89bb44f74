"""Nothing that anybody types becomes a header, a recipient or a command; and letters hold for people of all sorts.

The full sizes, 1,000 hostile letters and 500 people with every kind of letter, run in the soak.
"""

import pytest

from matcher.mail.addresses import BadAddress, bare_address
from matcher.mail.carriers import SmtpCarrier
from matcher.mail.writing import compose
from tests.mail.hostile import address, check_hostile, check_to, hostile, letters_to, taken_from
from tests.mail.hostile import check_whole as whole
from tests.mail.samples import CASES, LINKS, NOW, letter
from tests.mail.servers import LOOPBACK, Scripted


def test_hostile_names_labels_and_programmes_bring_no_header_and_no_recipient() -> None:
    for n in range(40):
        check_hostile(n)


def test_a_thousand_hostile_addresses_are_one_recipient_or_none() -> None:
    accepted = [n for n in range(1_000) if check_to(n, composed=n % 10 == 0)]
    assert 20 < len(accepted) < 200


@pytest.mark.parametrize(
    "spoilt",
    [
        "ada@example.org＠evil.example",
        "ada@example.org，eve",
        "ada@x＜eve＞.org",
        "ada@a℀b.org",
        "ad＠eve.org，a@x.org",
        "ad\u200ba@x.org",
        "\u202eada@x.org",
        "=?utf-8?q?ada?=@x.org",
        "ada@x;y.org",
        "ada@x_y.org",
        "ada@-x.org",
        "ada@x.org.",
    ],
)
def test_signs_that_look_like_others_or_like_nothing_are_refused(spoilt: str) -> None:
    with pytest.raises(BadAddress):
        bare_address(spoilt)


def test_a_sharp_s_is_not_two() -> None:
    """The domain strasse.example belongs to somebody else."""
    assert bare_address("ada@straße.example") == "ada@xn--strae-oqa.example"


def test_a_long_senders_name_keeps_its_quotation_marks() -> None:
    links = LINKS.__class__(
        LINKS.origin, LINKS.signer, "P", f'"Team, the: <eve@evil.example> {"long " * 12}" <mentoring@example.org>'
    )
    raw = compose(letter(*CASES[0]), links, NOW).raw
    assert raw.startswith(b'From: "Team, the: <eve@evil.example> long')


def test_the_conversation_with_a_mail_server_has_one_recipient_whatever_is_in_the_letter() -> None:
    with Scripted({}) as server:
        carrier = SmtpCarrier(host=LOOPBACK, port=server.port, tls="none", bounce="bounce@example.org")
        raws = []
        for n in range(25):
            about, links = hostile(n)
            raws.append(compose(about, links, NOW).raw)
            carrier.carry("ada@example.org", raws[-1])
        carrier.close()
    check_transcript(server.commands, letters=len(raws))
    assert [content.replace(b"\r\n..", b"\r\n.") for content in server.received] == raws


def verb(line: bytes) -> bytes:
    """The command of a line."""
    return line.split(b" ")[0].strip().upper()


def check_transcript(commands: list[bytes], *, letters: int) -> None:
    """For each letter one sender of ours, one recipient, one content, and nothing that we did not say."""
    assert set(map(verb, commands)) <= {b"EHLO", b"NOOP", b"MAIL", b"RCPT", b"DATA", b"QUIT"}
    assert [line for line in commands if verb(line) == b"RCPT"] == [b"rcpt TO:<ada@example.org>\r\n"] * letters
    senders = [line for line in commands if verb(line) == b"MAIL"]
    assert len(senders) == letters
    assert all(line.startswith(b"mail FROM:<bounce+") for line in senders)


@pytest.mark.parametrize("n", range(0, 500, 20))
def test_letters_to_generated_people_parse_and_say_the_same_twice(n: int) -> None:
    """Right to left, emoji, 10,000 characters; two kinds for each."""
    letters = list(letters_to(n + n // 20 % 10))
    for about in letters[n // 10 % len(letters) :][:2]:
        whole(about, compose(about, LINKS, NOW).raw)


def test_every_piece_of_what_is_hostile_is_tried() -> None:
    """The generator reaches the letter: what is typed into a name arrives in it."""
    assert sum(taken_from(n) for n in range(12)) > 8
    assert len({address(n) for n in range(1_000)}) > 900
