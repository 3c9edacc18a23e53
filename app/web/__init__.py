"""What stands between the network and the pages: who is answered, how much, and with which headers. No Streamlit."""
