"""Pictures and videos of the Analyse page. Imports no Streamlit."""
