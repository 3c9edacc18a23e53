"""Fuzzers for everything that strangers' files reach: `python -m tests.fuzz [TARGET …] --seconds N --seed S`.

    cards     model folders with a mutated card.json: read, listed, kept, put live, shown
    litert    model folders with a mutated network and a card that fits it
    archives  csv, zip and tar.gz of faces, mutated
    imports   exported sessions, mutated
    media     small pictures and videos, mutated

Each target runs in a child process with bounded memory. An input may be read, or refused with one of the project's own
errors; anything else is a failure, and so are a crash, a hang and a file written elsewhere. Failing inputs are kept in
.work/fuzz/. An input follows from its target, the seed and its number alone, on any machine.
"""
