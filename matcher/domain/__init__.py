"""What is true of people, words and introductions; knows no web, no table, no matrix.

Standard library only, but for three small helpers without side effects: rapidfuzz (typing errors), snowballstemmer
(word stems) and email-validator (addresses). Nothing here reads the time or the environment: `now` is an argument.
The vocabulary of the profession is data; no id of it is named in this room.
"""
