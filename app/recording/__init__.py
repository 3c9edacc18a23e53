"""From consent to a closed session. Imports no Streamlit."""
