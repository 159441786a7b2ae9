"""Views: parse a request, call one function, and render the answer."""
