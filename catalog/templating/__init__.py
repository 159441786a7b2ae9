"""The Jinja2 environment, and the functions and filters that templates use."""
