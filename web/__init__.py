"""The pages; knows Starlette and nothing of how pairs are found or kept.

A page is a function from a `Visit` to a response, reached only through `access.enter`, which checks the rule that
`routes.py` states for its address. To change something a page calls one step of `matcher.workflow`; to show something
it asks one question of `matcher.storage` and hands a small dataclass to its template, which cannot query. Every page
works without JavaScript; nothing is ever loaded from another host.
"""
