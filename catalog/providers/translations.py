"""Label names and values in the languages that people label voices in."""


def _read_table(table: str) -> dict[str, tuple[str, ...]]:
    rows = (line.partition(":") for line in table.strip().replace("\n ", " ").splitlines())
    return {name.strip(): tuple(words.split()) for name, _, words in rows}


# Label name -> facet; an underscore separates words.
FACET_NAMES = _read_table("""
gender: gender sex género genero gênero geschlecht sexe sesso sexo genere geslacht płeć cinsiyet
 kön kjønn køn sukupuoli nem pohlaví gen пол стать 性别 性別 성별 लिंग الجنس
age: age age_group edad alter âge età idade leeftijd wiek yaş ålder alder ikä kor věk возраст
 вік 年龄 年齡 年齢 나이 연령 आयु العمر
accent: accent acento akzent accento sotaque dialect dialecto dialekt akcent aksan акцент 口音
 アクセント 억양 لهجة
language: language lang locale languages langs locales idioma idiomas lengua lenguas lenguaje
 sprache sprachen langue langues lingua lingue língua línguas taal talen język języki
 dil språk sprog kieli nyelv jazyk limba язык мова 语言 語言 言語 언어 भाषा اللغة
use_case: use_case usecase use_cases caso_de_uso uso anwendungsfall verwendung cas_d_usage
 utilisation caso_d_uso utilizzo zastosowanie использование применение 用途 용도
""")

GENDERS = _read_table("""
male: masculino hombre varón varon männlich maennlich mann herr masculin homme maschile maschio
 uomo homem mannelijk man męski mężczyzna мужской мужчина чоловічий чоловік 男 男性 男声 男聲
 남성 남자 erkek manlig mandlig mannlig mies férfi muž bărbat पुरुष ذكر رجل
female: femenino femenina mujer weiblich frau féminin femme femminile femmina donna feminino
 mulher vrouwelijk vrouw żeński kobieta женский женщина жіночий жінка 女 女性 女声 女聲 여성
 여자 kadın kvinnlig kvindelig kvinnelig nainen nő žena femeie महिला أنثى امرأة
neutral: neutro neutra neutre divers nichtbinär nicht_binär no_binario não_binário non_binaire
 neutralny нейтральный 中性 중성 enby
""")

AGES = _read_table("""
young: joven jung jeune giovane jovem jong młody młoda молодой молодая молодий 青年 年轻 年輕
 若い 젊은 청년 genç ung nuori fiatal mladý tânăr किशोर युवा شاب
middle_aged: mediana_edad mittleres_alter mittleren_alters âge_moyen d_âge_moyen mezza_età
 meia_idade middelbare_leeftijd w_średnim_wieku среднего_возраста средний 中年 중년 orta_yaşlı
 medelålders
old: mayor anciano anciana viejo alt älter âgé âgée vieux anziano anziana idoso idosa oud stary
 starszy пожилой старый 老年 老人 年配 노년 yaşlı gammal vanha idős starý bătrân वृद्ध مسن
""")

# What languages call themselves, and what some other languages call them.
LANGUAGE_NAMES = _read_table("""
ar: العربية العربيّة árabe arabisch arabe arabo арабский アラビア語 아랍어
bg: български búlgaro bulgarisch bulgare
bn: বাংলা
ca: català catalán catalan
cs: čeština česky checo tschechisch tchèque ceco
da: dansk danés dänisch danois danese dinamarquês
de: deutsch alemán alemão allemand tedesco duits niemiecki немецкий ドイツ語 독일어 tyska
el: ελληνικά griego griechisch grec greco grego
en: inglés inglês englisch anglais inglese engels angielski английский 英語 영어 ingilizce
 engelska
es: español castellano espanhol spanisch espagnol spagnolo spaans hiszpański испанский
 スペイン語 스페인어
et: eesti
eu: euskara
fa: فارسی
fi: suomi finés finnisch finnois finlandese
fr: français francés francês französisch francese frans francuski французский フランス語
 프랑스어 franska
ga: gaeilge
gl: galego
he: עברית hebreo hebräisch hébreu ebraico
hi: हिन्दी हिंदी hindi ヒンディー語 힌디어
hr: hrvatski
hu: magyar húngaro ungarisch hongrois ungherese
hy: հայերեն
id: bahasa_indonesia indonesio indonesisch indonésien
is: íslenska
it: italiano italienisch italien italiaans włoski итальянский イタリア語 이탈리아어
ja: 日本語 japonés japonês japanisch japonais giapponese japans японский 일본어 japonca
ka: ქართული
kk: қазақ_тілі
ko: 한국어 coreano koreanisch coréen корейский 韓国語
lt: lietuvių
lv: latviešu
mk: македонски
ms: bahasa_melayu
nb: bokmål norsk_bokmål
nl: nederlands neerlandés holandés niederländisch néerlandais olandese holandês нидерландский
no: norsk noruego norwegisch norvégien norvegese
pl: polski polaco polnisch polonais polacco польский
pt: português portugués portugiesisch portugais portoghese portugees португальский ポルトガル語
 포르투갈어
ro: română rumano rumänisch roumain rumeno romeno
ru: русский ruso russisch russe russo rosyjski ロシア語 러시아어 rusça
sk: slovenčina
sl: slovenščina
sq: shqip
sr: српски srpski
sv: svenska sueco schwedisch suédois svedese
sw: kiswahili
ta: தமிழ்
te: తెలుగు
th: ไทย ภาษาไทย
tr: türkçe turco türkisch turc турецкий トルコ語 터키어
uk: українська ucraniano ukrainisch ukrainien
ur: اردو
vi: tiếng_việt
zh: chino chinês chinesisch chinois cinese chinees chiński китайский 中国語 중국어 çince 國語
 漢語
""")

# For voices known only to speak several languages.
MANY_LANGUAGES = _read_table("""
mul: multi multilingual multi_lingual multilanguage multi_language multiple multiple_languages mul
 multilingue multilingüe mehrsprachig meertalig multilingua wielojęzyczny многоязычный
 多语言 多語言 多言語 다국어 bilingual polyglot
""")
