"""The Streamlit viewer: a folder for each page, and below the pages what they share.

Besides `app.py` and `app_pages/` this is the only place that knows Streamlit.
"""
