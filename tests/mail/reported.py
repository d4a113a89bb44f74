"""Reports as mail systems write them, about a letter whose return path and Message-ID are put in.

Each is (name, text, what it says). They follow the forms of Postfix, Exim, Sendmail, qmail, Exchange, Gmail and others;
people and hosts are made up.
"""

from collections.abc import Sequence

from matcher.domain.letters import Sign

H, S, C, D = Sign.HARD, Sign.SOFT, Sign.COMPLAINT, Sign.DELIVERED

WHEN = "Tue, 3 Mar 2026 08:00:00 +0000"


def dsn(
    fields: str,
    *,
    head: str = "From: MAILER-DAEMON@mx.example.net (Mail Delivery System)",
    subject: str = "Undelivered Mail Returned to Sender",
    status: str = "message/delivery-status",
    returned: str = "text/rfc822-headers",
    to: str = "To: {path}",
    extra: str = "",
) -> str:
    """A multipart/report with these fields about the recipient."""
    return f"""{head}
{to}
Subject: {subject}
Date: {WHEN}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"

This is a MIME-encapsulated message.

--=_b
Content-Type: text/plain; charset=us-ascii

Your message could not be delivered.

--=_b
Content-Type: {status}
{extra}
{fields}

--=_b
Content-Type: {returned}

From: Mentoring <mentoring@example.org>
To: reader@example.net
Message-ID: {{message_id}}
Subject: A question for you

--=_b--
"""


def about(action: str, status: str, diagnostic: str = "", *, more: str = "") -> str:
    """The fields of RFC 3464 for one recipient."""
    tail = f"\nDiagnostic-Code: {diagnostic}" if diagnostic else ""
    return f"""Reporting-MTA: dns; mx.example.net
X-Postfix-Queue-ID: 4F1xyz
Arrival-Date: Tue, 3 Mar 2026 07:00:00 +0000

Final-Recipient: rfc822; reader@example.net
Original-Recipient: rfc822;reader@example.net
Action: {action}
Status: {status}
Remote-MTA: dns; in.example.net{tail}{more}"""


def complaint(fields: str, *, enclosed: str = "message/rfc822", path: str = "Return-Path: <{path}>") -> str:
    """An abuse report of RFC 5965."""
    return f"""From: <feedback@mx.example.net>
To: <abuse@example.org>
Subject: Abuse report
Date: {WHEN}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="=_f"

--=_f
Content-Type: text/plain

This is an email abuse report.

--=_f
Content-Type: message/feedback-report

{fields}

--=_f
Content-Type: {enclosed}

{path}
From: Mentoring <mentoring@example.org>
To: redacted@example.net
Message-ID: {{message_id}}
Subject: A question for you

It was about this.
--=_f--
"""


ABUSE = "Feedback-Type: abuse\nUser-Agent: SomeLoop/1.0\nVersion: 1"
ENCODED = "RmluYWwtUmVjaXBpZW50OiByZmM4MjI7IHJlYWRlckBleGFtcGxlLm5ldApBY3Rpb246IGZh\naWxlZApTdGF0dXM6IDUuMS4xCg=="

QMAIL = """Return-Path: <>
From: MAILER-DAEMON@mx.example.net
To: {{path}}
Subject: failure notice
Date: {when}

Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<reader@example.net>:
{words}

--- Below this line is a copy of the message.

Return-Path: <{{path}}>
Message-ID: {{message_id}}
Subject: A question for you

Please try again later, quota, spam.
"""

EXIM = """Return-path: <>
From: Mail Delivery System <Mailer-Daemon@mx.example.net>
To: {{path}}
X-Failed-Recipients: reader@example.net
Auto-Submitted: auto-generated
Subject: Mail delivery failed: returning message to sender
Date: {when}

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. The following address(es) failed:

  reader@example.net
    {words}

------ This is a copy of the message, including all the headers. ------

Message-ID: {{message_id}}
Subject: A question for you
"""

REPORTS: Sequence[tuple[str, str, Sign | None]] = (
    # delivery status notifications
    ("postfix, unknown", dsn(about("failed", "5.1.1", "smtp; 550 5.1.1 <reader@example.net>: unknown")), H),
    ("postfix, no such domain", dsn(about("failed", "5.1.2", "X-Postfix; Host or domain name not found")), H),
    ("null MX", dsn(about("failed", "5.1.10", "smtp; 556 5.1.10 takes no mail")), H),
    ("moved away", dsn(about("failed", "5.1.6", "smtp; 551 5.1.6 moved")), H),
    ("disabled", dsn(about("failed", "5.2.1", "smtp; 550 5.2.1 The email account is disabled")), H),
    ("mailbox full", dsn(about("failed", "5.2.2", "smtp; 552 5.2.2 Over quota")), S),
    ("gave up waiting", dsn(about("failed", "4.4.7", "smtp; 451 4.4.7 expired")), S),
    ("host silent", dsn(about("failed", "4.4.1", "X-Postfix; connect to in.example.net: Connection timed out")), S),
    ("no route", dsn(about("failed", "5.4.4", "smtp; 550 5.4.4 unable to route")), S),
    ("loop", dsn(about("failed", "5.4.6", "smtp; 554 5.4.6 too many hops")), S),
    ("policy", dsn(about("failed", "5.7.1", "smtp; 550 5.7.1 message refused by policy")), S),
    ("DMARC", dsn(about("failed", "5.7.26", "smtp; 550-5.7.26 unauthenticated sender")), S),
    ("sender refused", dsn(about("failed", "5.1.8", "smtp; 550 5.1.8 bad sender's address")), S),
    ("too large", dsn(about("failed", "5.3.4", "smtp; 552 5.3.4 message too big")), S),
    ("content", dsn(about("failed", "5.6.0", "smtp; 554 5.6.0 malformed")), S),
    ("vague status, exact words", dsn(about("failed", "5.0.0", "smtp; 550 5.1.1 user unknown")), H),
    ("vague status, full", dsn(about("failed", "5.0.0", "smtp; 550 mailbox is full")), S),
    ("vague status, no words", dsn(about("failed", "5.0.0")), H),
    ("no status at all", dsn(about("failed", "", "smtp; 550 Requested action not taken: mailbox unavailable")), H),
    ("old code for full", dsn(about("failed", "", "smtp; 552 Requested action aborted")), S),
    ("delayed", dsn(about("delayed", "4.4.1", "smtp; 421 busy"), subject="Delayed Mail (still being retried)"), None),
    ("delivered", dsn(about("delivered", "2.0.0"), subject="Successful Mail Delivery Report"), D),
    ("relayed", dsn(about("relayed", "2.0.0")), None),
    ("expanded", dsn(about("expanded", "2.0.0")), None),
    (
        "exchange",
        dsn(
            about(
                "failed",
                "5.1.10",
                "smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found by SMTP address lookup",
                more="\nX-Display-Name: Reader",
            ),
            head="From: postmaster@tenant.example.net",
            subject="Undeliverable: A question for you",
            returned="message/rfc822",
        ),
        H,
    ),
    (
        "gmail",
        dsn(
            about(
                "failed",
                "5.1.1",
                "smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try\n"
                " 550-5.1.1 double-checking the recipient's email address. 550 5.1.1 q-gsmtp",
                more="\nLast-Attempt-Date: Mon, 02 Mar 2026 23:59:00 -0800 (PST)",
            ),
            head="From: Mail Delivery Subsystem <mailer-daemon@googlemail.example>",
            subject="Delivery Status Notification (Failure)",
        ),
        H,
    ),
    (
        "sendmail",
        dsn(
            about("failed (unknown user)", "5.1.1", "SMTP; 550 User unknown"),
            head="From: Mail Delivery Subsystem <MAILER-DAEMON>",
            subject="Returned mail: see transcript for details",
        ),
        H,
    ),
    (
        "international",
        dsn(
            about("failed", "5.1.1", "smtp; 550 5.1.1 unknown").replace("rfc822;", "utf-8;"),
            status="message/global-delivery-status",
        ),
        H,
    ),
    ("fields in base64", dsn(ENCODED, extra="Content-Transfer-Encoding: base64\n"), H),
    ("by Delivered-To", dsn(about("failed", "5.1.1"), to="To: undisclosed\nDelivered-To: {path}"), H),
    ("by X-Original-To", dsn(about("failed", "5.1.1"), to="X-Original-To: <{PATH}>"), H),
    ("CRLF", dsn(about("failed", "5.1.1", "smtp; 550 5.1.1 unknown")).replace("\n", "\r\n"), H),
    # in prose
    ("qmail, unknown", QMAIL.format(when=WHEN, words="Sorry, no mailbox here by that name. (#5.1.1)"), H),
    ("qmail, full", QMAIL.format(when=WHEN, words="552 sorry, the recipient is over quota (#5.2.2)"), S),
    ("exim, unknown", EXIM.format(when=WHEN, words="550 Unknown user"), H),
    ("exim, gave up", EXIM.format(when=WHEN, words="retry timeout exceeded"), S),
    # complaints
    ("abuse, by return path", complaint(f"{ABUSE}\nOriginal-Mail-From: <{{path}}>", path="X-Nothing: -"), C),
    ("abuse, by the letter", complaint(ABUSE), C),
    ("abuse, by Message-ID", complaint(ABUSE, path="X-Nothing: -"), C),
    ("abuse, headers only", complaint(ABUSE, enclosed="text/rfc822-headers"), C),
    ("fraud", complaint(ABUSE.replace("abuse", "fraud")), C),
    ("not spam", complaint(ABUSE.replace("abuse", "not-spam")), None),
    ("about a signature", complaint(ABUSE.replace("abuse", "auth-failure")), None),
    (
        "outlook's loop",
        complaint(ABUSE)
        .replace("multipart/report; report-type=feedback-report", "multipart/mixed")
        .replace("Content-Type: message/feedback-report", "Content-Type: text/plain")
        .replace("To: redacted", "X-HmXmrOriginalRecipient: reader@example.net\nTo: redacted"),
        C,
    ),
    # no reports
    (
        "out of office",
        f"From: Reader <reader@example.net>\nTo: {{path}}\nSubject: Out of office\nDate: {WHEN}\n"
        "Auto-Submitted: auto-replied\n\nBack on Monday; undeliverable until then.\n",
        None,
    ),
    (
        "somebody answers",
        f"From: Reader <reader@example.net>\nTo: {{path}}\nSubject: Re: failure notice\nDate: {WHEN}\n\nWho are you?\n",
        None,
    ),
    ("nothing", "\n", None),
)
"""(name, text with {path} or {PATH} and {message_id}, what it says)."""


def filled(text: str, path: str, message_id: str) -> bytes:
    """A report about one letter."""
    for name, value in (("{path}", path), ("{PATH}", path.upper()), ("{message_id}", message_id)):
        text = text.replace(name, value)
    return text.encode()
