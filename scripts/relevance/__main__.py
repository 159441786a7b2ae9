"""Ask a running Voiceboard each brief of a judged set; print recall@10, nDCG@10 and zero share.

    python scripts/relevance http://127.0.0.1:8000 ana@example.com PASSWORD [--each]

Standard library only. The whole catalog is taken once from /voices/export.json, each brief's
answer from /voices/export.json?q=... (same search, same order as the page). Loopback only.

A brief has "want" (all should hold) and "avoid" (none may hold): pairs of facet and values.
Each wanted value is yes, no or unknown for a voice, judged from the exported row: its normalized
labels first, then plain words of its name, description, tags and use cases by the tables below.
Grade 3: everything wanted is yes. 2: all but one (of two or more). 1: at least half (of three or
more). 0: the rest, and what a label contradicts (gender, age, language, accent, name,
provider, kind) or "avoid" excludes. Relevant are the voices of grade 3, or, where the catalog
has none, those of the best grade there is; a brief for which nothing has a grade is left out of
recall and nDCG. recall@10 = relevant in the first ten / min(10, relevant). Gains are 7, 3, 1.
"""

import argparse
import http.cookiejar
import json
import math
import re
import sys
import unicodedata
import urllib.parse
import urllib.request
from pathlib import Path

# ---------------------------------------------------------------- what shows that a voice is such
TONES = {
    "warm": r"warm|calid|chaleureu|heart(y|felt)|温暖|暖|亲切|亲和|varm",
    "calm": r"calm|sooth|seren|relax|compos|tranquil|peaceful|ruhig|lugn|sakin|pausad|posee|level-headed|从容|沉稳|平和|安心",
    "gentle": r"gentl|soft|tender|mellow|delicate|douce|sanft|sweet|温柔|温婉|轻柔|慈祥",
    "energetic": r"energ|upbeat|lively|vibrant|hype|excit|bubbly|punchy|dynamic|enthusias|vivid|元气|活泼|活力|激昂|激情",
    "cheerful": r"cheer|upbeat|bright|jolly|jovial|sunny|happy|bubbl|playful|joy|frohlich|alegre|元气|活泼|开朗|爽朗",
    "authoritative": r"authorit|command|confident|权威|播音",
    "serious": r"serious|formal|stern|solemn|authorit|严肃|沉稳|权威|高冷",
    "professional": r"professional|corporate|polished|articulat|crisp|formal|business|专业|干练|播音",
    "friendly": r"friend|approach|kind|affab|freundlich|sympathi|cheer|warm|jovial|neighbo|good-humou|亲和|亲切|爽朗|邻家",
    "trustworthy": r"trust|sincer|reliab|honest|reassur|真诚|可靠|安心",
    "casual": r"casual|laid-back|relaxed|easygoing|conversational|natural|decontract|everyman|next door|down to earth|聊天|接地气",
    "deep": r"deep|bass|bariton|boom|resonan|tief|voix grave|low|低沉|磁性|低音|浑厚",
    "high": r"high[- ]pitch|squeak|shrill|high and|高音|童声|奶声",
    "raspy": r"rasp|husk|gravel|hoarse|gruff|rough|rau(er|e|h)|growl|crackl|weathered|沙哑|沧桑",
    "clear": r"clear|crisp|articulat|klar|清晰|清新|爽快|爽朗",
    "crisp": r"crisp|clear|brisk|清晰|清新|爽快",
    "slow": r"slow|unhurried|measured|pausad|posee|drawl|languid|娓娓",
    "fast": r"fast|quick|brisk|rapid|语速(偏)?快",
    "playful": r"playful|cheek|mischie|silly|fun(ny)?\b|bubbl|flirt|俏皮|活泼|幽默|元气",
    "cute": r"cute|adorab|sweet|可爱|萌|甜|anime girl",
    "scary": r"menac|threat|evil|villain|sinister|growl|monster|\borc\b|brooding|assassin|scary|creepy|恐怖",
    "epic": r"epic|dramatic|cinematic|boom|trailer|intense|theatrical|激昂",
    "robotic": r"robot|synthetic|monoton|机械",
    "sexy": r"sultr|seduct|breath|sexy|flirt|husky|intimate|御姐|性感",
    "whisper": r"whisper|asmr|breathy|耳语",
    "elegant": r"elegan|refin|grace|sophisticat|polished|regal|儒雅|气质|优雅|温婉",
    "posh": r"posh|upper-class|received pronunciation|refined|aristocrat|stately|regal",
    "smooth": r"smooth|silk|velvet|mellow|soulful",
    "confident": r"confiden|assert|bold|command|authorit|自信|干练",
    "empathetic": r"empath|caring|reassur|compassion|bedside|kind|安慰|治愈|安心|亲和",
    "magnetic": r"magnet|磁性|resonan",
    "wise": r"wise|schol|professor|sage|睿智|儒雅",
    "announcer": r"announc|promo|hype|boom",
}
USES = {
    "narration": r"narrat|documentar|story ?tell|storyteller|audio ?book|erzahl|fiction|旁白|讲故事|解说|有声书|livres audio",
    "audiobook": r"audio ?book|horbuch|livres? audio|audiolibro|bedtime|fiction|novel|children.s books|story ?tell|storyteller|fairy|fables|favole|tales|narrat|有声书|讲故事",
    "customer": r"customer|support|call[- ]cent|help ?desk|\bivr\b|phone menu|kundenservice|on hold|service\b|客服",
    "ivr": r"\bivr\b|phone menu|on hold|telefonansage|call flow|call[- ]cent|customer|support|客服",
    "ad": r"advert|commercial|promo|广告|营销|werbung|publicite|radio spot|\bads?\b|hooks|luxury",
    "news": r"\bnews|anchor|bulletin|broadcast|新闻|播音",
    "social": r"social|reels|short clips|tiktok|creator|短视频|视频配音|口播",
    "education": r"educat|teach|e-?learning|training|lecture|lesson|tutorial|explain|informative|professor|教育|教学|培训",
    "meditation": r"meditat|mindful|sleep|relaxation",
    "game": r"game|gaming|interactive.media|villain|\borc\b|游戏",
    "character": r"character|animat|cartoon|villain|anime|interactive.media|角色|动漫|fairy",
    "podcast": r"podcast|radio|\bhost\b|conversational",
    "companion": r"companion|conversational|陪伴|friend",
    "assistant": r"assistant|助手|companion|conversational",
}
AGES = {
    "child": r"child\b|\bkids?\b|little (boy|girl)|\bboy\b|years old|fairy|儿童|童声|小孩|奶声",
    "teen": r"teen|少年|少女|schoolgirl|schoolboy",
    "old": r"\bold(er)?\b|elder|grand(ma|pa|mother|father)|\bnan\b|\bopa\b|großvater|grossvater|老年|奶奶|爷爷",
    "young": r"\byoung|youth|青年|少年|少女|学姐",
    "middle": r"middle-?aged|中年|大叔",
}
# accent: words of the accent label; region subtags; words of the text; the language it goes with
ACCENTS = {
    "british": (
        "british scottish welsh english",
        "GB",
        r"british|received pronunciation|yorkshire|london|scottish",
        "en",
    ),
    "american": ("american southern transatlantic", "US", r"american|texas|gen z", "en"),
    "southern": ("southern", "", r"southern|texas|drawl", "en"),
    "australian": ("australian", "AU", r"australia|aussie", "en"),
    "irish": ("irish", "IE", r"irish|dublin", "en"),
    "scottish": ("scottish", "", r"scottish|highland", "en"),
    "indian": ("indian delhi", "IN", r"indian", "en"),
    "south african": ("south african", "ZA", r"south african", "en"),
    "african": (
        "nigerian kenyan south african tanzanian ghanaian",
        "NG KE ZA TZ GH ET",
        r"nigerian|kenyan|(south |east |west )african\b",
        "",
    ),
    "canadian": ("canadian quebecois", "CA", r"canadian|quebec", ""),
    "russian": ("russian", "", r"russian accent", ""),
    "french": ("french parisian", "", r"french (accent|touch)", ""),
    "mexican": ("mexican", "MX", r"mexican|mexico", "es"),
    "argentine": ("argentine rioplatense", "AR", r"argentin|buenos aires", "es"),
    "quebecois": ("quebecois", "CA", r"quebec", "fr"),
    "austrian": ("austrian", "AT", r"austria|wien", "de"),
}
GENDERS = {
    "female": r"\bfemale|wom[ae]n|\blady|\bgirl|女",
    "male": r"\bmale|\bm[ae]n\b|\bguy\b|\bboy\b|\bbloke|gentleman|\b男|男[声性，,]",
    "neutral": r"androgyn|gender-neutral|non-?binary|中性",
}
HAN = re.compile(r"[\u3400-\u9fff]")


def fold(text):
    plain = unicodedata.normalize("NFKD", text.lower())
    return "".join(each for each in plain if not unicodedata.combining(each))


class Row:
    """An exported voice, with what is asked again and again."""

    def __init__(self, row):
        self.row = row
        self.key = (row["provider"], row["voice_id"])
        said = [row["name"], row["description"], *row["tags"], *row["use_cases"], *row["notes"]]
        self.text = fold(" . ".join(said).replace("_", " "))
        self.tags = [tag for tag in row["languages"] if tag != "unknown"]
        self.accent = "" if row["accent"] in ("unknown", "standard") else fold(row["accent"])
        self.known = {}

    def has(self, pattern):
        if pattern not in self.known:
            self.known[pattern] = bool(re.search(pattern, self.text))
        return self.known[pattern]

    def says(self, facet, value):
        """Return True, False (it is another), or None (nothing is said)."""
        return getattr(self, f"_{facet}")(value)

    def _gender(self, value):
        if self.row["gender"] != "unknown":
            return self.row["gender"] == value
        said = [name for name, words in GENDERS.items() if self.has(words)]
        return said == [value] if said else None

    def _age(self, value):
        age = self.row["age"]
        if value in ("child", "teen"):
            if age in ("middle_aged", "old"):
                return False
            return True if self.has(AGES[value]) else None
        if age != "unknown":
            return age == {"middle": "middle_aged"}.get(value, value)
        return True if self.has(AGES[value]) else None

    def _language(self, value):
        if any(tag == value or tag.startswith(f"{value}-") for tag in self.tags):
            return True
        base = value.split("-")[0]
        if value != base and base in self.tags:
            return None
        if self.tags:
            return False
        return True if value == "zh" and HAN.search(self.text) else None

    def _accent(self, value):
        words, regions, pattern, base = ACCENTS[value]
        if any(each in self.accent for each in words.split()) and self.accent:
            if value != "indian" or "south" not in self.accent:
                return True
        if self.has(pattern):
            return True
        if self.accent and self.accent not in ("modern", "neutral"):
            return False
        known = [tag.split("-")[-1] for tag in self.tags if "-" in tag]
        mine = [tag for tag in self.tags if not base or tag.split("-")[0] == base]
        if regions and any(tag.split("-")[-1] in regions.split() for tag in mine if "-" in tag):
            return True
        if self.tags and not mine:
            return False
        is_other = any(self.has(each[2]) for name, each in ACCENTS.items() if name != value)
        return False if is_other or (regions and known and len(known) == len(self.tags)) else None

    def _tone(self, value):
        return self.has(TONES[value]) or None

    def _use(self, value):
        return self.has(USES[value]) or None

    def _name(self, value):
        return fold(value) in fold(self.row["name"])

    def _provider(self, value):
        return fold(self.row["provider"]) == value

    def _kind(self, value):
        return self.row["kind"] == value


def grade(brief, row):
    for each in brief["avoid"]:
        if any(row.says(each["facet"], value) for value in each["any"]):
            return 0
    yes = 0
    for each in brief["want"]:
        said = [row.says(each["facet"], value) for value in each["any"]]
        if any(said):
            yes += 1
        elif each["facet"] not in ("tone", "use") and all(one is False for one in said):
            return 0
    wanted = len(brief["want"])
    if yes == wanted:
        return 3
    if wanted >= 2 and yes == wanted - 1:
        return 2
    return 1 if wanted >= 3 and yes * 2 >= wanted else 0


def measure(brief, rows, found):
    """recall@10, nDCG@10, how many are relevant; found are keys in the order shown."""
    grades = {row.key: value for row in rows if (value := grade(brief, row))}
    if not grades:
        return None, None, 0
    best = max(grades.values())
    relevant = {key for key, value in grades.items() if value == best}
    first = found[:10]
    recall = len(relevant & set(first)) / min(10, len(relevant))

    def gain(values):
        return sum((2**value - 1) / math.log2(n + 2) for n, value in enumerate(values))

    ideal = gain(sorted(grades.values(), reverse=True)[:10])
    return recall, gain([grades.get(key, 0) for key in first]) / ideal, len(relevant)


def summarize(results):
    """Mean recall, mean nDCG, zero share, and over how many briefs."""
    rated = [each for each in results if each[0] is not None]
    count = max(1, len(rated))
    zero = sum(each[3] == 0 for each in rated) / count
    return sum(e[0] for e in rated) / count, sum(e[1] for e in rated) / count, zero, len(rated)


def read_briefs(path):
    """Return the briefs, one from each line."""
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


class Site:
    """A running Voiceboard, and a person signed in there."""

    def __init__(self, address, email, password):
        host = urllib.parse.urlsplit(address).hostname
        if host not in ("127.0.0.1", "localhost", "::1"):
            sys.exit("Only a Voiceboard on this machine is asked.")
        self.address = address.rstrip("/")
        jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        page = self._get("/account/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
        form = {"csrfmiddlewaretoken": token, "login": email, "password": password}
        request = urllib.request.Request(
            f"{self.address}/account/login/",
            urllib.parse.urlencode(form).encode(),
            {"Referer": f"{self.address}/account/login/"},
        )
        if "/account/login" in self.opener.open(request, timeout=60).geturl():
            sys.exit("Signing in failed.")

    def _get(self, path):
        with self.opener.open(self.address + path, timeout=120) as answer:
            return answer.read().decode()

    def voices(self, words=""):
        """Return the exported rows of what a search finds."""
        query = urllib.parse.urlencode({"q": words, "sort": "best"} if words else {})
        return json.loads(self._get(f"/voices/export.json?{query}"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("address"), parser.add_argument("email"), parser.add_argument("password")
    parser.add_argument("--each", action="store_true")
    options = parser.parse_args()
    site = Site(options.address, options.email, options.password)
    rows = [Row(each) for each in site.voices()]
    results = []
    for brief in read_briefs(Path(__file__).with_name("briefs.jsonl")):
        found = [(each["provider"], each["voice_id"]) for each in site.voices(brief["text"])]
        result = (*measure(brief, rows, found), len(found))
        results.append((brief, result))
        if options.each:
            shown = "none" if result[0] is None else f"{result[0]:.2f} {result[1]:.2f}"
            print(
                f"{brief['id']} {shown:9} relevant {result[2]:4} found {result[3]:5}  {brief['text']}"
            )
    groups = {"all": results}
    for brief, result in results:
        groups.setdefault(f"in {brief['lang']}", []).append((brief, result))
    print(f"{len(rows)} voices\n{'briefs':8} {'n':>4} {'recall@10':>10} {'nDCG@10':>8} {'zero':>6}")
    for name, those in groups.items():
        recall, ndcg, zero, count = summarize([result for _, result in those])
        print(f"{name:8} {count:4} {recall:10.3f} {ndcg:8.3f} {zero:6.1%}")


if __name__ == "__main__":
    main()
