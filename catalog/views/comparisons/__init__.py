"""Comparisons, and the tray that collects voices for one."""
