"""Results as JSON with everything needed to check them, and the check, which shares no code with the solvers."""

from matcher.engine.certificate.checks import Verdict, check, examine, examine_with
from matcher.engine.certificate.written import groups_json, match_json, result_json

__all__ = ["Verdict", "check", "examine", "examine_with", "groups_json", "match_json", "result_json"]
