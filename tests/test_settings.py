from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import schemas
from schemas.errors import DefinitionError
from schemas.period import Period
from schemas.settings import load_settings

ROOT = Path(schemas.__file__).parent.parent
YEAR = Period.parse("2020")

TOP = """
province = "LC"
agency_upper = "TỔNG LIÊN ĐOÀN"
agency = "LIÊN ĐOÀN"
place = "Lai Châu"
signature_title = "TM. BAN THƯỜNG VỤ"
signer_title = "CHỦ TỊCH"
senders = ["upper"]
current_period = "2020"
"""
SECTION = """
[periods.2020]
cut_off = 2020-11-25
due = 2020-12-05
issued_on = 2020-11-06
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "tonghop.toml"
    path.write_text(text, encoding="utf-8")
    return path


def faults(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        load_settings(write(tmp_path, text))
    assert all(fault.en.startswith("tonghop.toml") for fault in caught.value.faults)
    return [fault.vi for fault in caught.value.faults]


def test_a_period_has_its_dates_and_may_have_its_own_senders(tmp_path: Path) -> None:
    more = SECTION.replace("2020]", "2020-S1]") + 'senders = ["upper", "grassroots"]\n'
    settings = load_settings(write(tmp_path, TOP + SECTION + more))
    assert settings.current_period == YEAR
    assert settings.of(YEAR).cut_off == date(2020, 11, 25)
    assert settings.of(YEAR).due == date(2020, 12, 5)
    assert settings.of(YEAR).issued_on == date(2020, 11, 6)
    assert settings.senders_of(YEAR) == ("upper",)
    assert settings.senders_of(Period.parse("2020-S1")) == ("upper", "grassroots")
    assert list(settings.periods) == ["2020", "2020-S1"]


def test_who_signs_and_who_receives_may_stay_open(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, TOP + SECTION))
    assert (settings.signer_name, settings.recipients) == ("", ())
    settings = load_settings(write(tmp_path, 'signer_name = "A"\nrecipients = ["B", "C"]\n' + TOP + SECTION))
    assert (settings.signer_name, settings.recipients) == ("A", ("B", "C"))


def test_dates_may_be_written_the_vietnamese_way(tmp_path: Path) -> None:
    text = TOP + SECTION.replace("2020-12-05", '"05/12/2020"')
    assert load_settings(write(tmp_path, text)).of(YEAR).due == date(2020, 12, 5)


def test_a_byte_order_mark_and_a_bare_year_are_forgiven(tmp_path: Path) -> None:
    path = tmp_path / "tonghop.toml"
    path.write_bytes((TOP.replace('"2020"', "2020") + SECTION).encode("utf-8-sig"))
    assert load_settings(path).current_period == YEAR


def test_a_period_without_a_section_is_refused_with_the_remedy(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, TOP + SECTION))
    for ask in (settings.of, settings.senders_of):
        with pytest.raises(DefinitionError) as caught:
            ask(Period.parse("2023-Q3"))
        [fault] = caught.value.faults
        assert "[periods.2023-Q3] cho quý III năm 2023" in fault.vi
        assert "cut_off, due" in fault.en


TOP_KEY = 'tonghop.toml, khóa "{}": '
IN_2020 = 'tonghop.toml, mục [periods.2020], khóa "{}": '


@pytest.mark.parametrize(
    ("old", "new", "place", "says"),
    [
        ('place = "Lai Châu"\n', "", TOP_KEY.format("place"), "chưa có"),
        ('"Lai Châu"', '" "', TOP_KEY.format("place"), "để trống"),
        ('"Lai Châu"', "5", TOP_KEY.format("place"), '"5" không phải là chữ'),
        ("place", "plase", TOP_KEY.format("plase"), 'Có phải "place"?'),
        ('senders = ["upper"]\n', "", TOP_KEY.format("senders"), "chưa có"),
        ('["upper"]', '["uper"]', TOP_KEY.format("senders"), 'Có phải "upper"?'),
        ('["upper"]', "[]", TOP_KEY.format("senders"), "danh sách trống"),
        ('["upper"]', '"upper"', TOP_KEY.format("senders"), "không phải là danh sách"),
        ('current_period = "2020"\n', "", TOP_KEY.format("current_period"), "chưa có"),
        ('= "2020"', '= "năm nay"', TOP_KEY.format("current_period"), '"năm nay" không phải là kỳ'),
        ('= "2020"', '= "2021"', "tonghop.toml: ", "[periods.2021]"),
        (SECTION, "", TOP_KEY.format("periods"), "chưa có"),
        (SECTION, "periods = 3", TOP_KEY.format("periods"), "mỗi kỳ một mục"),
        (SECTION, SECTION + "[periods]\n2021 = 3", TOP_KEY.format("periods.2021"), "một mục riêng"),
        (SECTION, SECTION + "[periods.2021-S3]", TOP_KEY.format("periods.2021-S3"), "không phải là kỳ"),
        ("due = 2020-12-05\n", "", IN_2020.format("due"), "chưa có"),
        ("2020-12-05", '"5.12"', IN_2020.format("due"), '"5.12" không phải là ngày'),
        ("2020-12-05", "2020-11-24", IN_2020.format("due"), "trước ngày chốt số liệu 25/11/2020"),
        ("2020-11-06", "2020-12-06", IN_2020.format("due"), "trước ngày giao biểu 06/12/2020"),
        ("cut_off", "cutoff", IN_2020.format("cutoff"), 'Có phải "cut_off"?'),
        (SECTION, SECTION + 'place = "Hà Nội"', IN_2020.format("place"), "Chuyển lên trên"),
        (SECTION, SECTION + 'senders = ["huyện"]', IN_2020.format("senders"), '"huyện" không dùng được'),
        ('"LC"', "LC", "tonghop.toml, dòng 2: ", "ngoặc kép"),
    ],
)
def test_each_fault_names_its_table_and_key(tmp_path: Path, old: str, new: str, place: str, says: str) -> None:
    text = TOP + SECTION
    assert old in text
    found = faults(tmp_path, text.replace(old, new, 1))
    assert any(fault.startswith(place) and says in fault for fault in found), found


def test_all_faults_come_at_once_and_none_follows_from_another(tmp_path: Path) -> None:
    text = (TOP + SECTION).replace('"LC"', "1").replace("2020-12-05", "12").replace("2020-11-06", "11")
    assert len(faults(tmp_path, text)) == 3


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="không mở được tệp"):
        load_settings(tmp_path / "tonghop.toml")


def test_the_workspace_of_the_repository_has_its_four_periods() -> None:
    settings = load_settings(ROOT / "tonghop.toml")
    assert settings.province == "LC"
    assert settings.current_period == YEAR
    assert list(settings.periods) == ["2020", "2021", "2023-Q3", "2024"]
    assert settings.senders_of(Period.parse("2023-Q3")) == ("upper",)
    assert settings.senders_of(Period.parse("2024")) == ("upper", "grassroots")


def test_a_period_says_up_to_when_it_estimates_and_what_asks_for_it(tmp_path: Path) -> None:
    more = 'estimate_to = 2020-12-31\ninstruction = "Công văn số 1189/TLĐ ngày 03/11/2020"\n'
    told = load_settings(write(tmp_path, TOP + SECTION + more)).of(YEAR)
    assert (told.estimated_to, told.instruction) == (date(2020, 12, 31), "Công văn số 1189/TLĐ ngày 03/11/2020")
    untold = load_settings(write(tmp_path, TOP + SECTION)).of(YEAR)
    assert (untold.estimated_to, untold.instruction) == (date(2020, 12, 31), "")


def test_an_estimate_does_not_end_before_the_cut_off(tmp_path: Path) -> None:
    [fault] = faults(tmp_path, TOP + SECTION + "estimate_to = 2020-10-31\n")
    assert "ngày ước thực hiện 31/10/2020 trước ngày chốt số liệu 25/11/2020" in fault


def test_v32_figures_up_to_a_day_cannot_be_sent_before_it(tmp_path: Path) -> None:
    """The instruction of 2020 asks for figures up to 25/11 and wants them before 25/11."""
    [fault] = faults(tmp_path, TOP + SECTION.replace("2020-12-05", "2020-11-24"))
    assert "hạn nộp 24/11/2020 trước ngày chốt số liệu 25/11/2020" in fault
    same_day = load_settings(write(tmp_path, TOP + SECTION.replace("2020-12-05", "2020-11-25"))).of(YEAR)
    assert same_day.due == same_day.cut_off == date(2020, 11, 25)


def test_the_head_of_documents_is_the_usual_one_unless_the_office_has_another(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, TOP + SECTION))
    assert (settings.national_title, settings.motto, settings.report_symbol) == (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "BC-…",
    )
    own = load_settings(write(tmp_path, f'{TOP}motto = "Khác"\nreport_symbol = "BC-LĐLĐ"\n{SECTION}'))
    assert (own.motto, own.report_symbol) == ("Khác", "BC-LĐLĐ")
