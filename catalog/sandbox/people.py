"""The people behind the sandbox's voices, and what they say."""

import random
import unicodedata
from dataclasses import dataclass

from catalog.sandbox.characters import Character
from catalog.sandbox.names import TONGUES, NameLanguage

_GENDERS = ("male", "female", "neutral")
_AGES = ("young", "middle_aged", "old")
MOODS = (
    "calm", "warm", "confident", "raspy", "crisp", "upbeat", "serious", "gentle", "deep",
    "soft", "husky", "mature", "casual", "intense", "wise", "playful", "formal", "mellow",
)  # fmt: skip

LINES = {
    "narration": (
        "I read long stories on rainy evenings.",
        "Every road has a story, and I tell it slowly.",
        "Chapter one begins on a cold morning by the sea.",
        "Sit down, and I will tell you how it all began.",
    ),
    "conversational": (
        "Ask me anything, I have all the time you need.",
        "It is good to hear from you again.",
        "Tell me about your day, I am listening.",
        "Let us talk it over with a cup of coffee.",
    ),
    "social_media": (
        "Three tricks you wish you had known earlier!",
        "Wait for it, the best part comes at the end.",
        "You will not believe what we found today.",
        "Follow along, this takes less than a minute.",
    ),
    "characters_animation": (
        "Who dares to enter my castle at midnight?",
        "Quick, the dragon is asleep, now is our chance!",
        "I was a small robot with a very big dream.",
        "Nobody told me that the moon was made of cheese.",
    ),
    "news": (
        "Here are the headlines of this morning.",
        "The weather stays dry until the weekend.",
        "Good evening, and welcome to the late report.",
        "Our correspondent has the details from the harbor.",
    ),
    "informative_educational": (
        "Today we look at how a volcano is born.",
        "Water boils sooner on the top of a mountain.",
        "Let us count the moons of Jupiter together.",
        "Remember that every triangle has three corners.",
    ),
    "advertisement": (
        "Fresh bread, every morning, right around your corner.",
        "Sleep well tonight, and wake up like new.",
        "Now at half the price, but only this week.",
        "Some things are simply worth waiting for.",
    ),
    "meditation": (
        "Breathe in slowly, and let your shoulders fall.",
        "Listen to the waves, they come and they go.",
        "There is nothing to do now but rest.",
        "Close your eyes and think of a quiet forest.",
    ),
    "customer_support": (
        "Thank you for calling, how can I help you?",
        "Your parcel is on its way and arrives tomorrow.",
        "Please hold the line for just a moment.",
        "I have found your booking, all is in order.",
    ),
    "video_games": (
        "New quest received: bring me the silver key.",
        "Your shield is low, soldier, fall back!",
        "Welcome, traveler, the inn is open all night.",
        "Level complete, but the true test lies ahead.",
    ),
    "audiobook": (
        "She opened the letter, and the room went quiet.",
        "It was the last train, and nobody got off.",
        "The old house had been empty for twenty years.",
        "He smiled, for he had known the answer all along.",
    ),
    "entertainment_tv": (
        "Tonight on the show, a guest you all know.",
        "Previously, nobody left the island.",
        "Give a big hand for the winner of the night!",
        "Stay with us, we are back after the break.",
    ),
}  # fmt: skip
GREETINGS = ("Hello, I am {}.", "Hi, my name is {}.", "This is {} speaking.", "{} here.")


@dataclass(frozen=True, slots=True)
class Person:
    """A person whose voice a provider offers; ``spoken`` is the name as pronounced in English."""

    seed: str
    name: str
    spoken: str
    gender: str
    age: str
    language: str
    locale: str
    accent: str
    use: str
    mood: str

    @property
    def character(self) -> Character:
        """How this person sounds."""
        return Character.of(self.seed, self.gender, self.age)

    @property
    def sentence(self) -> str:
        """The text of this person's preview."""
        dice = random.Random(f"sentence {self.seed}")
        greeting = dice.choice(GREETINGS).format(self.spoken)
        return f"{greeting} {dice.choice(LINES[self.use])}"

    @property
    def reading(self) -> str:
        """A longer text, as recorded for a clone."""
        dice = random.Random(f"reading {self.seed}")
        lines = [line for spoken in LINES.values() for line in spoken]
        return " ".join([self.sentence, *dice.sample(lines, 5)])


def make_person(seed: str) -> Person:
    """Return the person for this seed, always the same."""
    dice = random.Random(f"person {seed}")
    tongue = dice.choices(TONGUES, [tongue.weight for tongue in TONGUES])[0]
    gender = dice.choices(_GENDERS, (54, 41, 5))[0]
    name, _, reading = _name(dice, tongue, gender).partition("=")
    accent, locale = dice.choice(tongue.places)
    return Person(
        seed=seed,
        name=name,
        spoken=reading or _plain(name),
        gender=gender,
        age=dice.choices(_AGES, (42, 46, 12))[0],
        language=tongue.code,
        locale=locale,
        accent=accent,
        use=dice.choice(list(LINES)),
        mood=dice.choice(MOODS),
    )


def _name(dice: random.Random, tongue: NameLanguage, gender: str) -> str:
    if gender == "neutral":
        return dice.choice(tongue.women + tongue.men)
    return dice.choice(tongue.women if gender == "female" else tongue.men)


def _plain(name: str) -> str:
    # Letters that Unicode doesn't decompose into a base letter and an accent.
    whole = name.translate(str.maketrans("łŁøØıðÞþ", "lLoOidTt"))
    return unicodedata.normalize("NFKD", whole).encode("ascii", "ignore").decode()
