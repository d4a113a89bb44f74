"""Rows: the room that knows SQLAlchemy, on SQLite and PostgreSQL alike.

It must not know scikit-learn, templates, SMTP or the web. Decisions that bind it:

* `Participant`, `Coordinator`, `Round`, `Introduction`, `Party` and `Letter` are the plain dataclasses of
  `matcher.domain`, mapped once in `mapping.py`; what is only mechanism (tokens, sessions, limits, audit, half-filled
  forms) is a Core table without a class.
* An introduction is saved by a conditional update on id and version (every write raises the version, so a version
  stands for one state); who comes second is re-run by `Database.transact` and then decides on what it sees.
* Places are counted in one statement that says the condition itself (`introductions.reserve`), uniqueness rests on
  partial unique indexes, the audit log on triggers that refuse update and delete.
* Questions are functions named as asked; they take a session and return domain objects or small rows.
"""
