"""What templates may call: formats, labels, addresses. No HTML is written here."""
