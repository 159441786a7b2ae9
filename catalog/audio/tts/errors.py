"""What can be wrong with speaking here; every message is fit for a person."""


class TTSError(Exception):
    """The engine cannot do what was asked; the message says why, and what to do about it."""


class TTSUnavailable(TTSError):
    """The engine, its weights or its voices are missing or are not the right ones."""


class UnsupportedText(TTSError):
    """This text cannot be spoken in this language."""
