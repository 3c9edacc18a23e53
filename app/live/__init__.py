"""One viewer's live analysis: camera frames in, results out. Imports no Streamlit."""
