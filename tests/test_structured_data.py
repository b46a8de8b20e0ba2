"""What search engines are told agrees with the chapters, in words that schema.org has."""

import json
import re
import sys

import pytest
import yaml
from notebooks import CHAPTERS, ROOT, read, text

sys.path.append(str(ROOT / "_ext"))
from structured_data import Book, minutes, plain  # noqa: E402

HOME = "https://ada.github.io/engine/"
# The properties in use, by type, all of which schema.org has: its vocabulary in TypeScript, npm's schema-dts 2.1.0,
# takes what the book says for a Book, a Course and Chapters. What every creative work may have comes first.
WORK = """name url description image timeRequired publisher inLanguage isAccessibleForFree license learningResourceType
    hasPart isPartOf position teaches educationalLevel""".split()
COURSE = "provider coursePrerequisites syllabusSections hasCourseInstance offers isBasedOn".split()
WORDS = {
    "Book": [*WORK, "bookFormat"],
    "Chapter": WORK,
    "LearningResource": WORK,
    "Syllabus": WORK,
    "Course": WORK + COURSE,
    "CourseInstance": ["courseMode", "courseWorkload"],
    "Offer": ["category", "price", "priceCurrency"],
    "Organization": ["name", "url"],
}


@pytest.fixture(scope="module")
def book():
    return Book(ROOT, HOME, "A title")


@pytest.fixture(scope="module")
def whole(book):
    return book.whole("What it is.")["@graph"]


def heads():
    """The number, the title and the minutes of each chapter, as its first cell has them."""
    for path in sorted(CHAPTERS.glob("[0-9][0-9]-*.ipynb")):
        head = text(read(path)["cells"][0]["source"])
        yield path, int(head[2:].partition(".")[0]), head.partition("\n")[0].partition(". ")[2], int(
            re.search(r"(?m)^\*(\d+) minutes", head)[1])


def things(data):
    """Everything of a type in what is said, however deep."""
    if isinstance(data, dict):
        if "@type" in data:
            yield data
        data = list(data.values())
    if isinstance(data, list):
        for part in data:
            yield from things(part)


def test_all_words_are_those_of_schema_org(book, whole):
    said = [*things(whole), *things([book.chapter(number, "One.") for number in book.known])]
    assert len(said) > 100
    for thing in said:
        kinds = thing["@type"] if isinstance(thing["@type"], list) else [thing["@type"]]
        words = {word for word in thing if word[0] != "@"}
        assert words <= {word for kind in kinds for word in WORDS[kind]}, thing


def test_titles_and_minutes_are_those_of_the_chapters(book, whole):
    total = 0
    for path, number, title, reading in heads():
        said = book.chapter(number, "One.")
        assert said["name"] == title and said["position"] == number
        assert seconds(said["timeRequired"]) == 60 * reading
        assert said["url"] == said["@id"] == f"{HOME}chapters/{path.stem}.html"
        total += 60 * reading
    assert [seconds(about["timeRequired"]) for about in whole] == [total, total]
    assert sum(seconds(part["timeRequired"]) for part in whole[1]["syllabusSections"]) == total
    assert seconds(whole[1]["hasCourseInstance"]["courseWorkload"]) > total  # there are exercises


def seconds(duration):
    hours, rest = re.fullmatch(r"PT(?:(\d+)H)?(?:(\d+)M)?", duration).groups()
    return 3600 * int(hours or 0) + 60 * int(rest or 0)


def test_every_chapter_stands_in_one_part_and_says_what_it_teaches(book, whole):
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    captions = [part["caption"] for part in toc["parts"]][:-1]  # the last are the appendices
    sections = whole[1]["syllabusSections"]
    assert [part["name"] for part in sections] == captions
    assert all(len(part["description"]) > 40 for part in sections)
    parts = [chapter["@id"] for part in sections for chapter in part["hasPart"]]
    assert parts == [chapter["@id"] for chapter in whole[0]["hasPart"]] == list(map(book.address, book.known))
    for number in book.known:
        assert len(book.chapter(number, "One.")["teaches"]) >= 3
    assert len(whole[1]["teaches"]) == len(book.known)


def test_what_it_costs_and_where(whole):
    for about in whole:
        assert about["isAccessibleForFree"] is True and about["inLanguage"] == "en"
    assert whole[1]["offers"]["price"] == 0 and whole[1]["hasCourseInstance"]["courseMode"] == "Online"
    assert json.loads(json.dumps(whole)) == whole


def test_durations_and_words_without_their_markdown():
    assert [minutes(number) for number in (5, 60, 132)] == ["PT5M", "PT1H", "PT2H12M"]
    assert plain("Of `a * b`, *not* [`w`](07.ipynb#x) or $2 * x$.") == "Of a * b, not w or 2 * x."
