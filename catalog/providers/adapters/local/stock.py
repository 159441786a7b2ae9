"""The 54 stock voices of the model, their labels, and their preview texts."""

from typing import NamedTuple

from catalog.audio.tts.phonemes import language_problem
from catalog.audio.tts.styles import style_names
from catalog.providers.types import Kind, RemoteVoice, VoiceState

# Increase it to regenerate previews.
_PREVIEW_VERSION = 1


class StockLanguage(NamedTuple):
    """A language of the model: its tag, name, accent, and preview text."""

    tag: str
    name: str
    accent: str
    hello: str


# The first letter of a voice's id; the second one is its gender.
_TONGUES = {
    "a": StockLanguage("en-US", "English", "american", "Hello, I am {name}. This is how I sound."),
    "b": StockLanguage("en-GB", "English", "british", "Hello, I am {name}. This is how I sound."),
    "e": StockLanguage("es", "Spanish", "", "Hola, me llamo {name}. Así suena mi voz."),
    "f": StockLanguage("fr-FR", "French", "", "Bonjour, je suis {name}. Voici ma voix."),
    "h": StockLanguage("hi-IN", "Hindi", "", "नमस्ते, मैं {name} हूँ। यह मेरी आवाज़ है।"),
    "i": StockLanguage("it-IT", "Italian", "", "Ciao, sono {name}. Questa è la mia voce."),
    "j": StockLanguage("ja-JP", "Japanese", "", "こんにちは。私の声はこんな感じです。"),
    "p": StockLanguage(
        "pt-BR", "Portuguese", "brazilian", "Olá, eu sou {name}. Esta é a minha voz."
    ),
    "z": StockLanguage("zh-CN", "Chinese", "", "你好，这是我的声音。"),
}
_GENDERS = {"f": "female", "m": "male"}
# The grades given by the model's authors; Spanish and Brazilian voices have none.
# https://github.com/hexgrad/kokoro
_GRADES = {
    "af_heart": "A", "af_alloy": "C", "af_aoede": "C+", "af_bella": "A-", "af_jessica": "D",
    "af_kore": "C+", "af_nicole": "B-", "af_nova": "C", "af_river": "D", "af_sarah": "C+",
    "af_sky": "C-", "am_adam": "F+", "am_echo": "D", "am_eric": "D", "am_fenrir": "C+",
    "am_liam": "D", "am_michael": "C+", "am_onyx": "D", "am_puck": "C+", "am_santa": "D-",
    "bf_alice": "D", "bf_emma": "B-", "bf_isabella": "C", "bf_lily": "D", "bm_daniel": "D",
    "bm_fable": "C", "bm_george": "C", "bm_lewis": "D+", "ff_siwis": "B-", "hf_alpha": "C",
    "hf_beta": "C", "hm_omega": "C", "hm_psi": "C", "if_sara": "C", "im_nicola": "C",
    "jf_alpha": "C+", "jf_gongitsune": "C", "jf_nezumi": "C-", "jf_tebukuro": "C",
    "jm_kumo": "C-", "zf_xiaobei": "D", "zf_xiaoni": "D", "zf_xiaoxiao": "D", "zf_xiaoyi": "D",
    "zm_yunjian": "D", "zm_yunxi": "D", "zm_yunxia": "D", "zm_yunyang": "D",
}  # fmt: skip


def tongue_of(voice: str) -> StockLanguage:
    """Return the language of a stock voice."""
    return _TONGUES[voice[0]]


def hello_text(tag: str, name: str) -> str:
    """Return the preview text for a voice of this language."""
    code = tag.partition("-")[0]
    fitting = (each for each in _TONGUES.values() if each.tag.partition("-")[0] == code)
    return next(fitting, _TONGUES["a"]).hello.format(name=name)


def preview_address(voice: str, tag: str, name: str) -> str:
    """Return an address that identifies the preview, "" if it can't be generated here."""
    return "" if language_problem(tag) else f"local:{_PREVIEW_VERSION}:{voice}:{tag}:{name}"


def stock_voices() -> list[RemoteVoice]:
    """Return every stock voice, including those whose language this machine can't speak yet."""
    return [_stock_voice(voice) for voice in style_names()]


def stock_name(voice: str) -> str:
    """Return the display name of a stock voice."""
    return voice.partition("_")[2].capitalize()


def stock_gender(voice: str) -> str:
    """Return the gender of a stock voice."""
    return _GENDERS[voice[1]]


def _stock_voice(voice: str) -> RemoteVoice:
    tongue, name = tongue_of(voice), stock_name(voice)
    problem = language_problem(tongue.tag)
    grade = _GRADES.get(voice, "")
    details = {"Model": "Kokoro-82M, 8 bit", "Quality": grade or "Not graded by the authors"}
    kind = " ".join(filter(None, [stock_gender(voice), tongue.accent.capitalize(), tongue.name]))
    speaks = problem or "Speaks on this machine, free and without a key."
    return RemoteVoice(
        remote_id=voice,
        name=name,
        description=f"A {kind} voice. {speaks}",
        state=VoiceState.MUTE if problem else VoiceState.READY,
        kind=Kind.LIBRARY,
        gender=stock_gender(voice),
        accent=tongue.accent,
        languages=(tongue.tag,),
        raw={"language": tongue.name},
        preview_url=preview_address(voice, tongue.tag, name),
        details=details,
    )
