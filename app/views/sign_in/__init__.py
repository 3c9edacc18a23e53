"""The page that somebody sees who has not signed in."""
