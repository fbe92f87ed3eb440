"""`traceability labels`: codes in, labels out, and what cannot be a label refused with its line."""

import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pypdf import PdfReader

from scanner.images import read_image
from scanner.reader import read_symbols
from traceability.cli import cli

PACK = "(01)09521321000018(21)K7Q2M(17)281231(10)A17"
PALLET = "(00)395213210000000019(02)09521321000018(37)48"
READ = "]d2010952132100001821K7Q2M\x1d1728123110A17"


def labels(tmp_path: Path, text: str, *words: str, out: str = "out.pdf") -> Result:
    command = ["labels", "-o", str(tmp_path / out), *words]
    return CliRunner().invoke(cli, command, input=text, catch_exceptions=False)


@pytest.mark.parametrize(
    "text",
    [
        PACK,
        READ,
        READ.replace("\x1d", "<GS>"),
        "https://id.gs1.org/01/09521321000018/10/A17/21/K7Q2M?17=281231",
        json.dumps({"code": PACK, "title": "Amoxicillin", "lines": ["500 mg"]}),
        f"code,title\n{PACK},Amoxicillin\n",
        f"\ufeffTitle;Code;Line;Line\r\nAmoxicillin;{PACK};500 mg;20 capsules\r\n",
    ],
)
def test_codes_come_in_any_spelling_and_form(tmp_path: Path, text: str) -> None:
    result = labels(tmp_path, text, out="out.png")
    assert result.exit_code == 0, result.output
    (symbol,) = read_symbols(read_image(tmp_path / "out.png"))
    digital_link = text.startswith("http")
    assert symbol.text.startswith("0109521321000018")
    assert digital_link or symbol.element_text == READ


def test_names_and_lines_are_printed(tmp_path: Path) -> None:
    rows = [{"code": PACK, "title": "Amoxicillin", "lines": ["500 mg"]}, {"code": PALLET}]
    result = labels(
        tmp_path, "\n".join(map(json.dumps, rows)), "--title", "Linden Pharma", "--line", "Leipzig"
    )
    assert result.exit_code == 0
    pages = [page.extract_text() for page in PdfReader(io.BytesIO((tmp_path / "out.pdf").read_bytes())).pages]
    assert len(pages) == 2
    for wanted in ("Amoxicillin", "500 mg", "EXP 2028-12-31", "(17) 281231"):
        assert wanted in pages[0]
    for wanted in ("Linden Pharma", "Leipzig", "COUNT", "3 9521321 000000001 9", "(37) 48"):
        assert wanted in pages[1]


def test_a_program_learns_the_files_and_the_modules(tmp_path: Path) -> None:
    text = "\n".join([PACK, PACK.replace("K7Q2M", "K7Q2N")])
    told = json.loads(labels(tmp_path, text, "--size", "50x30", "--dpi", "203", "--json", out="a.png").stdout)
    assert told["files"] == [str(tmp_path / "a-1.png"), str(tmp_path / "a-2.png")]
    assert told["symbols"] == ["GS1 DataMatrix 22 x 22, module 0.500 mm (4 dots at 203 dpi)"]
    assert (told["labels"], told["dpi"], told["left_out"]) == (2, 203, {})
    assert all(Path(path).exists() for path in told["files"])


def test_a_person_learns_what_had_no_room(tmp_path: Path) -> None:
    result = labels(tmp_path, PACK, "--size", "20x20", "--title", "Amoxicillin and clavulanic acid")
    assert "1 label in" in result.stdout
    assert "No room for the name on 1 of 1" in result.stderr


@pytest.mark.parametrize("out", ["a.svg", "a.zpl"])
def test_svg_and_zpl_are_written(tmp_path: Path, out: str) -> None:
    assert labels(tmp_path, PACK, "--size", "58x40", "--dpi", "203", out=out).exit_code == 0
    assert (tmp_path / out).read_text().startswith({"a.svg": "<svg", "a.zpl": "^XA^PW464^LL320"}[out])


@pytest.mark.parametrize(
    ("text", "words", "sentence"),
    [
        (f"{PACK}\n(01)09521321000019(21)A", (), "Line 2: (01) GTIN: expected check digit 8"),
        (f"\n{PACK}\n", ("--module", "0.2"), "Line 2: Expected a module of 0.255 to 0.615 mm"),
        (PALLET, ("--size", "50x30"), "take 100 x 100 mm or more"),
        (PACK, ("--size", "A9"), "Expected a size out of A4"),
        (PACK, ("--dpi", "50"), "Line 1: Expected a printer of 100 to 2400 dpi, got 50"),
        ('{"code": 7}', (), "Line 1: Expected `str`"),
        ('{"kode": "7"}', (), "Line 1: Object contains unknown field"),
        (f"code,title\n{PACK}\n", (), "Line 2: expected 2 columns, got 1"),
        ("\n", (), "no code"),
        ("code\n", (), "no code"),
    ],
)
def test_what_is_no_label_is_refused(
    tmp_path: Path, text: str, words: tuple[str, ...], sentence: str
) -> None:
    result = labels(tmp_path, text, *words)
    assert result.exit_code == 1
    assert sentence in result.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("out", "words", "sentence"),
    [
        ("a.gif", (), "ends in pdf, svg, png, zpl"),
        ("a.zpl", (), "--dpi"),
        ("a.pdf", ("--kind", "box"), "box"),
    ],
)
def test_a_wrong_call_is_told(tmp_path: Path, out: str, words: tuple[str, ...], sentence: str) -> None:
    result = labels(tmp_path, PACK, *words, out=out)
    assert result.exit_code == 2
    assert sentence in result.stderr
