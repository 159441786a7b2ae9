"""The world's languages and regions: codes and English names."""


def _read_table(table: str) -> dict[str, str]:
    pairs = (entry.strip().split(maxsplit=1) for entry in table.replace("\n", " ").split(","))
    return {pair[0]: pair[1] for pair in pairs if pair}


# ISO 639-1, and ISO 639-3 codes of languages that voices support and that have no shorter code.
LANGUAGES = _read_table("""
aa Afar, ab Abkhazian, ae Avestan, af Afrikaans, ak Akan, am Amharic, an Aragonese, ar Arabic,
as Assamese, av Avaric, ay Aymara, az Azerbaijani, ba Bashkir, be Belarusian, bg Bulgarian,
bi Bislama, bm Bambara, bn Bengali, bo Tibetan, br Breton, bs Bosnian, ca Catalan, ce Chechen,
ch Chamorro, co Corsican, cr Cree, cs Czech, cu Church Slavonic, cv Chuvash, cy Welsh, da Danish,
de German, dv Divehi, dz Dzongkha, ee Ewe, el Greek, en English, eo Esperanto, es Spanish,
et Estonian, eu Basque, fa Persian, ff Fula, fi Finnish, fj Fijian, fo Faroese, fr French,
fy Western Frisian, ga Irish, gd Scottish Gaelic, gl Galician, gn Guarani, gu Gujarati, gv Manx,
ha Hausa, he Hebrew, hi Hindi, ho Hiri Motu, hr Croatian, ht Haitian Creole, hu Hungarian,
hy Armenian, hz Herero, ia Interlingua, id Indonesian, ie Interlingue, ig Igbo, ii Nuosu,
ik Inupiaq, io Ido, is Icelandic, it Italian, iu Inuktitut, ja Japanese, jv Javanese, ka Georgian,
kg Kongo, ki Kikuyu, kj Kuanyama, kk Kazakh, kl Greenlandic, km Khmer, kn Kannada, ko Korean,
kr Kanuri, ks Kashmiri, ku Kurdish, kv Komi, kw Cornish, ky Kyrgyz, la Latin, lb Luxembourgish,
lg Ganda, li Limburgish, ln Lingala, lo Lao, lt Lithuanian, lu Luba-Katanga, lv Latvian,
mg Malagasy, mh Marshallese, mi Maori, mk Macedonian, ml Malayalam, mn Mongolian, mr Marathi,
ms Malay, mt Maltese, my Burmese, na Nauruan, nb Norwegian Bokmål, nd Northern Ndebele, ne Nepali,
ng Ndonga, nl Dutch, nn Norwegian Nynorsk, no Norwegian, nr Southern Ndebele, nv Navajo,
ny Chichewa, oc Occitan, oj Ojibwe, om Oromo, or Odia, os Ossetian, pa Punjabi, pi Pali,
pl Polish, ps Pashto, pt Portuguese, qu Quechua, rm Romansh, rn Kirundi, ro Romanian, ru Russian,
rw Kinyarwanda, sa Sanskrit, sc Sardinian, sd Sindhi, se Northern Sami, sg Sango, si Sinhala,
sk Slovak, sl Slovenian, sm Samoan, sn Shona, so Somali, sq Albanian, sr Serbian, ss Swazi,
st Southern Sotho, su Sundanese, sv Swedish, sw Swahili, ta Tamil, te Telugu, tg Tajik, th Thai,
ti Tigrinya, tk Turkmen, tl Tagalog, tn Tswana, to Tongan, tr Turkish, ts Tsonga, tt Tatar,
tw Twi, ty Tahitian, ug Uyghur, uk Ukrainian, ur Urdu, uz Uzbek, ve Venda, vi Vietnamese,
vo Volapük, wa Walloon, wo Wolof, xh Xhosa, yi Yiddish, yo Yoruba, za Zhuang, zh Chinese, zu Zulu,
ceb Cebuano, fil Filipino, gsw Swiss German, haw Hawaiian, kok Konkani, mai Maithili,
bho Bhojpuri, nan Southern Min, sco Scots, yue Cantonese, wuu Wu Chinese
""")

# Three-letter and retired codes -> the code for BCP 47.
OTHER_CODES = _read_table("""
afr af, amh am, ara ar, arb ar, asm as, aze az, azj az, bel be, ben bn, bod bo, tib bo, bos bs,
bul bg, cat ca, ces cs, cze cs, cmn zh, zho zh, chi zh, cym cy, wel cy, dan da, deu de, ger de,
ell el, gre el, eng en, epo eo, est et, ekk et, eus eu, baq eu, fas fa, per fa, pes fa, fin fi,
fra fr, fre fr, gle ga, gla gd, glg gl, guj gu, hau ha, heb he, iw he, hin hi, hrv hr, hun hu,
hye hy, arm hy, ibo ig, ind id, in id, isl is, ice is, ita it, jav jv, jw jv, jpn ja, kan kn,
kat ka, geo ka, kaz kk, khm km, kor ko, kur ku, kir ky, lao lo, lat la, lav lv, lvs lv, lin ln,
lit lt, ltz lb, mal ml, mar mr, mkd mk, mac mk, mlg mg, mlt mt, mon mn, khk mn, mri mi, mao mi,
msa ms, may ms, zsm ms, mya my, bur my, nep ne, npi ne, nld nl, dut nl, nor no, nob nb, nno nn,
nya ny, ori or, ory or, pan pa, pol pl, por pt, prs fa, pus ps, ron ro, rum ro, mo ro, rus ru,
san sa, sin si, slk sk, slo sk, slv sl, sna sn, snd sd, som so, spa es, sqi sq, alb sq, als sq,
srp sr, sun su, swa sw, swh sw, swe sv, tam ta, tel te, tgk tg, tgl tl, tha th, tur tr, uig ug,
ukr uk, urd ur, uzb uz, uzn uz, vie vi, wol wo, xho xh, yid yi, ydd yi, ji yi, yor yo, zul zu
""")

# Other language names that people and providers use.
OTHER_NAMES = _read_table("""
mandarin zh, mandarin_chinese zh, castilian es, farsi fa, norwegian_bokmal nb, bokmål nb,
nynorsk nn, gaelic gd, kirghiz ky, malayan ms, bangla bn, oriya or, sinhalese si, kiswahili sw,
valencian ca, modern_greek el, flemish nl, burmese_myanmar my, myanmar my, panjabi pa,
中文 zh, 汉语 zh, 普通话 zh, 国语 zh, 粤语 yue, 上海话 wuu, 英文 en, 英语 en, 日文 ja,
日语 ja, 日本語 ja, 韩文 ko, 韩语 ko, 한국어 ko, 法文 fr, 法语 fr, 德文 de, 德语 de,
西班牙语 es, 葡萄牙语 pt, 意大利语 it, 俄语 ru, 阿拉伯语 ar, 印地语 hi, 印尼语 id,
泰语 th, 越南语 vi, 土耳其语 tr, 荷兰语 nl, 波兰语 pl
""")

# ISO 3166-1 and two UN M.49 areas, with common short names.
REGIONS = _read_table("""
AE UAE, AF Afghanistan, AL Albania, AM Armenia, AO Angola, AR Argentina, AT Austria, AU Australia,
AZ Azerbaijan, BA Bosnia, BD Bangladesh, BE Belgium, BG Bulgaria, BH Bahrain, BO Bolivia,
BR Brazil, BY Belarus, CA Canada, CD DR Congo, CH Switzerland, CI Côte d’Ivoire, CL Chile,
CM Cameroon, CN China, CO Colombia, CR Costa Rica, CU Cuba, CY Cyprus, CZ Czechia, DE Germany,
DK Denmark, DO Dominican Republic, DZ Algeria, EC Ecuador, EE Estonia, EG Egypt, ES Spain,
ET Ethiopia, FI Finland, FR France, GB UK, GE Georgia, GH Ghana, GQ Equatorial Guinea, GR Greece,
GT Guatemala, HK Hong Kong, HN Honduras, HR Croatia, HU Hungary, ID Indonesia, IE Ireland,
IL Israel, IN India, IQ Iraq, IR Iran, IS Iceland, IT Italy, JM Jamaica, JO Jordan, JP Japan,
KE Kenya, KG Kyrgyzstan, KH Cambodia, KR South Korea, KW Kuwait, KZ Kazakhstan, LA Laos,
LB Lebanon, LI Liechtenstein, LK Sri Lanka, LT Lithuania, LU Luxembourg, LV Latvia, LY Libya,
MA Morocco, MD Moldova, ME Montenegro, MG Madagascar, MK North Macedonia, MM Myanmar, MN Mongolia,
MO Macau, MT Malta, MX Mexico, MY Malaysia, MZ Mozambique, NG Nigeria, NI Nicaragua,
NL Netherlands, NO Norway, NP Nepal, NZ New Zealand, OM Oman, PA Panama, PE Peru, PH Philippines,
PK Pakistan, PL Poland, PR Puerto Rico, PT Portugal, PY Paraguay, QA Qatar, RO Romania, RS Serbia,
RU Russia, RW Rwanda, SA Saudi Arabia, SE Sweden, SG Singapore, SI Slovenia, SK Slovakia,
SN Senegal, SO Somalia, SV El Salvador, SY Syria, TH Thailand, TJ Tajikistan, TM Turkmenistan,
TN Tunisia, TR Turkey, TT Trinidad, TW Taiwan, TZ Tanzania, UA Ukraine, UG Uganda, US US,
UY Uruguay, UZ Uzbekistan, VE Venezuela, VN Vietnam, XK Kosovo, YE Yemen, ZA South Africa,
ZM Zambia, ZW Zimbabwe, 001 World, 419 Latin America
""")
_REST = (
    "AD AG AI AQ AS AW AX BB BF BI BJ BL BM BN BQ BS BT BV BW BZ CC CF CG CK CV CW CX DJ DM EH "
    "ER FJ FK FM FO GA GD GF GG GI GL GM GN GP GS GU GW GY HM HT IM IO JE KI KM KN KP KY LC LR "
    "LS MC MF MH ML MP MQ MR MS MU MV MW NA NC NE NF NR NU PF PG PM PN PS PW RE SB SC SD SH SJ "
    "SL SM SR SS ST SX SZ TC TD TF TG TK TL TO TV UM VA VC VG VI VU WF WS YT"
)
REGION_CODES = frozenset(REGIONS) | frozenset(_REST.split())

SCRIPTS = {
    "Arab": "Arabic script",
    "Cyrl": "Cyrillic",
    "Hans": "Simplified",
    "Hant": "Traditional",
    "Latn": "Latin script",
}
