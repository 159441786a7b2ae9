"""First names by language and gender, in their native spelling.

For names in non-Latin scripts, a romanization follows after ``=``.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NameLanguage:
    """A language with its places, each with accent and region, most common first."""

    code: str
    places: tuple[tuple[str, str], ...]
    women: tuple[str, ...]
    men: tuple[str, ...]
    weight: int = 2


def _tongue(code: str, places: str, women: str, men: str, weight: int = 2) -> NameLanguage:
    pairs = [place.split("=") for place in places.split()]
    return NameLanguage(
        code,
        tuple((accent.replace("_", " "), f"{code}-{region}") for accent, region in pairs),
        tuple(women.split()),
        tuple(men.split()),
        weight,
    )


TONGUES = (
    _tongue(
        "en",
        "american=US american=US american=US british=GB british=GB australian=AU irish=IE"
        " us_southern=US canadian=CA indian=IN south_african=ZA transatlantic=US",
        "Rachel Charlotte Grace Matilda Sarah Lily Jessica Freya Alice Emily Nicole Harper Hazel"
        " Dorothy Gigi Serena Imogen Nora Audrey Beatrix Phoebe Willow Maeve Saoirse Priyanka"
        " Olivia Joanne Blythe Cordelia Daphne",
        "Adam Antoni Arnold Josh Sam Callum Liam George Brian Daniel Clyde Dave Fin Harry Ethan"
        " Thomas Patrick Giovanni Jeremy Michael Drew Paul Marcus Winston Rupert Desmond Angus"
        " Declan Tobias Wesley",
        100,
    ),
    _tongue(
        "es",
        "castilian=ES peninsular=ES mexican=MX argentine=AR colombian=CO",
        "Lucía María Inés Begoña Sofía Ximena Paloma Rocío",
        "Andrés José Iñigo Ramón Joaquín Martín Óscar Álvaro",
        6,
    ),
    _tongue(
        "de",
        "standard=DE austrian=AT swiss=CH",
        "Jutta Lena Käthe Ursula Heike Wiebke Änne",
        "Jürgen Björn Günther Lukas Matthias Sören Jörg",
        5,
    ),
    _tongue(
        "fr",
        "parisian=FR standard=FR quebecois=CA belgian=BE",
        "Léa Zoé Amélie Hélène Chloé Françoise Noémie",
        "Rémi Étienne Jérôme Loïc François Gaël Théo",
        5,
    ),
    _tongue(
        "pt",
        "brazilian=BR portuguese=PT",
        "Conceição Lívia Antônia Inês Luísa Beatriz",
        "João Antônio Sebastião Luís Márcio Vinícius",
        4,
    ),
    _tongue("it", "standard=IT", "Chiara Giulia Noemi Beatrice", "Nicolò Lorenzo Matteo Giosuè", 3),
    _tongue(
        "pl", "standard=PL", "Małgorzata Zofia Łucja Żaneta", "Łukasz Michał Paweł Stanisław", 3
    ),
    _tongue("cs", "standard=CZ", "Kateřina Božena Šárka", "Jiří Ondřej Tomáš Řehoř"),
    _tongue("sv", "standard=SE", "Åsa Linnéa Frida", "Björn Göran Håkan"),
    _tongue("da", "standard=DK", "Søs Maja Åse", "Søren Jørgen Bo"),
    _tongue("fi", "standard=FI", "Päivi Aino Säde", "Väinö Yrjö Pekka"),
    _tongue("hu", "standard=HU", "Erzsébet Ágnes Zsófia", "György László Ödön"),
    _tongue("ro", "standard=RO", "Ștefania Ioana Anca", "Ștefan Răzvan Mihăiță"),
    _tongue("tr", "standard=TR", "Ayşe Çiğdem Gülşah Özge", "Doğukan Çağrı İbrahim Şükrü", 3),
    _tongue("vi", "northern=VN southern=VN", "Nguyệt Hương Thảo", "Dũng Quốc Thắng"),
    _tongue("el", "standard=GR", "Ελένη=Eleni Χλόη=Chloe", "Γιώργος=Yorgos Νίκος=Nikos"),
    _tongue(
        "ru",
        "standard=RU moscow=RU",
        "Юлия=Yulia Анастасия=Anastasia Ольга=Olga",
        "Дмитрий=Dmitry Никита=Nikita Фёдор=Fyodor",
        3,
    ),
    _tongue("uk", "standard=UA", "Оксана=Oksana Лариса=Larysa", "Тарас=Taras Богдан=Bohdan"),
    _tongue(
        "ar",
        "modern_standard=SA egyptian=EG levantine=LB moroccan=MA",
        "فاطمة=Fatima ليلى=Leila نور=Noor",
        "محمد=Mohammed يوسف=Yusuf خالد=Khaled",
        4,
    ),
    _tongue("he", "standard=IL", "נועה=Noa תמר=Tamar", "איתן=Eitan דוד=David"),
    _tongue("fa", "standard=IR", "شیرین=Shirin پریسا=Parisa", "آرش=Arash کاوه=Kaveh"),
    _tongue(
        "hi",
        "standard=IN delhi=IN",
        "अनन्या=Ananya दीपिका=Deepika मीरा=Meera",
        "आरव=Aarav अर्जुन=Arjun राहुल=Rahul",
        4,
    ),
    _tongue("ta", "indian=IN sri_lankan=LK", "கயல்விழி=Kayalvizhi மீனா=Meena", "குமரன்=Kumaran"),
    _tongue("bn", "standard=BD", "অনন্যা=Anannya মৌসুমী=Moushumi", "রাহাত=Rahat"),
    _tongue("th", "standard=TH", "สุดา=Suda มะลิ=Mali", "สมชาย=Somchai"),
    _tongue(
        "zh",
        "beijing_mandarin=CN taiwan_mandarin=TW standard=CN",
        "晓雯=Xiaowen 雨涵=Yuhan 美玲=Meiling",
        "伟=Wei 建国=Jianguo 子轩=Zixuan",
        4,
    ),
    _tongue("yue", "cantonese=HK", "嘉欣=Kayan", "家豪=Kaho", 1),
    _tongue(
        "ja",
        "standard=JP kansai=JP",
        "結衣=Yui さくら=Sakura 美咲=Misaki",
        "健太=Kenta 翔=Sho 大輔=Daisuke",
        4,
    ),
    _tongue("ko", "seoul=KR", "서연=Seoyeon 지민=Jimin 하은=Haeun", "민준=Minjun 도윤=Doyun", 3),
    _tongue("ka", "standard=GE", "ნინო=Nino", "გიორგი=Giorgi", 1),
    _tongue("hy", "standard=AM", "Անի=Ani", "Արամ=Aram", 1),
    _tongue("am", "standard=ET", "ሰላም=Selam", "ዳዊት=Dawit", 1),
    _tongue("sw", "kenyan=KE tanzanian=TZ", "Amani Neema Zawadi", "Baraka Juma Jabari"),
    _tongue("yo", "nigerian=NG", "Ọmọlará=Omolara Títílayọ̀=Titilayo", "Adébáyọ̀=Adebayo", 1),
    _tongue("is", "standard=IS", "Þórdís Sigríður", "Þorvaldur Guðmundur", 1),
)
