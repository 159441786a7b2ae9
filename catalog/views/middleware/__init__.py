"""Middleware: request ids, body limits, compression, caching, and the page's team."""
