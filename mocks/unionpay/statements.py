"""The download of the settlement file (76): a clearing day's ZIP, deflated and in base64; 98 where there is none.

Sources: open.unionpay.com acpAPIId=791 for the request, playniuniu/python-unionpay@464b7926 ``fileDownload.py`` for the answer.
That a file is there from nine o'clock on the next day, and which year a month and day mean, is assumed.
"""

import base64
import zlib
from datetime import date, datetime, time, timedelta

from mocks.clock import BEIJING
from mocks.unionpay import settlement
from mocks.unionpay.codes import refused
from mocks.unionpay.desk import Answer, Desk

READY = time(9)


def download(desk: Desk, fields: dict[str, str]) -> Answer:
    """Hand out the file of a clearing day."""
    now = desk.now()
    day = _day(fields["settleDate"], now.date())
    if day is None:
        raise refused("10", why=f"settleDate {fields['settleDate']} is no day of the last year")
    if now < datetime.combine(day + timedelta(days=1), READY, BEIJING):
        raise refused("98", why=f"the file of {day} is made at {READY:%H:%M} of the next day")
    held = [one for one in desk.transactions.all.values() if one.settle_date == day and one.succeeded]
    if not held:
        raise refused("98", why=f"nothing was cleared on {day}")
    content = settlement.archive(fields["merId"], day, held)
    return {
        "settleDate": fields["settleDate"],
        "fileType": fields["fileType"],
        "fileName": f"{fields['merId']}_{day:%Y%m%d}.zip",
        "fileContent": base64.b64encode(zlib.compress(content)).decode(),
    }


def _day(month_and_day: str, today: date) -> date | None:
    """Return the last such day that is not to come."""
    for year in range(today.year, today.year - 5, -1):  # a leap day may lie years back
        try:
            found = date(year, int(month_and_day[:2]), int(month_and_day[2:]))
        except ValueError:
            continue
        if found <= today + timedelta(days=1):
            return found
    return None
