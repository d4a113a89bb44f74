"""The steps of the path, in order: a public function is one step and one transaction.

The room where engine, storage and mail meet. It must not know the web or the environment: the database, the links for
letters, the vocabulary and `now` (aware, UTC) are arguments. A refusal is a `NotAllowed` with a sentence for people;
what a page has to tell is returned as a small dataclass. Every function may be called again with the same arguments:
the second call finds the work done and returns the same. Three things need more than one transaction, because nobody
may wait for them with one open: `matching.run_round` (the solver), `delivery` (the mail server), `clock.tick` (many
small matters, each by itself).
"""
