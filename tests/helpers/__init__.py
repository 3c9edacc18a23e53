"""Helper code of the tests."""
