"""Words on paper and their way out: composing letters, and the carriers that take them.

Knows jinja2, css-inline, the standard library's email and smtplib. It must not know the database, scikit-learn or the
web: a letter's facts arrive as plain JSON (`matcher.mail.facts`), finished bytes leave. Decisions: one recipient a
letter; text and HTML say the same and carry the same links; nothing remote; subjects and sender tell a colleague who
looks over the shoulder nothing.
"""
