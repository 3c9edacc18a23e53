"""Training runs and other child processes, and what they answer. Imports no Streamlit."""
