"""Comparisons, and the tray in which voices are gathered for one."""
