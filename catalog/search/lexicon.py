"""What words of a brief mean: in English, German, Spanish, French, Chinese, and Japanese.

Each table has a line per value: the value, a colon, and the words for it. The same word may have
several meanings, such as "upbeat". Words are compared as the search folds them, so accents and case
don't matter. Add words that people miss; a word belongs to the meaning that most people intend.
"""

from typing import NamedTuple


def _read(table: str) -> dict[str, tuple[str, ...]]:
    """Return the words of each value; indented lines continue the one above."""
    found: dict[str, tuple[str, ...]] = {}
    for line in table.replace("\n    ", " ").strip().splitlines():
        value, _, words = line.partition(":")
        found[value] = tuple(word.strip() for word in words.split(","))
    return found


def _split(words: str) -> tuple[str, ...]:
    return tuple(word for each in words.split(",") if (word := each.strip()))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


class Accent(NamedTuple):
    """An accent: its labels, the languages' regions that have it, its language, and its words.

    ``language`` is empty if several languages have the accent. ``wider`` are labels that leave it
    open, as "canadian" does for French.
    """

    labels: tuple[str, ...]
    regions: tuple[str, ...]
    language: str
    words: tuple[str, ...]
    wider: tuple[str, ...]


# Values of the facet.
GENDERS = _read(
    """
female: female, woman, women, lady, ladies, girl, girls, little girl, gal, feminine, she,
    her, mum, mom, mother, granny, grandma, grandmother, nan, queen, princess, actress,
    females, femal, frau, frauenstimme, weiblich, weibliche, sprecherin, erzählerin,
    mädchen, mujer, femenina, femenino, chica, señora, locutora, narradora, femme, féminine,
    féminin, fille, dame, narratrice, 女, 女声, 女性, 女生, 女士, 女孩, 少女, 女人, 奶奶,
    姐姐, 妹妹, 御姐, 学姐, 女性の声, 女の子
male: male, man, men, guy, guys, bloke, dude, gentleman, boy, boys, little boy, masculine,
    he, his, dad, father, grandpa, granddad, grandfather, king, males, mann, männer,
    männlich, männliche, männlicher, männerstimme, sprecher, hombre, masculino, masculina,
    chico, señor, locutor, homme, masculin, garçon, 男, 男声, 男性, 男生, 男士, 男孩, 男人,
    大叔, 先生, 爷爷, 老爷爷, 少年, 男性の声, 男の子
neutral: gender neutral, non binary, nonbinary, androgynous, genderless, enby, they them,
    geschlechtsneutral, 中性
"""
)

# Values of the facet, except child and teen, which providers label as young.
AGES = _read(
    """
child: child, kid, kids, little boy, little girl, toddler, childlike, kinderstimme, niño,
    niña, enfant, 儿童, 小孩, 童声, 孩子, 子供
teen: teen, teenage, teenager, teens, adolescent, jugendlich, adolescente, 少年, 少女
young: young, younger, youthful, youth, twenties, 20s, gen z, young adult, jung, junge,
    junger, joven, juvenil, jeune, 年轻, 青年, 若い
middle_aged: middle aged, middle age, middleaged, midlife, thirties, forties, fifties, 40s,
    50s, mittelalt, mediana edad, 中年
old: old, older, elderly, senior, aged, granny, grandma, grandmother, grandpa, granddad,
    grandfather, nan, alt, alte, alter, älter, viejo, vieja, anciano, mayor, vieux, vieille,
    âgé, âgée, 老年, 老人, 奶奶, 爷爷, 老爷爷, 年老, 老
"""
)

# Language codes.
LANGUAGES = _read(
    """
en: english, englisch, englische, inglés, inglesa, anglais, anglaise, 英语, 英文, 英語
de: german, deutsch, deutsche, deutscher, alemán, allemand, 德语, 德文, ドイツ語
fr: french, französisch, francés, français, française, 法语, 法文, フランス語
es: spanish, spanisch, español, española, castellano, espagnol, 西班牙语, スペイン語
it: italian, italienisch, italiano, italien, 意大利语, イタリア語
pt: portuguese, portugiesisch, português, portugués, portugais, 葡萄牙语
nl: dutch, niederländisch, holandés, néerlandais, 荷兰语
pl: polish, polnisch, polaco, polonais, 波兰语
ru: russian, russisch, ruso, russe, 俄语
sv: swedish, schwedisch
da: danish
fi: finnish
no: norwegian
cs: czech
el: greek
tr: turkish, türkisch, turco, turc, 土耳其语
ar: arabic, arabisch, árabe, arabe, 阿拉伯语
he: hebrew
fa: persian, farsi
hi: hindi, 印地语
ta: tamil
bn: bengali
zh: chinese, chinesisch, chino, chinois, 中文, 汉语, 中国語
cmn: mandarin, 普通话, 国语
yue: cantonese, 粤语, 广东话
ja: japanese, japanisch, japonés, japonais, 日语, 日文, 日本語
ko: korean, koreanisch, coreano, coréen, 韩语, 韓国語
vi: vietnamese
th: thai
id: indonesian
uk: ukrainian
ro: romanian
hu: hungarian
"""
)

# Tone, pitch, texture, and pace. Shown to people with a space for each underscore.
STYLES = _read(
    """
warm: warm, warmth, warmly, heartfelt, cálida, cálido, chaleureuse, chaleureux, warme,
    warmer, warmes, varm, 温暖, 暖, 暖心, 亲切, 温かい, 暖かい
calm: calm, calming, soothing, soothe, relaxing, relaxed, serene, composed, tranquil,
    peaceful, mellow, steady, ruhig, ruhige, ruhiger, lugn, sakin, tranquila, tranquilo,
    pausada, posée, posé, calme, 沉稳, 从容, 平和, 舒缓, 安静, 落ち着いた, 穏やか
gentle: gentle, sweet, gently, soft, softly, tender, delicate, mild, kindly, douce, doux,
    sanft, sanfte, suave, 温柔, 温婉, 轻柔, 柔和, 慈祥, 優しい, やさしい
energetic: energetic, energy, high energy, lively, vibrant, dynamic, upbeat, excited,
    excitable, enthusiastic, enthusiasm, hype, punchy, bubbly, vivid, peppy, perky,
    energisch, enérgica, enérgico, énergique, 元气, 活泼, 活力, 激昂, 激情, 元気
cheerful: cheerful, cheery, happy, bright, sunny, jolly, jovial, upbeat, joyful, fröhlich,
    fröhliche, heiter, alegre, joyeuse, joyeux, 开朗, 爽朗, 欢快, 元气, 明るい
friendly: friendly, approachable, affable, kind, welcoming, neighborly, neighbor, neighbour,
    personable, likeable, pleasant, freundlich, freundliche, amable, sympathique, amical,
    亲和, 亲切, 友好, 邻家, 親しみやすい
trustworthy: trustworthy, trust, trusted, sincere, reliable, honest, reassuring, credible,
    vertrauenswürdig, confiable, 真诚, 可靠, 可信, 安心, 诚恳, 信頼
confident: confident, confidence, assertive, assured, bold, selbstbewusst, segura, 自信,
    干练
authoritative: authoritative, authority, commanding, powerful, strong, 权威, 霸气
serious: serious, 沉稳, stern, solemn, formal, ernst, seria, serio, sérieuse, sérieux, 严肃,
    庄重, 正式
professional: professional, polished, articulate, corporate, businesslike, professionell,
    profesional, professionnel, 专业, 职业, 播音
casual: casual, conversational, laid back, easygoing, natural, everyday, everyman, next
    door, down to earth, décontracté, informal, locker, 随性, 自然, 接地气, 口语, カジュアル
playful: playful, cheeky, mischievous, flirty, silly, fun, sassy, verspielt, 俏皮, 调皮,
    活泼
funny: funny, humorous, humour, humor, witty, comic, comedic, sarcastic, lustig, divertida,
    drôle, 幽默, 搞笑, 风趣
cute: cute, adorable, kawaii, süß, dulce, mignonne, 可爱, 甜美, 甜, 软萌, 萌, かわいい,
    可愛い
elegant: elegant, elegante, refined, graceful, sophisticated, classy, élégante, élégant,
    regal, 优雅, 儒雅, 气质, 知性, 高雅
posh: posh, upper class, aristocratic, stately, snobbish, received pronunciation, aloof
dramatic: dramatic, epic, cinematic, theatrical, intense, expressive, emotional, trailer,
    trailers, movie trailer, 戏剧, 激昂, 感染力, 情感丰富
menacing: menacing, brooding, evil, villain, sinister, threatening, scary, creepy, monster,
    orc, dark, böse, 恐怖, 反派, 阴险
sad: sad, melancholic, wistful, upset, sorrowful, somber, traurig, triste, 悲伤, 忧郁, 伤感
sensual: sultry, seductive, sexy, sensual, intimate, flirty, 性感, 御姐, 魅惑
wise: wise, scholarly, thoughtful, sage, wizard, 睿智, 智慧
mature: mature, reif, madura, mûre, 成熟
empathetic: empathetic, empathy, caring, compassionate, understanding, patient, bedside,
    einfühlsam, 治愈, 安慰, 耐心
robotic: robotic, robot, synthetic, 机械
neutral: neutral, unaffected, level, plain, flat, monotone
announcer: announcer, announcery, promo, 播音腔
polite: polite, höflich, nazik, 礼貌
deep: deep, low pitched, low, bass, baritone, booming, resonant, tief, tiefe, tiefer,
    profunda, profundo, voix grave, 低沉, 低音, 浑厚, 深沉, 低い, grave
high: high pitched, 童声, 奶声, squeaky, shrill, high, hoch, hohe, aguda, aiguë, 高音, 尖,
    高い
raspy: raspy, husky, gravelly, gravel, hoarse, gruff, rough, growling, growly, guttural,
    crackly, weathered, rau, raue, rauer, rauchig, ronca, rauque, 沙哑, 沧桑, 嘶哑, ハスキー
smooth: smooth, silky, velvety, velvet, soulful, buttery, suave, samtig, 圆润, 丝滑
rich: rich, full bodied, magnetic, resonant, 磁性, 浑厚, 醇厚
clear: clear, crisp, clean, articulate, klar, klare, clara, claro, claire, 清晰, 清新, 清澈,
    爽快, 清脆
breathy: breathy, airy, whispering, whisper, whispery, whispers, asmr, hushed, 耳语, 气声,
    轻声, ささやき
slow: slow, slowly, unhurried, measured, slow paced, languid, drawl, langsam, lento, lenta,
    lent, pausada, 慢, 缓慢, 慢速, 娓娓, ゆっくり
fast: fast, quick, rapid, 语速偏快, fast paced, brisk, fast talking, schnell, rápida,
    rápido, rapide, 语速快, 快速, 快, 快节奏, 速い
"""
)

# What a voice is for.
USE_CASES = _read(
    """
narration: narration, narrator, narrate, narrating, narrative, narrative story, documentary,
    documentaries, documentaire, documental, storyteller, storytelling, stories, erzähler,
    erzählerin, erzählstimme, narrador, narradora, narrateur, narratrice, voice over,
    voiceover, voix off, lektor, 旁白, 解说, 讲故事, 纪录片, 口播, ナレーション, ナレーター,
    朗読
audiobook: audiobook, audiobooks, audio book, hörbuch, hörbücher, audiolibro, audiolibros,
    livre audio, livres audio, novel, fiction, bedtime, fairy tales, fairy tale, tales,
    children's books, 有声书, 有声阅读, 有声小说, 小说, オーディオブック
customer_support: customer support, customer service, customer care, support, call center,
    call centre, call centers, call centres, help desk, helpdesk, help line, helpline,
    hotline, support line, contact center, agent,
    kundenservice, kundendienst, atención al cliente, service client, 客服, 客服与业务办理,
    客户服务, カスタマーサポート
phone_menus: ivr, phone menu, phone menus, phone, on hold, hold message, voicemail,
    telephone, telefonansage, telefonansagen, call flow, 电话, 导航音, 語音應答, 電話
advertising: advertisement, advertisements, advertising, advert, adverts, ad, ads,
    commercial, commercials, promo, promotional, radio ad, radio spot, radio spots,
    marketing, brand, luxury brand, werbung, werbespot, publicidad, publicité, pub, anuncio,
    广告, 广告宣传, 营销, 宣传, CM, コマーシャル, 広告
social_media: social media, social, tiktok, reels, shorts, youtube, short clips, creator,
    短视频, 短视频配音, 视频配音, 抖音
news: news, newsreader, news anchor, newscaster, newscast, anchor, headlines, bulletins,
    broadcast, broadcaster, nachrichten, noticias, informations, journal, 新闻, 新闻播报,
    播报, ニュース
education: education, educational, informative educational, education training, training,
    teacher, teaching, tutor, lesson, lessons, lectures, lecture, course, e learning,
    elearning, explainer, explains, tutorial, tutorials, professor, informative, manuals,
    technical manuals, lehrer, educación, formation, 教育, 教学, 教育教学, 教育与培训, 培训,
    课程
conversational: conversational, conversation, chat, dialogue, casual chat, 对话, 聊天, 会話
companion: companion, companions, companionship, 情感陪伴, 陪伴, 情感
assistant: assistant, assistants, voice assistant, developer assistants, ai assistant,
    语音助手, 助手, アシスタント
characters: character, characters, characters animation, animation, cartoon, cartoons,
    anime, villain, npc, pirate, captain, wizard, witch, sorcerer, warlock, orc, elf, goblin,
    dwarf, dragon, demon, vampire, zombie, knight, warrior, superhero, alien, pirat, zauberer,
    hexe, drache, ritter, pirata, mago, bruja, sorcier, sorcière, chevalier, 海盗, 巫师, 女巫,
    骑士, 海賊, 魔女, 魔法使い, characters and animation, 角色, 角色扮演, 动漫, 动画, アニメ,
    キャラクター
games: game, games, gaming, video game, video games, interactive media, videospiel,
    videojuego, jeu vidéo, 游戏, 游戏角色, 游戏解说, ゲーム
podcast: podcast, podcasts, host, radio, radio host, 播客, 电台, ポッドキャスト
entertainment: entertainment, entertainment tv, tv, show, television, trailers, trailer,
    sports trailers, 娱乐, 综艺
meditation: meditation, meditations, mindfulness, sleep, guided sleep, relaxation, yoga,
    wellness, meditación, méditation, 冥想, 助眠, 瑜伽, 瞑想, asmr
healthcare: healthcare, medical, nurse, health, patient care, doctor, bedside, 医疗, 健康
corporate: corporate, enterprise, business, presentation, presentations, company, bank,
    企业, 商务, ビジネス
announcements: announcement, announcements, public address, navigation, museum tours, 公告,
    导航, 广播, アナウンス
kids: children, kids content, children's, for kids, 儿童故事, 儿童内容
"""
)

# Labels | regions | language | words | wider labels
_ACCENTS = """
british: british, english, rp, scottish, welsh, london | en-GB | en | british, brit,
    brittish, brits, uk, united kingdom, england, received pronunciation, rp, londoner,
    london, britisch, britische, británico, británica, britannique, 英式, 英音, 英式英语,
    英国, イギリス, イギリス英語
american: american, us southern, southern, transatlantic, african american, general
    american, us | en-US | en | american, us, usa, united states, general american,
    amerikanisch, americano, americana, américain, américaine, 美式, 美音, 美国, アメリカ
southern: southern, us southern |  | en | southern, texas, texan, cowboy, deep south
australian: australian | en-AU | en | australian, aussie, australia, australisch, 澳洲
irish: irish | en-IE | en | irish, ireland, dublin, irisch
scottish: scottish |  | en | scottish, scots, scotland, glasgow, highland, schottisch
indian: indian, delhi | en-IN, hi-IN, hi, ta-IN |  | indian, india, 印度
south african: south african | en-ZA |  | south african, south africa
african: nigerian, kenyan, south african, tanzanian, african | en-NG, en-KE, en-ZA, sw, yo,
    sw-KE, sw-TZ |  | african, nigerian, kenyan
canadian: canadian, quebecois | en-CA, fr-CA |  | canadian, canada
russian: russian, moscow |  |  | russian accent
french: french, parisian |  |  | french accent
german: german |  |  | german accent
mexican: mexican | es-MX | es | mexican, mexico, méxico, mexicano, mexicana, mexikanisch,
    mexicain
argentine: argentine, argentinian, rioplatense | es-AR | es | argentine, argentinian,
    argentina, argentino, rioplatense, buenos aires
colombian: colombian | es-CO | es | colombian, colombiano
castilian: castilian, peninsular | es-ES | es | castilian, castellano, peninsular
brazilian: brazilian | pt-BR | pt | brazilian, brazil, brasilianisch, brasileño, brasileiro,
    brésilien
quebecois: quebecois | fr-CA | fr | quebecois, québécois, quebec, french canadian,
    canadian french, accent québécois | canadian
austrian: austrian | de-AT | de | austrian, austria, wien, viennese, österreichisch,
    österreichischer, österreichische
swiss: swiss | de-CH, gsw, fr-CH |  | swiss, schweizer, swiss german
"""
ACCENTS = {
    value: Accent(
        _split(labels), _split(regions), language.strip(), _split(words), _split(" ".join(wider))
    )
    for line in _ACCENTS.replace("\n    ", " ").strip().splitlines()
    for value, _, rest in [line.partition(":")]
    for labels, regions, language, words, *wider in [rest.split("|")]
}
# Styles and uses that are close to each other.
NEIGHBORS = {
    "calm": ("gentle", "slow", "smooth"),
    "gentle": ("calm", "warm"),
    "warm": ("friendly", "gentle"),
    "friendly": ("warm", "cheerful", "polite"),
    "energetic": ("cheerful", "fast", "playful"),
    "cheerful": ("energetic", "friendly", "playful"),
    "authoritative": ("confident", "serious", "professional"),
    "confident": ("authoritative", "professional"),
    "serious": ("authoritative", "professional"),
    "professional": ("clear", "confident", "polite"),
    "trustworthy": ("friendly", "warm", "confident"),
    "casual": ("friendly",),
    "playful": ("cheerful", "cute", "funny"),
    "cute": ("playful", "high"),
    "elegant": ("posh", "professional", "smooth"),
    "posh": ("elegant",),
    "dramatic": ("deep", "energetic"),
    "menacing": ("deep", "raspy", "dramatic"),
    "sensual": ("breathy", "smooth"),
    "deep": ("rich",),
    "rich": ("deep", "smooth"),
    "smooth": ("rich", "calm"),
    "raspy": ("deep",),
    "clear": ("professional",),
    "breathy": ("gentle", "sensual"),
    "slow": ("calm",),
    "fast": ("energetic",),
    "empathetic": ("gentle", "friendly", "calm"),
    "wise": ("mature",),
    "mature": ("wise",),
    "funny": ("playful",),
    "sad": ("serious",),
    "high": ("cute",),
    "announcer": ("professional",),
    "robotic": ("neutral",),
    "neutral": ("calm", "clear"),
    "polite": ("friendly", "professional"),
    "narration": ("audiobook", "podcast", "education"),
    "audiobook": ("narration", "kids"),
    "phone_menus": ("customer_support", "announcements"),
    "customer_support": ("phone_menus", "assistant"),
    "advertising": ("social_media", "entertainment"),
    "social_media": ("advertising", "conversational"),
    "news": ("narration",),
    "education": ("narration", "corporate"),
    "characters": ("games", "kids"),
    "games": ("characters",),
    "podcast": ("conversational", "narration"),
    "assistant": ("conversational", "companion", "customer_support"),
    "companion": ("conversational", "assistant"),
    "conversational": ("companion", "podcast"),
    "corporate": ("education", "narration"),
    "entertainment": ("advertising",),
    "kids": ("audiobook", "characters"),
}
# Words that say nothing about a voice.
STOP_WORDS = _words(
    """
a an the for in of with and or to who that is are be like likes sounds sound
sounding voice voices voiced speaker speakers someone somebody something
anything person people need needs want wants looking look find any some i we
my our me please really very bit kind sort reads reading read talk talking
talks speaking speaks speak tts ai text speech actor talent from at by as on
about style tone accent accents language good best nice great doing do has
have having which this it its app audio video message own adult over pace
paced pitch pitched der die das dem den ein eine einen einer für mit und
oder auf im zu von stimme stimmen akzent sprache suche gesucht klingt una un
el la los las de del para con y o en que voz voces acento estilo une le les
du des pour avec et ou voix ton 的 声音 音色 声 和 与 の な で は を が に 系 适合 用于
"""
)
# Words that exclude what follows, and words that may come between.
NEGATIONS = _words(
    """
not no non without nicht kein keine keinen ohne sans pas sin isn isnt never avoid less
不要 不 非 没有 别
"""
)
FILLERS = _words("too an a any so very zu trop muy the sound sounding overly that de un une")
# Words that mean something in a brief, but could mean anything in a description.
ORDINARY_WORDS = _words(
    """
agent agents alien anchor bank bold brand broadcast business captain character clean company
corporate course creator dark doctor everyday fiction flat formation fun grave health high host
informations
informal journal kind lesson level low luxury mild movie natural navigation neutral patient phone
plain powerful presentation promo pub quick radio reels rough segura seria show shows sleep social
strong support tales telephone trust understanding
"""
)
