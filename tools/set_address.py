"""Set the address of the book's repository: python tools/set_address.py https://github.com/OWNER/REPO

It is written into _config.yml and stamped from there into the setup cell of every notebook.
"""

import re
import sys

from notebooks import CHAPTERS, CONFIG, address, normalise, read, stamp, store

FORM = re.compile(r"(https://github\.com/[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+?)(\.git)?/?")
LINE = re.compile(r"(^repository:[^\n]*\n(?:[ \t#][^\n]*\n|\n)*?[ \t]+url:[ \t]*)[^\s#]+", re.MULTILINE)


def set_address(url, config=CONFIG, notebooks=None):
    """Write the address into the configuration and into the notebooks; return it as written."""
    match = FORM.fullmatch(url)
    if not match:
        raise ValueError(
            f"expected https://github.com/OWNER/REPO, got {url!r}; "
            "Colab opens notebooks from github.com only, and pip needs the https form"
        )
    url = match[1]
    changed, found = LINE.subn(lambda line: line[1] + url, config.read_text(encoding="utf-8"))
    if found != 1:
        raise ValueError(f"expected one 'url:' below 'repository:' in {config.name}, found {found}")
    config.write_text(changed, encoding="utf-8", newline="\n")
    for path in sorted(CHAPTERS.glob("*.ipynb")) if notebooks is None else notebooks:
        store(normalise(stamp(read(path), address(config))), path)
    return url


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__.partition("\n")[0])
    try:
        print("The book's address is", set_address(sys.argv[1]))
    except ValueError as error:
        sys.exit(str(error))
