"""What the Streamlit pages are made of: measuring apart, the pictures' component, the pages' blocks.

Besides `app.py` and `app_pages/` this is the only place that knows Streamlit.
"""
