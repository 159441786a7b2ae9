"""Withdrawals: list every copy, erase them one by one, report."""
