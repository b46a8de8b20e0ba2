"""Say to search engines what the book is, in schema.org's words: a free course and a book, and chapters with minutes.

It is made of what stands in the chapters, in JSON-LD, and only where the pages know their address: under the
placeholder (_ext/published_at.py) there is none of it.
"""

import json
import re
from pathlib import Path
from urllib.parse import urljoin

import yaml
from by_chapter import chapters, parts
from exercise_table import headings
from published_at import description, first_paragraph

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
SCRIPT = '<script type="application/ld+json">{}</script>'
KNOWS = "Python's lists and loops"  # the front page says more
PART = r"^\*\*{}\.\*\* (.+)$"  # what the front page says of a part


def plain(markdown):
    """A line of Markdown as text: code and formulas as they are written, no emphasis, of a link its words."""
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    pieces = re.split("[`$]", words)  # every other one is code or a formula
    return "".join(piece if place % 2 else piece.replace("*", "") for place, piece in enumerate(pieces)).strip()


def minutes(number):
    """A duration as ISO 8601 writes it."""
    hours, rest = divmod(number, 60)
    return "PT" + f"{hours}H" * (hours > 0) + f"{rest}M" * (rest > 0)


def learned(path):
    """The lines of a chapter's section What you can do now."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    section = text.partition("## What you can do now\n")[2].partition("\n#")[0]
    return [plain(line[2:]) for line in section.split("\n") if line.startswith("- ")]


class Book:
    """What is said of the book, of its course and of a chapter."""

    def __init__(self, folder, home, title):
        self.home, self.title, self.folder = home, title, Path(folder, "chapters")
        self.known = chapters(self.folder)
        self.captions = parts(yaml.safe_load(Path(folder, "_toc.yml").read_text(encoding="utf-8")))
        self.front = Path(folder, "intro.md").read_text(encoding="utf-8")
        self.front_page = f"{home}intro.html"
        self.publisher = {"@type": "Organization", "name": "The authors of the book", "url": self.home}
        self.common = {"inLanguage": "en", "isAccessibleForFree": True, "license": LICENCE}

    def address(self, number):
        return urljoin(self.home, f"chapters/{self.known[number]['name']}").replace(".ipynb", ".html")

    def reading(self, numbers):
        return minutes(sum(self.known[number]["minutes"] for number in numbers))

    def chapter(self, number, description):
        """One chapter, a part of the book."""
        known = self.known[number]
        return {
            "@context": "https://schema.org",
            "@type": ["Chapter", "LearningResource"],
            "@id": self.address(number),
            "url": self.address(number),
            "name": known["title"],
            "description": description,
            "position": number,
            "timeRequired": minutes(known["minutes"]),
            "teaches": learned(self.folder / known["name"]),
            "learningResourceType": "textbook chapter with exercises",
            "isPartOf": {"@type": "Book", "@id": f"{self.home}#book", "name": self.title, "url": self.front_page},
            **self.common,
        }

    def syllabus(self):
        """The parts of the book, with what the front page says of each."""
        firsts = [number for number in self.known if number in self.captions]
        for first, after in zip(firsts, [*firsts[1:], 1000]):
            numbers, caption = [number for number in self.known if first <= number < after], self.captions[first]
            said = re.search(PART.format(re.escape(caption)), self.front, re.MULTILINE)
            yield {
                "@type": "Syllabus",
                "name": caption,
                **({"description": plain(said[1])} if said else {}),
                "timeRequired": self.reading(numbers),
                "hasPart": [{"@type": "Chapter", "@id": self.address(number)} for number in numbers],
            }

    def whole(self, description):
        """The book and the course that it is."""
        exercises = sum(int(found[-2]) for found in headings(self.folder))
        read = sum(chapter["minutes"] for chapter in self.known.values())
        about = {
            "name": self.title,
            "url": self.front_page,
            "description": description,
            "image": f"{self.home}_static/preview.png",
            "timeRequired": minutes(read),
            "publisher": self.publisher,
            **self.common,
        }
        chapters_of = [
            {"@type": "Chapter", "@id": self.address(number), "name": known["title"], "position": number}
            for number, known in self.known.items()
        ]
        book = {"@type": "Book", "@id": f"{self.home}#book", **about, "bookFormat": "https://schema.org/EBook",
                "learningResourceType": "textbook", "hasPart": chapters_of}
        course = {
            "@type": "Course", "@id": f"{self.home}#course", **about,
            "provider": self.publisher,
            "educationalLevel": "Beginner",
            "coursePrerequisites": KNOWS,
            "teaches": [line for known in self.known.values() for line in learned(self.folder / known["name"])[:1]],
            "syllabusSections": list(self.syllabus()),
            "hasCourseInstance": {  # whoever reads sets the pace
                "@type": "CourseInstance", "courseMode": "Online", "courseWorkload": minutes(read + exercises)},
            "offers": {"@type": "Offer", "category": "Free", "price": 0, "priceCurrency": "USD"},
            "isBasedOn": {"@id": f"{self.home}#book"},
        }
        return {"@context": "https://schema.org", "@graph": [book, course]}


def read(app):
    config = app.config
    app.course = Book(app.srcdir, config.html_baseurl, config.html_title) if config.html_baseurl else None


def add(app, page, template, context, doctree):
    """Put what is to be said of a page into its head."""
    number = re.match(r"chapters/(\d\d)-", page)
    if not app.course or doctree is None or not (number or page == app.config.root_doc):
        return
    if number:
        data = app.course.chapter(int(number[1]), description(app, page, context, doctree))
    else:
        data = app.course.whole(first_paragraph(doctree))
    # no end of a script in a text may end this one
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    context["metatags"] = context.get("metatags", "") + SCRIPT.format(text)


def setup(app):
    app.connect("builder-inited", read)
    app.connect("html-page-context", add)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
