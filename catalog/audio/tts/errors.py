"""What can be wrong with speaking here; every message is fit for a person."""


class SpeechProblem(Exception):
    """The engine cannot do what was asked; the message says why, and what to do about it."""


class NoEngine(SpeechProblem):
    """The engine, its weights or its voices are missing or are not the right ones."""


class CannotSpeak(SpeechProblem):
    """This text cannot be spoken in this language."""
