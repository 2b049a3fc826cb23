#!/usr/bin/env python3
"""Makes the .xlsx template of every form from the layout.xml that stands beside it.

    make_xlsx.py [--check] [FOLDER ...]     (default: all forms below this script)

The bytes depend on the layout alone: entries stand in a fixed order, uncompressed and with a fixed time. --check writes
nothing and ends with 1 when a template is missing or differs.
"""
import io
import re
import sys
import zipfile
import xml.etree.ElementTree as ET
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
PROLOGUE = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

# Cell styles: name -> (font, fill, border, number format, horizontal, wrapped). Their order is their index.
PLAIN, BOLD, TITLE, ITALIC = range(4)
AMOUNT = 164
STYLES = {
    "text": (PLAIN, 0, 0, 0, "left", True), "strong": (BOLD, 0, 0, 0, "left", True),
    "centre": (ITALIC, 0, 0, 0, "center", True), "title": (TITLE, 0, 0, 0, "center", True),
    "head": (BOLD, 2, 1, 0, "center", True), "name": (PLAIN, 0, 1, 0, "left", True),
    "name-strong": (BOLD, 0, 1, 0, "left", True), "code": (PLAIN, 0, 1, 0, "center", False),
    "input": (PLAIN, 3, 1, AMOUNT, "right", False), "total": (BOLD, 0, 1, AMOUNT, "right", False),
    "strong-centre": (BOLD, 0, 0, 0, "center", True),
}
STYLE_INDEX = {name: index for index, name in enumerate(STYLES)}


class Sheet:
    """Collects the rows of one worksheet; columns count from 0, rows from 1."""

    def __init__(self, name, widths):
        self.name, self.widths, self.rows, self.merged = name, widths, [], []

    @property
    def next_row(self):
        return len(self.rows) + 1

    @property
    def last_column(self):
        return len(self.widths) - 1

    def add(self, cells, height=None):
        """cells: column -> (text, style); a text that begins with "=" is a formula."""
        number, xml = self.next_row, ""
        for column, (text, style) in sorted(cells.items()):
            start = f'<c r="{address(column, number)}" s="{STYLE_INDEX[style]}"'
            if not text:
                xml += start + "/>"
            elif text.startswith("="):
                xml += f"{start}><f>{escape(text[1:])}</f></c>"
            else:
                xml += f'{start} t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
        tall = f' ht="{height}" customHeight="1"' if height else ""
        self.rows.append(f'<row r="{number}"{tall}>{xml}</row>')

    def add_spans(self, spans, height=None):
        """spans: (first column, last column, text, style) each, joined into one cell."""
        row = self.next_row
        self.merged += [f"{address(first, row)}:{address(last, row)}" for first, last, _, _ in spans if first < last]
        self.add({first: (text, style) for first, _, text, style in spans}, height)

    def add_wide(self, text, style, first=0, height=None):
        self.add_spans([(first, self.last_column, text, style)], height)

    def xml(self):
        columns = "".join(f'<col min="{i}" max="{i}" width="{width}" customWidth="1"/>'
                          for i, width in enumerate(self.widths, 1))
        merged = "".join(f'<mergeCell ref="{area}"/>' for area in self.merged)
        return (f'{PROLOGUE}<worksheet xmlns="{MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
                '<sheetViews><sheetView showGridLines="0" workbookViewId="0"/></sheetViews>'
                f'<sheetFormatPr defaultRowHeight="15"/><cols>{columns}</cols><sheetData>\n' + "\n".join(self.rows) +
                f'\n</sheetData><mergeCells count="{len(self.merged)}">{merged}</mergeCells>'
                '<pageMargins left="0.6" right="0.6" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>'
                '<pageSetup paperSize="9" orientation="portrait" fitToWidth="1" fitToHeight="0"/></worksheet>')


def address(column, row):
    return f"{'ABCDEFGHIJ'[column]}{row}"


def heading(sheet, layout, subtitle):
    act, last = layout.find("act"), sheet.last_column
    signed = "/".join(reversed(act.get("signed-on").split("-")))
    issued = f"(Ban hành theo Thông tư số {act.get('number')} ngày {signed} của Bộ trưởng Bộ Tài chính)"
    form = f"Mẫu số {layout.get('form')}"
    sheet.add_spans([(0, 0, "Đơn vị báo cáo: …………………", "strong"), (last - 1, last, form, "strong-centre")])
    sheet.add_spans([(0, 0, "Địa chỉ: …………………", "text"), (last - 1, last, issued, "centre")], 45)
    sheet.add({})
    sheet.add_wide(layout.find("title").get("vi").upper(), "title", height=24)
    if subtitle:
        sheet.add_wide(f"({subtitle})", "centre")
    day = "……/……/………"
    sheet.add_wide(f"Tại ngày {day}" if layout.get("period") == "day" else f"Kỳ từ ngày {day} đến ngày {day}", "centre")
    sheet.add_wide("Đơn vị tính: ………", "centre")


def cell_formula(formula, rows, column):
    """Turns 20+21-22 into =D14+D15-D16."""
    return "=" + re.sub(r"\w+", lambda code: address(column, rows[code.group()]), formula)


def fill_table(sheet, table):
    statement = table.get("kind") == "statement"
    first = 3 if statement else 1  # amounts stand behind the code and the note reference of a statement
    columns = range(first, first + len(table.findall("column")))
    captions = ["Chỉ tiêu"] + (["Mã số", "Thuyết minh"] if statement else [])
    captions += [column.get("vi") for column in table.findall("column")]
    sheet.add({i: (caption, "head") for i, caption in enumerate(captions)}, 32)
    lines = [element for element in table if element.tag in ("heading", "line")]
    rows = {line.get("code"): sheet.next_row + i for i, line in enumerate(lines)}
    for line in lines:
        formula, code = line.get("formula"), line.get("code")
        strong = code is None or (formula is not None and int(line.get("level")) < 3)
        name = f"{line.get('no', '')} {line.get('vi')}".strip()
        cells = {0: (name, "name-strong" if strong else "name")}
        if statement:
            cells.update({1: (code or "", "code"), 2: (line.get("note", ""), "code")})
        for column in columns:
            text = cell_formula(formula, rows, column) if formula else ""
            cells[column] = (text, "input" if code and not formula else "total")
        sheet.add(cells, 15 * (1 + len(name) // 62))
    for check in table.findall("check"):
        cells = {column: (cell_formula(check.get("zero"), rows, column), "total") for column in columns}
        sheet.add({0: (f"Kiểm tra bằng 0 ({check.get('zero')})", "centre"), **cells})


def signatures(sheet, layout):
    last = sheet.last_column
    places = ((0, 0), (1, last - 2), (last - 1, last))
    people = layout.findall("signature")
    sheet.add({})
    sheet.add_wide("Lập, ngày …… tháng …… năm ………", "centre", first=1)
    sheet.add_spans([place + (person.get("vi"), "strong-centre") for place, person in zip(places, people)])
    sheet.add_spans([place + (f"({person.get('hint')})", "centre") for place, person in zip(places, people)])


def statement_sheets(layout):
    for table in layout.findall("table"):
        sheet = Sheet(table.get("sheet", layout.get("form")), [58, 8, 12] + [20] * len(table.findall("column")))
        heading(sheet, layout, table.get("vi"))
        fill_table(sheet, table)
        signatures(sheet, layout)
        yield sheet


def note_sheet(layout):
    sheet = Sheet(layout.get("form"), [50, 20, 20, 20])
    heading(sheet, layout, None)
    for section in layout.findall("section"):
        sheet.add({})
        sheet.add_wide(f"{section.get('no')}. {section.get('vi')}", "strong", height=32)
        for item in section:
            if item.tag == "statement":
                sheet.add_wide(item.get("vi"), "text", height=32)
                continue
            sheet.add_wide(f"{item.get('no')} {item.get('vi')}", "strong")
            if item.tag == "table":
                fill_table(sheet, item)
            else:
                sheet.add_wide("……………………………………", "text", height=32)
    signatures(sheet, layout)
    yield sheet


def styles_xml():
    fonts = "".join(f'<font>{look}<sz val="{size}"/><name val="Times New Roman"/><family val="1"/></font>'
                    for look, size in (("", 11), ("<b/>", 11), ("<b/>", 14), ("<i/>", 11)))
    solid = '<fill><patternFill patternType="solid"><fgColor rgb="FF{}"/><bgColor indexed="64"/></patternFill></fill>'
    fills = ('<fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>' +
             solid.format("E7ECEF") + solid.format("FFFBE6"))
    edges = "".join(f'<{edge} style="thin"><color indexed="64"/></{edge}>'
                    for edge in ("left", "right", "top", "bottom"))
    formats = "".join(
        f'<xf numFmtId="{number}" fontId="{font}" fillId="{fill}" borderId="{border}" xfId="0" applyNumberFormat="1" '
        f'applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1">'
        f'<alignment horizontal="{side}" vertical="center" wrapText="{int(wrapped)}"/></xf>'
        for font, fill, border, number, side, wrapped in STYLES.values())
    return (f'{PROLOGUE}<styleSheet xmlns="{MAIN}">'
            f'<numFmts count="1"><numFmt numFmtId="{AMOUNT}" formatCode="#,##0;\\(#,##0\\);\\-"/></numFmts>'
            f'<fonts count="4">{fonts}</fonts><fills count="4">{fills}</fills>'
            '<borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border>'
            f'<border>{edges}<diagonal/></border></borders>'
            '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
            f'<cellXfs count="{len(STYLES)}">{formats}</cellXfs>'
            '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>')


def relationships(targets):
    items = "".join(f'<Relationship Id="rId{i}" Type="{OFFICE}/{kind}" Target="{target}"/>'
                    for i, (kind, target) in enumerate(targets, 1))
    return f'{PROLOGUE}<Relationships xmlns="{PACKAGE}/relationships">{items}</Relationships>'


def workbook_parts(sheets):
    """The parts of the package in their order: name -> XML text."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    numbers = range(1, len(sheets) + 1)
    overrides = "".join(f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{kind}.worksheet+xml"/>'
                        for i in numbers)
    listed = "".join(f'<sheet name={quoteattr(sheet.name)} sheetId="{i}" r:id="rId{i}"/>'
                     for i, sheet in zip(numbers, sheets))
    parts = {
        "[Content_Types].xml": f'{PROLOGUE}<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>{overrides}'
        f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/></Types>',
        "_rels/.rels": relationships([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": f'{PROLOGUE}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets>'
        '<calcPr fullCalcOnLoad="1"/></workbook>',
        "xl/_rels/workbook.xml.rels": relationships(
            [("worksheet", f"worksheets/sheet{i}.xml") for i in numbers] + [("styles", "styles.xml")]),
        "xl/styles.xml": styles_xml(),
    }
    parts.update((f"xl/worksheets/sheet{i}.xml", sheet.xml()) for i, sheet in enumerate(sheets, 1))
    return parts


def template_bytes(layout_file):
    layout = ET.parse(layout_file).getroot()
    sheets = list(note_sheet(layout) if layout.find("section") is not None else statement_sheets(layout))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, text in workbook_parts(sheets).items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o100644 << 16  # the same on every system
            archive.writestr(entry, text.encode("utf-8"))
    return packed.getvalue(), layout_file.parent / f"{layout.get('form')}.xlsx"


def main(arguments):
    check = "--check" in arguments
    folders = [Path(argument) for argument in arguments if argument != "--check"] or [Path(__file__).resolve().parent]
    stale = []
    for layout_file in sorted(file for folder in folders for file in folder.rglob("layout.xml")):
        content, target = template_bytes(layout_file)
        if not check:
            target.write_bytes(content)
        elif not target.is_file() or target.read_bytes() != content:
            stale.append(target)
    for target in stale:
        print(f"{target}: differs from its layout; run make_xlsx.py", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
