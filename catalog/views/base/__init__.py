"""Shared by all views: requests, media, downloads, email, and redirects."""
