"""The commands of manage.py; thin, like tasks."""
