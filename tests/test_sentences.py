"""The sentences that a report opens with: the language of their templates, and the real reports' own paragraphs."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import docx
import pytest
from builders import form, load, package, row, unit, workspace

from pipeline.demo import Demo
from pipeline.demo_returns import CLINIC, HEALTH
from pipeline.report import consolidate_report
from pipeline.results import Results
from pipeline.run import consolidate
from pipeline.sentences import FILE, load_sentences, parse_sentences
from pipeline.sentences_fill import Paragraph, said
from pipeline.workspace import INSTALLED, open_workspace
from pipeline.write_sentences import write_sentences
from schemas.form import Forms
from schemas.tree import Unit

# As the grassroots union's report of 2024 has it, lines broken by the page put together. The left stands there, the
# right is what the figures say: a share cut off instead of rounded is none of the office's own paragraphs.
CLINIC_2024 = """\
- Tổng số: 307 đoàn viên công đoàn, trong đó: Nam 120 người = 39,1%; Nữ: 187 người = 60,9%;
- Số tổ công đoàn: 32 tổ công đoàn.
- Trình độ học vấn:  THPT: 307 người = 100%.
- Trình độ chuyên môn:
+ Sau đại học: 18 người = 5,9 %.
+ Đại học: 140 người = 45,6%;
+ Cao đẳng: 49 người = 16%;
+ Trung cấp: 84 người = 27,4%
+ Chưa qua đào tạo: 16 người = 5,2%.
- Trình độ lý luận chính trị:
+ Đảng viên: 160 người = 52,1%/ tổng đoàn viên công đoàn.
+ Cao cấp: 02 người = 0,65 %; Trung cấp: 40 người = 13%; sơ cấp: 52 người = 16,9%; đang học TCLLCT 09 người."""
CLINIC_DIFFERS = {
    "60,9%;\n": "60,9%.\n",
    "học vấn:  THPT": "học vấn: THPT",
    "5,9 %.": "5,9%;",
    "27,4%\n": "27,4%;\n",
    # The one share that the report prints with two decimals.
    "0,65 %": "0,7%",
}

# As the health sector's report of 2020 has it.
HEALTH_2020 = """\
Tổng số CNVCLĐ hiện nay 2.928 người; đoàn viên công đoàn 2.918 đoàn viên; Nữ: 1.787 người, Dân tộc thiểu số: 124 người.
Hiện nay Công đoàn ngành có 20 CĐCS trực thuộc, trong đó CĐCS HCSN là 17 đơn vị; CĐCS doanh nghiệp là 03 đơn vị.
- Đoàn viên công đoàn có trình độ học vấn THPT: 2.742 người, chiếm 93,96%; THCS: 168 người, chiếm 5,75%; Tiểu học: \
08 người, chiếm 027%.
- Trình độ chuyên môn: Trên đại học: 124 người, chiếm 4,25%; Đại học: 1.016 người, chiếm 34,81%; Cao đẳng: 221 người, \
chiếm 7,57%; Trung cấp: 1.368 người, chiếm 46,88%; Sơ cấp và lao động khác:189 người, 6,47%.
- Trình độ lý luận chính trị: Cao cấp: 47 người, Trung cấp:  475  người.
- Đảng viên: 1.172 người."""
HEALTH_DIFFERS = {
    # Cut off instead of rounded half up, and a lost comma.
    "93,96%": "93,97%",
    "5,75%": "5,76%",
    "027%": "0,27%",
    "34,81%": "34,82%",
    "6,47%": "6,48%",
    "khác:189": "khác: 189",
    "Trung cấp:  475  người": "Trung cấp: 475 người",
}
HEALTH_WORDING = """
Tổng số CNVCLĐ hiện nay {B01.sl_cnvcld} người; đoàn viên công đoàn {B01.sl_doan_vien} đoàn viên; \
[Nữ: {B01.sl_dv_nu} người], [Dân tộc thiểu số: {B01.sl_dtts} người].
Hiện nay Công đoàn ngành có {B01.sl_cdcs} CĐCS trực thuộc, trong đó CĐCS HCSN là {B01.sl_cdcs_hcsn} đơn vị; \
CĐCS doanh nghiệp là {B01.sl_cdcs_dnnn + B01.sl_cdcs_nnn} đơn vị.
- Đoàn viên công đoàn có trình độ học vấn THPT: {B01.cl_hv_thpt} người, chiếm {B01.cl_hv_thpt %2}; \
THCS: {B01.cl_hv_thcs} người, chiếm {B01.cl_hv_thcs %2}; Tiểu học: {B01.cl_hv_tieuhoc} người, \
chiếm {B01.cl_hv_tieuhoc / B01.sl_doan_vien %2}.
- Trình độ chuyên môn: Trên đại học: {B01.cl_cm_tren_dh} người, chiếm {B01.cl_cm_tren_dh %2}; \
Đại học: {B01.cl_cm_dh} người, chiếm {B01.cl_cm_dh %2}; Cao đẳng: {B01.cl_cm_cd} người, chiếm {B01.cl_cm_cd %2}; \
Trung cấp: {B01.cl_cm_tc} người, chiếm {B01.cl_cm_tc %2}; \
Sơ cấp và lao động khác: {B01.cl_cm_sc_khac} người, {B01.cl_cm_sc_khac %2}.
- Trình độ lý luận chính trị: [Cao cấp: {B01.cl_ll_cc} người], [Trung cấp: {B01.cl_ll_tc} người], \
[sơ cấp: {B01.cl_ll_sc} người].
- Đảng viên: {B01.cl_dang_vien} người.
"""


def differing(printed: str, differences: Mapping[str, str]) -> str:
    """What was printed, each of its slips mended; one that does not stand there is an error of the test."""
    for slip, right in differences.items():
        assert printed.count(slip) == 1, slip
        printed = printed.replace(slip, right)
    return printed


def test_the_installed_wording_says_the_clinics_paragraph(demo: Demo) -> None:
    results = demo.runs["2024"]
    told = said(results.workspace.sentences, results, results.owed.tree.unit(CLINIC))
    lines = [one.text for one in told]
    first, last = lines.index("1. Số lượng") + 1, next(i for i, line in enumerate(lines) if "TCLLCT" in line)
    own = [line for line in lines[first : last + 1] if line != "2. Chất lượng"]
    assert "\n".join(own) == differing(CLINIC_2024, CLINIC_DIFFERS)
    # 306 of 307 is 99,67 %; the report cuts it to 99,6.
    software = parsed("{B01.pt_pmqldv_dv %} đoàn viên", results.workspace.forms)
    assert texts(said(software, results, results.owed.tree.unit(CLINIC))) == ["99,7% đoàn viên"]


def test_the_offices_own_wording_says_the_health_sectors_paragraphs(demo: Demo) -> None:
    results = demo.results
    told = said(parsed(HEALTH_WORDING, results.workspace.forms), results, results.owed.tree.unit(HEALTH))
    assert "\n".join(texts(told)) == differing(HEALTH_2020, HEALTH_DIFFERS)


def parsed(text: str, forms: Forms) -> tuple[object, ...]:
    sentences, faults = parse_sentences(text, forms)
    assert faults == ()
    return sentences  # type: ignore[return-value]


def texts(paragraphs: tuple[Paragraph, ...]) -> list[str]:
    return [paragraph.text for paragraph in paragraphs]


# A small world: a province of two upper unions and a union of its own.
FIGURES = {"X01.ca.tong": 200, "X01.nam.tong": 80, "X01.nu.tong": 8}


def office(tmp_path: Path, *figures: dict[str, float | str]) -> Results:
    """A run in which U1 sent the first figures, U2 the second."""
    rows = [row("ca"), row("nam"), row("nu"), row("khac"), row("tien", unit='"đồng"', type='"money"')]
    forms = load(tmp_path / "forms", form(*rows))
    units = [unit("P", "province"), unit("U1", "upper", "P"), unit("U2", "upper", "P")]
    place = workspace(tmp_path, forms, units=units)
    for code, own in zip(("U1", "U2"), figures, strict=False):
        package(place.inbox(place.settings.current_period) / f"{code}.xlsx", place, code, own)
    return consolidate(place)


def told(results: Results, template: str, unit: Unit | None = None) -> list[str]:
    sentences = parsed(template, results.workspace.forms)
    return texts(said(sentences, results, unit or results.owed.tree.province))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Both units sent; nobody has a figure in ``khac``."""
    figures = {**FIGURES, "X01.tien.tong": 1_384_359_500}
    return office(tmp_path_factory.mktemp("both"), figures, {"X01.ca.tong": 107, "X01.nam.tong": 40, "X01.nu.tong": 0})


def test_numbers_are_in_vietnamese_notation(both: Results) -> None:
    assert told(both, "{X01.ca} người; {X01.nu} nữ; {X01.tien.tong} đồng; {X01.nam + X01.nu}") == [
        "307 người; 08 nữ; 1.384.359.500 đồng; 128"
    ]


def test_percentages_are_rounded_half_up_and_have_no_noughts_at_their_end(both: Results) -> None:
    assert told(both, "{X01.nam %}; {X01.nam %2}; {X01.nam / X01.ca %0}; {X01.ca %}") == ["39,1%; 39,09%; 39%; 100%"]
    # An eighth is 12,5 exactly.
    assert told(both, f"{{X01.nam / {' + '.join(['X01.nam'] * 8)} %0}}") == ["13%"]
    assert told(both, "{X01.nu / X01.nam + X01.nam + X01.nam + X01.nu %4}") == ["2,1739%"]


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{X01.ca} người, {X01.khac} khác.", []),
        ("{X01.ca} người[, {X01.khac} khác].", ["307 người."]),
        ("{X01.ca} người, trong đó: [nam {X01.nam}]; [khác {X01.khac}]; [nữ {X01.nu}].", None),
        ("[khác {X01.khac}]; [nam {X01.nam}]; [nữ {X01.nu}].", ["nam 120; nữ 08."]),
        ("[nam {X01.nam}]; [nữ {X01.nu}]; [khác {X01.khac}].", ["nam 120; nữ 08."]),
        ("{X01.ca}[, trong đó: [khác {X01.khac}]; [nữ {X01.nu}]].", ["307, trong đó: nữ 08."]),
        ("{X01.ca}[, trong đó: [khác {X01.khac}], [khác {X01.khac.tong}]].", ["307."]),
        ("- Khác: [a {X01.khac}]; [b {X01.khac}].", []),
        ("[khác {X01.khac} và [nam {X01.nam}]] hết", []),
        ("Chữ không có số.", ["Chữ không có số."]),
        ("{đơn vị}, {kỳ}, {ngày chốt}", ["Đơn vị P, năm 2020, 25/11/2020"]),
    ],
)
def test_nothing_is_said_where_a_figure_is_missing(both: Results, template: str, expected: list[str] | None) -> None:
    whole = ["307 người, trong đó: nam 120; nữ 08."]
    assert told(both, template) == (whole if expected is None else expected)


def test_a_heading_stands_only_above_something(both: Results) -> None:
    template = """
= I. Một
== 1. Có
- Cơ cấu:
+ nam {X01.nam};
+ khác {X01.khac}.
== 2. Không
- Cơ cấu khác:
+ {X01.khac}
= II. Không
- {X01.khac}
"""
    assert told(both, template) == ["I. Một", "1. Có", "- Cơ cấu:", "+ nam 120;"]


def test_zero_is_said_and_blank_is_not(tmp_path: Path) -> None:
    results = office(tmp_path, {"X01.ca.tong": 5, "X01.nu.tong": 0})
    assert told(results, "[{X01.ca}]; [{X01.nu}]; [{X01.nam}]") == ["05; 0"]


def test_a_share_of_two_figures_of_other_units_is_not_said(tmp_path: Path) -> None:
    results = office(tmp_path, {"X01.ca.tong": 10, "X01.nam.tong": 5}, {"X01.nam.tong": 7})
    assert told(results, "{X01.nam / X01.ca %}") == []
    # The form's own percentage is of the units that have both.
    assert told(results, "{X01.nam %}") == ["50%"]
    assert told(results, "{X01.nam / X01.ca %}", results.owed.tree.unit("U1")) == ["50%"]


def test_a_figure_of_half_the_units_says_so(tmp_path: Path, both: Results) -> None:
    results = office(tmp_path, FIGURES)
    (paragraph,) = said(parsed("{X01.ca} người", results.workspace.forms), results, results.owed.tree.province)  # type: ignore[arg-type]
    assert [(run.text, run.doubt) for run in paragraph.runs] == [("200", "mới có 1/2 đơn vị"), (" người", "")]
    (whole,) = said(parsed("{X01.ca} người", both.workspace.forms), both, both.owed.tree.province)  # type: ignore[arg-type]
    assert [run.doubt for run in whole.runs] == [""]


def test_what_stands_before_a_bracket_and_behind_it_is_kept_as_it_was_written(both: Results) -> None:
    # Only a comma or semicolon between two brackets goes with one of them.
    assert told(both, "a; [b {X01.ca}], c; [d {X01.nu}] e") == ["a; b 307, c; d 08 e"]


FAULTS = [
    ("{X1.ca}", '"{X1.ca}": không có biểu mã "X1". Sửa mã hoặc xóa chỗ này. Có phải "X01"?'),
    ("{X01.cca}", '"{X01.cca}": không có dòng của biểu X01 mã "cca". Sửa mã hoặc xóa chỗ này. Có phải "ca"?'),
    ("{X01.ca.tog}", '"{X01.ca.tog}": không có cột số của dòng ca mã "tog". Sửa mã hoặc xóa chỗ này. Có phải "tong"?'),
    ("{X01.ca.ghi_chu}", '"{X01.ca.ghi_chu}": không có cột số của dòng ca mã "ghi_chu". Sửa mã hoặc xóa chỗ này.'),
    (
        "{X01.ca + X01.nam %}",
        '"{X01.ca + X01.nam %}": tỷ lệ % của một tổng phải nói so với số nào. Viết {a + b / c %}.',
    ),
    (
        "{số đoàn viên}",
        '"{số đoàn viên}": không hiểu "số đoàn viên". Viết mã biểu, dấu chấm, mã dòng: {B01.sl_doan_vien}, '
        "hay {kỳ}, {đơn vị}, {ngày chốt}.",
    ),
    ("[nam {X01.nam}", 'dấu "[" không có dấu "]" đi cùng. Thêm "]" hoặc xóa "[".'),
    ("nam {X01.nam}]", 'dấu "]" không có dấu "[" đi cùng. Thêm "[" hoặc xóa "]".'),
    ("nam {X01.nam", 'dấu "{" không có dấu "}" đi cùng. Thêm "}" hoặc xóa "{".'),
]


@pytest.mark.parametrize(("line", "fault"), FAULTS, ids=[line for line, _ in FAULTS])
def test_a_fault_of_a_template_names_line_value_and_remedy(both: Results, line: str, fault: str) -> None:
    sentences, faults = parse_sentences(f"# lời giải thích\n{{X01.ca}} người\n{line}\n", both.workspace.forms)
    assert [one.vi for one in faults] == [f"mau-cau.txt, dòng 3: {fault}"]
    assert all(one.en.startswith("mau-cau.txt, line 3: ") for one in faults)
    assert [sentence.line for sentence in sentences] == [2]


def test_all_faults_of_a_template_are_named_at_once_and_none_of_the_installed_one(
    tmp_path: Path, both: Results
) -> None:
    path = tmp_path / FILE
    path.write_text("{X01.a}\n{X01.b\n", encoding="utf-8-sig")
    sentences, faults = load_sentences(path, both.workspace.forms, own=True)
    assert (sentences, len(faults)) == ((), 2)
    assert load_sentences(path, both.workspace.forms, own=False) == ((), ())


def test_a_template_may_be_typed_in_either_form_of_unicode(both: Results) -> None:
    decomposed = unicodedata.normalize("NFD", "Đoàn viên {kỳ}: {X01.ca} người")
    assert told(both, decomposed) == ["Đoàn viên năm 2020: 307 người"]


def test_every_line_of_the_installed_wording_is_understood(demo: Demo) -> None:
    text = (INSTALLED / FILE).read_text(encoding="utf-8")
    sentences, faults = parse_sentences(text, demo.workspace.forms)
    assert faults == ()
    assert len(sentences) > 25
    assert (demo.workspace.root / "schemas" / FILE).read_text(encoding="utf-8") == text


def test_a_workspace_opens_with_its_own_wording_or_names_its_faults(tmp_path: Path, demo: Demo) -> None:
    own = tmp_path / "schemas"
    own.mkdir()
    settings = (demo.workspace.root / "tonghop.toml").read_bytes()
    (tmp_path / "tonghop.toml").write_bytes(settings)
    assert open_workspace(tmp_path).sentences == demo.workspace.sentences
    (own / FILE).write_text("- {B01.sl_doan_vien} đoàn viên\r\n", encoding="utf-8-sig")
    assert [one.line for one in open_workspace(tmp_path).sentences] == [1]
    (own / FILE).write_text("- {B01.sl_doan_vin} đoàn viên\n", encoding="utf-8")
    opened = open_workspace(tmp_path)
    (fault,) = opened.wording_faults
    assert opened.sentences == ()
    assert fault.vi.startswith('mau-cau.txt, dòng 1: "{B01.sl_doan_vin}": ')
    assert "sl_doan_vien" in fault.vi
    results = replace(demo.results, workspace=replace(demo.workspace, wording_faults=opened.wording_faults))
    assert fault in list(consolidate_report(results, ()))
    write_sentences(tmp_path / "s.docx", results)
    assert fault.vi in [one.text for one in docx.Document(str(tmp_path / "s.docx")).paragraphs]
