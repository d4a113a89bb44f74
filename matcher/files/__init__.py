"""Tables on disk: people, pairs, rankings, groups and matrices as CSV, XLSX and JSON.

The room knows openpyxl and xlsxwriter; it knows no engine, no database and no page. Reading says in one sentence what
is wrong with a file or a row; writing is whole or not at all, and the same input gives the same bytes.
"""
