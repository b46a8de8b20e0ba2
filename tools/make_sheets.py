"""Print the sheets, each on one page: python tools/make_sheets.py, after make book.

The page of the sheets has its style for paper with it, `_static/sheets.css`; any browser prints it. This makes a file
to hand out, with the typefaces in it, and refuses one in which a sheet takes more than its page.
"""

import shutil
import sys

import pikepdf
from check_pdf import wrong_in_document, wrong_in_pdf
from make_pdf import BOOK, CODE, WORK, chromium, document, first_page, for_paper, parse, print_pages, serif
from playwright.sync_api import sync_playwright

PAGE = "chapters/sheets.html"
NAME = "sheets.pdf"
STYLE = """
html[data-theme] { --pst-font-size-base: 10pt; --pst-font-family-monospace: Code; --serif: "Print Serif", serif; }
html[data-theme] { --pst-color-background: #fff; --pst-color-on-background: #fff; font-size: 10pt; }
body, .bd-main, .bd-main .bd-article { display: block; margin: 0 !important; padding: 0 !important; background: #fff; }
.sheet img.spoken { position: absolute; width: 1px !important; height: 1px; margin: 0; }
"""


def assemble(book, typefaces=""):
    """Return the sheets as one document, and how many they are."""
    root, _, title, _ = first_page(book)
    page = parse((book / PAGE).read_text(encoding="utf-8"))
    canonical = page.find("link", rel="canonical")
    home = canonical["href"].removesuffix(PAGE) if canonical else ""
    article = for_paper(page.find("article"), PAGE, {PAGE}, home)
    for answer in article.select("details"):
        answer.name = "div"
    html = document(page, f"{title}: sheets", typefaces + STYLE, article.decode_contents())
    return html, len(article.select(".sheet"))


def main():
    WORK.mkdir(parents=True, exist_ok=True)
    html, sheets = assemble(BOOK, serif() + CODE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium(), args=["--host-resolver-rules=MAP * ~NOTFOUND"])
        pdf, wide = print_pages(browser, html)
        browser.close()
    pdf.save(WORK / NAME, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    wrong = [*wrong_in_document(html), *(f"wider than the page: {part}" for part in wide)]
    wrong += wrong_in_pdf(WORK / NAME)
    if len(pdf.pages) != sheets:
        wrong.append(f"expected {sheets} pages, one a sheet, got {len(pdf.pages)}")
    if wrong:
        sys.exit("\n".join(wrong))
    shutil.copy(WORK / NAME, BOOK / NAME)
    print(f"{BOOK / NAME}: {sheets} sheets, {(BOOK / NAME).stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
