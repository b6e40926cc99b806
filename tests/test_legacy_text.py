from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.legacy_text import Decoded, Encoding, decoded, encoded, encoding_of

FONTS: dict[Encoding, str] = {"tcvn3": ".VnTime", "tcvn3-capitals": ".VnTimeH", "vni": "VNI-Times"}


def words(*lines: str) -> list[str]:
    return " ".join(lines).split()


# The tables a second time, letter by letter in dictionary order and not taken from the module.
LETTERS = "àảãáạăằẳẵắặâầẩẫấậđèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵ"
BY_TCVN3 = bytes.fromhex(
    "B5 B6 B7 B8 B9  A8 BB BC BD BE C6  A9 C7 C8 C9 CA CB  AE  CC CE CF D0 D1  AA D2 D3 D4 D5 D6  D7 D8 DC DD DE"
    "DF E1 E2 E3 E4  AB E5 E6 E7 E8 E9  AC EA EB EC ED EE  EF F1 F2 F3 F4  AD F5 F6 F7 F8 F9  FA FB FC FD FE"
).decode("cp1252")
BY_VNI = words(
    "aø aû aõ aù aï aê aè aú aü aé aë aâ aà aå aã aá aä ñ eø eû eõ eù eï eâ eà eå eã eá eä ì æ ó í ò",
    "oø oû oõ où oï oâ oà oå oã oá oä ô ôø ôû ôõ ôù ôï uø uû uõ uù uï ö öø öû öõ öù öï yø yû yõ yù î",
)
BY_VNI_CAPITALS = words(
    "AØ AÛ AÕ AÙ AÏ AÊ AÈ AÚ AÜ AÉ AË AÂ AÀ AÅ AÃ AÁ AÄ Ñ EØ EÛ EÕ EÙ EÏ EÂ EÀ EÅ EÃ EÁ EÄ Ì Æ Ó Í Ò",
    "OØ OÛ OÕ OÙ OÏ OÂ OÀ OÅ OÃ OÁ OÄ Ô ÔØ ÔÛ ÔÕ ÔÙ ÔÏ UØ UÛ UÕ UÙ UÏ Ö ÖØ ÖÛ ÖÕ ÖÙ ÖÏ YØ YÛ YÕ YÙ Î",
)
# The capitals that TCVN3 has.
BASES = dict(zip("ĂÂÊÔƠƯĐ", "¡¢£¤¥¦§", strict=True))

TCVN3 = dict(zip(LETTERS, BY_TCVN3, strict=True)) | BASES
CAPITALS = dict(zip(LETTERS.upper(), BY_TCVN3, strict=True)) | BASES
VNI = dict(zip(LETTERS, BY_VNI, strict=True)) | dict(zip(LETTERS.upper(), BY_VNI_CAPITALS, strict=True))
TABLES: dict[Encoding, dict[str, str]] = {"tcvn3": TCVN3, "tcvn3-capitals": CAPITALS, "vni": VNI}
EVERY_LETTER = [(encoding, letter) for encoding, table in TABLES.items() for letter in table]

ONSETS = ["", *words("b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x")]
OPEN = words(
    "a ă â e ê i o ô ơ u ư y ai ao au ay âu ây eo êu ia iu iêu oa oai oao oay oe oeo oi ôi ơi ua uê ui uy uya uyu uôi",
    "uơ uây ưa ưi ưu ươi ươu yêu",
)
CLOSED = words(
    "am an ang anh ăm ăn ăng âm ân âng em en eng êm ên ênh im in inh iêm iên iêng om on ong oong oan oang oanh oăn",
    "oăng oăm oen ôm ôn ông ơm ơn um un ung uân uâng uôm uôn uông uynh uyên ưn ưng ươm ươn ương yêm yên yêng",
)
STOPPED = words(
    "ac ach ap at ăc ăp ăt âc âp ât ec ep et êch êp êt ich ip it iêc iêp iêt oc op ot ooc oac oach oat oăc oăt oet ôc",
    "ôp ôt ơp ơt uc up ut uât uôc uôt uych uyt uyêt ưc ưt ươc ươp ươt yêt",
)
TONES = ["", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323"]


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def nfd(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def toned(rhyme: str, tone: str) -> set[str]:
    """The rhyme with its tone where each of the two schools of spelling puts it (hòa and hoà)."""
    vowels = [at for at, letter in enumerate(rhyme) if letter in "aăâeêioôơuưy"]
    marked = [at for at in vowels if rhyme[at] in "ăâêôơư"]
    if marked:
        places = {marked[-1]}
    elif rhyme[-1] not in "aeiouy":
        places = {vowels[-1]}
    else:
        places = {vowels[1]} if len(vowels) == 3 else set(vowels)
    return {nfc(rhyme[: at + 1] + tone + rhyme[at + 1 :]) for at in places}


SYLLABLES = sorted(
    {
        onset + rhyme
        for onset in ONSETS
        for rhymes, tones in ((OPEN + CLOSED, TONES), (STOPPED, TONES[-2:]))
        for bare in rhymes
        for tone in tones
        for rhyme in toned(bare, tone)
    }
)


@pytest.mark.parametrize(
    ("font", "encoding"),
    [
        (".VnTime", "tcvn3"),
        (".vntime", "tcvn3"),
        (".VNTIME", "tcvn3"),
        (" .VnArial  Narrow ", "tcvn3"),
        (".VnTime Bold", "tcvn3"),
        (".VnTimeH", "tcvn3-capitals"),
        (".VNTIMEH", "tcvn3-capitals"),
        (".VnArialH", "tcvn3-capitals"),
        (".VnArial NarrowH", "tcvn3-capitals"),
        (".VnTimeH Bold Italic", "tcvn3-capitals"),
        (".VnHelvetIns", "tcvn3"),
        ("VNI-Times", "vni"),
        ("vni-helve", "vni"),
        ("VNI-Aptima Bold", "vni"),
        ("Times New Roman", None),
        ("Vni", None),
        ("VnTime", None),
        ("UVnTime", None),
        ("Arial.VnTime", None),
        ("", None),
    ],
)
def test_the_name_of_a_font_says_its_encoding(font: str, encoding: Encoding | None) -> None:
    assert encoding_of(font) == encoding


def test_the_tables_of_these_tests_have_every_letter() -> None:
    assert len(set(LETTERS)) == 67
    assert (len(TCVN3), len(CAPITALS), len(VNI)) == (74, 67, 134)
    assert len(set(TCVN3.values())) == 74
    assert len(set(VNI.values())) == 134


@pytest.mark.parametrize(("encoding", "letter"), EVERY_LETTER)
def test_every_letter_in_both_directions(encoding: Encoding, letter: str) -> None:
    code = TABLES[encoding][letter]
    assert decoded(code, FONTS[encoding]) == Decoded(letter, True)
    assert encoded(letter, encoding) == code
    assert encoded(nfd(letter), encoding) == code


@pytest.mark.parametrize(("letter", "code"), list(zip(LETTERS, BY_TCVN3, strict=True)))
def test_a_capitals_font_shows_the_small_codes_as_capitals(letter: str, code: str) -> None:
    assert decoded(f"x{code}y", ".VnArialH") == Decoded(f"X{letter.upper()}Y", True)


@pytest.mark.parametrize(
    ("encoding", "form"),
    [
        ("tcvn3", str.lower),
        ("tcvn3-capitals", str.upper),
        ("vni", str.lower),
        ("vni", str.upper),
        ("vni", str.capitalize),
    ],
)
def test_every_syllable_in_both_directions(encoding: Encoding, form: Callable[[str], str]) -> None:
    syllables = [form(syllable) for syllable in SYLLABLES]
    assert len(syllables) > 10_000
    table = TABLES[encoding]
    codes = ["".join(table.get(letter, letter) for letter in syllable) for syllable in syllables]
    assert [encoded(nfd(syllable), encoding) for syllable in syllables] == codes
    assert [decoded(code, FONTS[encoding]) for code in codes] == [Decoded(syllable, True) for syllable in syllables]
    assert decoded(" ".join(codes), FONTS[encoding]).text == " ".join(syllables)


@pytest.mark.parametrize(
    ("text", "font", "shown"),
    [
        ("C«ng ®oµn", ".VnTime", "Công đoàn"),
        ("C«ng ®oµn c¬ së", ".VnTime", "Công đoàn cơ sở"),
        ("h\xad\xebng th\xf4 v\xa8n h\xe3a", ".VnArial", "hưởng thụ văn hóa"),
        ("§oµn viªn \u00adu tó", ".VnTime", "Đoàn viên ưu tú"),
        ("Thñy, thuû; hßa, hoµ", ".VnTime", "Thủy, thuỷ; hòa, hoà"),
        ("LI£N §OµN LAO §éNG TØNH", ".VnTimeH", "LIÊN ĐOÀN LAO ĐỘNG TỈNH"),
        ("liªn ®oµn lao ®éng tØnh", ".VnTimeH", "LIÊN ĐOÀN LAO ĐỘNG TỈNH"),
        ("LI£N §OµN", ".VnTime", "LIÊN ĐOàN"),
        ("“Tæng sè: 1.234,5 – 93,96%” (n¨m 2020)…", ".VnTime", "“Tổng số: 1.234,5 – 93,96%” (năm 2020)…"),
        ("Sè\u00a0l\u00adîng\n12/2020\t€", ".VnTime", "Số\u00a0lượng\n12/2020\t€"),
        ("Coâng ñoaøn", "VNI-Times", "Công đoàn"),
        ("Coâng ñoaøn cô sôû", "VNI-Helve", "Công đoàn cơ sở"),
        ("h\xf6\xf4\xfbng thu\xef va\xean ho\xf9a", "VNI-Times", "hưởng thụ văn hóa"),
        ("LIEÂN ÑOAØN LAO ÑOÄNG TÆNH", "VNI-Times", "LIÊN ĐOÀN LAO ĐỘNG TỈNH"),
        ("Thuûy, thuyû; Baéc Kaïn, Quaûng Trò, ÔÛ, ÖÙng", "VNI-Times", "Thủy, thuỷ; Bắc Kạn, Quảng Trị, Ở, Ứng"),
        ("thò, tî, tyï, Î, YÏ", "VNI-Times", "thị, tỵ, tỵ, Ỵ, Ỵ"),
        ("AÙp, Aùp, aÙp", "VNI-Times", "Áp, Áp, áp"),
        ("“Toång soá: 1.234,5 – 93,96%” 70 m², 37°C", "VNI-Times", "“Tổng số: 1.234,5 – 93,96%” 70 m², 37°C"),
    ],
)
def test_known_words(text: str, font: str, shown: str) -> None:
    assert decoded(text, font) == Decoded(shown, True)


@pytest.mark.parametrize("font", ["Times New Roman", "Arial", "Calibri", ""])
@pytest.mark.parametrize("text", ["C«ng ®oµn", "Coâng ñoaøn", "Công đoàn", nfd("Công đoàn"), "12 – 3", ""])
def test_a_font_of_today_leaves_text_as_it_is(text: str, font: str) -> None:
    assert decoded(text, font) == Decoded(text, True)


@pytest.mark.parametrize("font", FONTS.values())
@pytest.mark.parametrize(
    "text",
    [
        "Công đoàn cơ sở",
        "Số lượng đoàn viên: 12 (70 m²)",
        "“Liên đoàn Lao động tỉnh”",
        "QÐ-CĐN",
        nfd("Công đoàn"),
        nfd("Hà Nam"),
        nfd("thư"),
        "  Được © 2020 ®",
    ],
)
def test_unicode_in_a_legacy_font_is_left_as_it_is(text: str, font: str) -> None:
    assert decoded(text, font) == Decoded(text, True)


@pytest.mark.parametrize(
    ("text", "font"),
    [
        ("C«ng đoàn", ".VnTime"),
        ("Nguyễn ThÞ", ".VnTime"),
        ("được l\u00adu", ".VnTimeH"),
        ("Höôøng được", "VNI-Times"),
        ("được x\u0323", "VNI-Times"),
    ],
)
def test_unicode_with_legacy_characters_in_it_is_not_certain(text: str, font: str) -> None:
    assert decoded(text, font) == Decoded(text, False)


@pytest.mark.parametrize(
    ("text", "font"),
    [
        ("C«ng ®oµn ≥ 5", ".VnTime"),
        ("70 m²", ".VnTime"),
        ("Hà Nam", ".VnTime"),
        ("C«ng Š", ".VnTime"),
        ("C«ng \x81", ".VnTime"),
        ("n¨m \ufffd", ".VnTimeH"),
        ("l¨ng ÿ", ".VnTimeH"),
        ("C«ng ®oµn µ", "VNI-Times"),
        ("Thái Bình", "VNI-Times"),
        ("oâù", "VNI-Times"),
        ("eê", "VNI-Times"),
        ("ø", "VNI-Times"),
        ("Coâng 中", "VNI-Times"),
    ],
)
def test_text_that_has_no_place_in_the_table_is_kept_whole(text: str, font: str) -> None:
    assert decoded(text, font) == Decoded(text, False)


@pytest.mark.parametrize("letter", sorted(set(LETTERS.upper()) - set(BASES)))
def test_tcvn3_has_no_capital_with_a_tone(letter: str) -> None:
    with pytest.raises(ValueError, match=f"tcvn3 cannot write '{letter}': .* tcvn3-capitals"):
        encoded(f"X{letter}", "tcvn3")


@pytest.mark.parametrize("letter", LETTERS + "az")
def test_a_capitals_font_has_no_small_letters(letter: str) -> None:
    with pytest.raises(ValueError, match=f"tcvn3-capitals cannot write '{letter}': .* capitals only"):
        encoded(f"X{letter}", "tcvn3-capitals")


@pytest.mark.parametrize("encoding", FONTS)
@pytest.mark.parametrize("letter", ["ü", "≥", "Š", "µ", "中", "\x81", "\u0323"])
def test_what_an_encoding_cannot_write_is_refused(letter: str, encoding: Encoding) -> None:
    with pytest.raises(ValueError, match=r"cannot write '.+'$"):
        encoded(f"1{letter}", encoding)


ASCII_SIGNS = "0123456789 .,;:%/()-–“”…\n"
SMALL = LETTERS + "abcdefghijklmnopqrstuvwxyz"
WRITABLE: dict[Encoding, str] = {
    "tcvn3": SMALL + "ABCXYZ" + "".join(BASES) + ASCII_SIGNS,
    "tcvn3-capitals": SMALL.upper() + ASCII_SIGNS,
    "vni": SMALL + SMALL.upper() + ASCII_SIGNS + "°²×",
}


@pytest.mark.parametrize("encoding", FONTS)
@given(data=st.data())
def test_what_is_written_is_read_back(encoding: Encoding, data: st.DataObject) -> None:
    text = data.draw(st.text(WRITABLE[encoding]))
    for form in (text, nfd(text)):
        assert decoded(encoded(form, encoding), FONTS[encoding]) == Decoded(nfc(text), True)


@pytest.mark.parametrize("encoding", FONTS)
@given(text=st.text() | st.text(st.characters(max_codepoint=0x17F)))
def test_any_text_is_refused_or_read_back(encoding: Encoding, text: str) -> None:
    try:
        codes = encoded(text, encoding)
    except ValueError:
        return
    codes.encode("cp1252")
    assert decoded(codes, FONTS[encoding]) == Decoded(nfc(text), True)


@pytest.mark.parametrize("font", FONTS.values())
@given(text=st.text() | st.text(st.characters(max_codepoint=0x1EFF, min_codepoint=0x20)))
def test_decoding_takes_any_text(font: str, text: str) -> None:
    found = decoded(text, font)
    assert found.text == text or (found.certain and found.text == nfc(found.text))
