"""The pictures of the report in its documentation, from seeded data: ``python -m tests.business.reports.picture``."""

import base64
import sys
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from payment_channels.business.calendar import BEIJING
from payment_channels.business.reports import Period, page, report
from payment_channels.journal import Journal, KeyRing, SqliteStore
from tests.business.reports.seeded import seed
from tests.business.ticking import Ticking
from tests.docs.chromium import browsing, program

FOLDER = Path(__file__).parents[3] / "docs" / "img"
WIDTH, HEIGHT = 1180, 1010


def main() -> int:
    """Make both pictures anew; return the exit status."""
    chromium = program()
    if chromium is None:
        return 1
    with TemporaryDirectory() as name, browsing(chromium) as browser:
        folder, clock = Path(name), Ticking()
        store = SqliteStore(folder / "journal.sqlite3")
        journal = Journal(store, KeyRing.single(bytes(range(32))), clock=clock)
        seed(journal, clock, datetime(2026, 3, 5, tzinfo=BEIJING))
        made = report(journal, Period.day(date(2026, 3, 5)))
        store.close()
        for language in ("zh", "en"):
            file = folder / f"{language}.html"
            file.write_text(page(made, language=language), encoding="utf-8")
            shown = browser.page()
            shown.open(file.as_uri(), width=WIDTH, height=HEIGHT)
            told = shown.ask("Page.captureScreenshot", format="webp", quality=60)
            (FOLDER / f"report-{language}.webp").write_bytes(base64.b64decode(told["data"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
