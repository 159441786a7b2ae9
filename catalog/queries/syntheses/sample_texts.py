"""Sentences for trying out a voice, in the most common languages."""

_SENTENCES = {
    "en": (
        "The evening train was late again, so we walked home along the river and talked.",
        "Please hold the line. Someone will be with you in about two minutes.",
        "Did you really see three hundred white birds over the harbor this morning?",
    ),
    "ar": ("تأخر قطار المساء مرة أخرى، فمشينا إلى البيت على طول النهر ونحن نتحدث.",),
    "de": (
        "Der Abendzug war wieder zu spät, also gingen wir am Fluss entlang nach Hause.",
        "Bitte bleiben Sie dran. In etwa zwei Minuten ist jemand für Sie da.",
    ),
    "es": (
        "El tren de la tarde llegó tarde otra vez, así que volvimos a casa junto al río.",
        "No cuelgue, por favor. Le atenderemos en unos dos minutos.",
    ),
    "fr": (
        "Le train du soir était encore en retard, alors nous sommes rentrés le long du fleuve.",
        "Restez en ligne, s'il vous plaît. Nous serons à vous dans deux minutes.",
    ),
    "hi": ("शाम की रेलगाड़ी फिर देर से आई, इसलिए हम नदी के किनारे बातें करते हुए घर चले।",),
    "it": (
        "Il treno della sera era di nuovo in ritardo, così siamo tornati lungo il fiume.",
        "Resti in linea, per favore. Saremo da lei tra circa due minuti.",
    ),
    "ja": ("夕方の電車がまた遅れたので、私たちは川沿いを話しながら歩いて帰りました。",),
    "ko": ("저녁 기차가 또 늦어서 우리는 강을 따라 이야기하며 집까지 걸어갔어요.",),
    "nl": ("De avondtrein was weer te laat, dus liepen we langs de rivier naar huis.",),
    "pl": ("Wieczorny pociąg znów się spóźnił, więc wróciliśmy do domu wzdłuż rzeki.",),
    "pt": (
        "O trem da noite atrasou outra vez, então voltamos para casa pela margem do rio.",
        "Aguarde na linha, por favor. Atenderemos em cerca de dois minutos.",
    ),
    "ru": ("Вечерний поезд снова опоздал, и мы пошли домой вдоль реки, разговаривая.",),
    "sv": ("Kvällståget var försenat igen, så vi gick hem längs floden och pratade.",),
    "tr": ("Akşam treni yine gecikti, biz de nehir boyunca konuşarak eve yürüdük.",),
    "uk": ("Вечірній потяг знову запізнився, тож ми пішли додому вздовж річки.",),
    "vi": ("Chuyến tàu tối lại đến muộn, nên chúng tôi đi bộ về nhà dọc bờ sông.",),
    "zh": ("傍晚的火车又晚点了，我们就沿着河边边走边聊，慢慢走回了家。",),
}


def sentence_language(language: str) -> str:
    """Return the language of the sample sentences for a BCP 47 tag, by default English."""
    primary = language.partition("-")[0].lower()
    return primary if primary in _SENTENCES else "en"


def find_sentences(language: str) -> tuple[str, ...]:
    """Return sample sentences in the language of a BCP 47 tag, by default in English."""
    return _SENTENCES[sentence_language(language)]
