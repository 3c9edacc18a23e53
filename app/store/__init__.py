"""Sessions on disk: who took part, what was measured, said and marked, in SQLite or PostgreSQL.

    database.py       open_store: which database, opened how; its errors as sentences
    tables.py         the tables; schema.py and migrations/ bring them up to date
    records.py        what the functions give and take
    participants.py   participants, baselines, check-ins
    sessions.py       sessions; session_parts.py their faces and markers
    samples.py        samples in, NumPy arrays out; history.py means of sessions and days
    recorder.py       a live session, written each second
    privacy.py        delete, retention, overview
    export.py         files out; importing.py files in; export_format.py what they look like

Imports no Streamlit, and pandas only to export.
"""
