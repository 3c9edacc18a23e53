"""The Streamlit front end: thin pages over plain Python."""
