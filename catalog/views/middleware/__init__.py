"""Middleware: request ids, body limits, compression, caching, the page's team."""
