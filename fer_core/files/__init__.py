"""Pictures and films in, tables and labelled films out."""
