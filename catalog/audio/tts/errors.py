"""Errors of the local speech engine; all messages can be shown to users."""


class TTSError(Exception):
    """The engine can't do what was requested; the message says why and what to do."""


class TTSUnavailable(TTSError):
    """The engine, its weights, or its voices are missing or wrong."""


class UnsupportedText(TTSError):
    """This text can't be spoken in this language."""
