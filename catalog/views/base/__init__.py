"""Shared by all views: requests, media, downloads, and redirects."""
