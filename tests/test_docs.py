"""The pages people read: what they link to is there, and what they say the program writes is written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.demo import Demo

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])
LINK = re.compile(r"\]\(([^)#:]+)\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_links_to_is_there(page: Path) -> None:
    missing = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()]
    assert missing == []


def test_every_picture_is_shown_and_small() -> None:
    links = [(page, link) for page in PAGES for link in LINK.findall(page.read_text(encoding="utf-8"))]
    shown = {(page.parent / link).resolve() for page, link in links if link.endswith(".png")}
    pictures = sorted((ROOT / "docs" / "hinh").glob("*.png"))
    assert {picture.resolve() for picture in pictures} == shown
    assert all(picture.stat().st_size < 100_000 for picture in pictures)


def test_the_files_that_the_office_guide_names_are_written(demo: Demo) -> None:
    root = demo.workspace.root
    guide = (ROOT / "docs" / "huong-dan.md").read_text(encoding="utf-8")
    named = {
        "input_templates/2020": ("danh-sach-gui.xlsx", "gui/LC-21.zip"),
        "output/2020": (
            *(
                "tong-hop-2020.xlsx",
                "phu-luc-2020.xlsx",
                "phu-luc-2020.docx",
                "so-lieu-2020.docx",
                "doi-chieu-2020.xlsx",
                "don-doc-2020.xlsx",
            ),
            *("don-doc/LC-01.zip", "phan-hoi/LC-21.xlsx", "index.html"),
        ),
    }
    for folder, files in named.items():
        for file in files:
            assert f"{file}`" in guide
            assert (root / folder / file).is_file()


def test_the_readme_says_how_many_mistakes_are_planted(demo: Demo) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"cài sẵn {len(demo.planted)} lỗi" in readme
    assert f"with {len(demo.planted)} planted mistakes" in readme
