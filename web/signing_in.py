"""Signing in without a password: a link by mail that shows a button, or the code below it in the window that asked."""

from starlette.responses import Response

from matcher.domain.people import LIMITS, SIGN_IN_MINUTES, BadToken, SessionGrant
from matcher.domain.profiles import InvalidProfile, read_answers
from matcher.workflow import access
from web.access import local_path, to_path
from web.joining import count_bad_token
from web.visit import NOT_TICKED, Visit


def ask(visit: Visit) -> Response:
    """GET /sign-in: one field."""
    return visit.page("signing_in/ask.html", email="", problems={}, next=local_path(visit.query.text("next")))


def send(visit: Visit) -> Response:
    """POST /sign-in: the same answer for every address, known or not."""
    email, onward = visit.form.text("email")[:320], local_path(visit.form.text("next"))
    problem = _address_problem(visit, email)
    if problem:
        return visit.page("signing_in/ask.html", 422, email=email, problems={"email": problem}, next=onward)
    _within_limits(visit, email)
    access.request_sign_in(
        visit.site.database, email, links=visit.site.links, now=visit.now, browser_key=visit.browser_key()
    )
    if onward:
        visit.set_cookie("next", onward, max_age=SIGN_IN_MINUTES * 60)
    return visit.redirect("sign_in_sent")


def sent(visit: Visit) -> Response:
    """GET /sign-in/sent: check your mail, or type the code here."""
    return visit.page("signing_in/sent.html", minutes=SIGN_IN_MINUTES, problems={}, code="")


def enter_code(visit: Visit) -> Response:
    """POST /sign-in/sent: the code from the letter, in the window that asked for it."""
    code = visit.form.text("code")[:40]
    try:
        grant = access.redeem_code(visit.site.database, code, visit.browser_key(), now=visit.now)
    except BadToken:
        count_bad_token(visit)
        wrong = visit.gettext("This code does not fit. Please compare it with the newest letter, or ask for a new one.")
        return visit.page("signing_in/sent.html", 422, minutes=SIGN_IN_MINUTES, problems={"code": wrong}, code=code)
    return _welcome(visit, grant)


def show(visit: Visit) -> Response:
    """GET /sign-in/…: one button. The token is not looked up, so opening the link a hundred times spends nothing."""
    return _link_page(visit)


def _link_page(visit: Visit, problems: dict[str, str] | None = None) -> Response:
    """In a browser that asked for no link, as a mail scanner's, the button alone does nothing: a tick is needed."""
    same, token = bool(visit.cookie("browser")), visit.param("token")
    status = 422 if problems else 200
    return visit.page("signing_in/link.html", status, token=token, same_browser=same, problems=problems or {})


def redeem(visit: Visit) -> Response:
    """POST /sign-in/…: the token is spent, a new session begins."""
    if not visit.cookie("browser") and not visit.form.text("me"):
        return _link_page(visit, {"me": visit.gettext(NOT_TICKED)})
    try:
        grant = access.redeem(visit.site.database, visit.param("token"), visit.cookie("browser"), now=visit.now)
    except BadToken:
        count_bad_token(visit)
        return visit.page("signing_in/stale.html", 410)
    return _welcome(visit, grant)


def leave(visit: Visit) -> Response:
    """POST /sign-out: the session ends here and in the database."""
    cookie = visit.cookie("session")
    if cookie:
        access.sign_out(visit.site.database, cookie)
    visit.drop_cookie("session")
    visit.flash(visit.gettext("You are signed out. Rest well."))
    response = visit.redirect("home")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _welcome(visit: Visit, grant: SessionGrant) -> Response:
    """Sets the session's cookie, ending an older session of this browser, and leads where the person wanted to go."""
    older = visit.cookie("session")
    if older:
        access.sign_out(visit.site.database, older)
    onward = local_path(visit.cookie("next"))
    visit.drop_cookie("next")
    visit.set_cookie("session", grant.cookie)
    home = "/desk" if grant.visitor.is_coordinator else visit.url("me")
    return to_path(onward or home)


def _address_problem(visit: Visit, email: str) -> str:
    """What is wrong with the form of an address; says nothing about whether anybody has it."""
    if not email:
        return visit.gettext("Please type your e-mail address.")
    try:
        read_answers({"id": "x", "role": "mentee", "email": email}, visit.site.vocabulary)
    except InvalidProfile as wrong:
        return wrong.problems[0].in_words(visit.translator.gettext)
    return ""


def _within_limits(visit: Visit, email: str) -> None:
    """The limits on sign-in letters, by address, network and altogether; HTTP 429 alike for known and unknown."""
    whom = {
        "sign_in_all": "all",
        "sign_in_ip": visit.client,
        "sign_in_address_minute": email.casefold(),
        "sign_in_address_hour": email.casefold(),
    }
    for name, key in whom.items():
        limit = LIMITS[name]
        if not access.allow(visit.site.database, f"{name}:{key}", limit.count, limit.per, now=visit.now):
            raise visit.refuse(429)
