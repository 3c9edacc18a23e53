"""What sessions mean: their statistics, comparisons, history and check-ins. Pure functions; no Streamlit, no store."""
