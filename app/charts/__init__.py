"""Data to plotly figures. Pure functions; imports no Streamlit."""
