"""Voices: the filters of the list, and the settings of one."""
