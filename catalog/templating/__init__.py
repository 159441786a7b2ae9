"""What templates can call: formats, labels, URLs. No HTML is written here."""
