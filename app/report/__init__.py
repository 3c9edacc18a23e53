"""A session's report: one HTML file that opens offline. Imports no Streamlit."""
