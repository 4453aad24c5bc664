"""Takes the README's picture: the golden letter on a desktop and, in the dark, on a phone.

python -m tests.rendering.picture     writes tests/golden/letter.png
"""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from digest.models import Letter
from digest.rendering.checks import opened
from digest.rendering.gallery import letter_files

HERE = Path(__file__).parent
GOLDEN = HERE.parent / "golden"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


def main() -> None:
    """Write the files that the page shows, and take it."""
    message = (GOLDEN / "letter.eml").read_bytes()
    letter = opened(Letter("letter", "", "", "", (message,)))
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        for name, content in letter_files(letter).items():
            Path(folder, name).write_bytes(content)
        page_file = shutil.copy(HERE / "picture.html", folder)
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = browser.new_page(viewport={"width": 1183, "height": 1012})
        page.goto(Path(page_file).as_uri())
        page.screenshot(path=GOLDEN / "letter.png")
        browser.close()


if __name__ == "__main__":
    main()
