"""The days that a report is about: Beijing days, whole ones, as moments of the journal."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from payment_channels.business.calendar import BEIJING
from payment_channels.journal.records import microseconds
from payment_channels.model.refusals import InvalidRequestError

LONGEST_DAYS = 366
"""A report is read by people; a longer one is several."""
_HOUR = timedelta(hours=1) // timedelta(microseconds=1)
_AHEAD = timedelta(hours=8) // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Period:
    """Beijing days from ``first`` to ``last``, both included.

    Raises:
        InvalidRequestError: it ends before it begins, or has more than 366 days.
    """

    first: date
    last: date

    def __post_init__(self) -> None:
        """Refuse what is no period."""
        if self.last < self.first:
            raise InvalidRequestError.because(
                f"报表期间的止日 {self.last} 早于起日 {self.first}",
                f"the period ends on {self.last}, before it begins on {self.first}",
                field="until",
            )
        if self.days > LONGEST_DAYS:
            raise InvalidRequestError.because(
                f"报表期间有 {self.days} 天，最长 {LONGEST_DAYS} 天；请分成几份",
                f"the period has {self.days} days and may have {LONGEST_DAYS}: make several reports",
                field="until",
            )

    @classmethod
    def day(cls, day: date) -> "Period":
        """Return a period of one day."""
        return cls(day, day)

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def begins(self) -> int:
        """Its first moment, in microseconds."""
        return microseconds(datetime.combine(self.first, time(), BEIJING))

    @property
    def ends(self) -> int:
        """The first moment after it, in microseconds."""
        return microseconds(datetime.combine(self.last + timedelta(days=1), time(), BEIJING))

    @property
    def zh(self) -> str:
        """Its days, in Chinese."""
        days = f"{self.first}" if self.days == 1 else f"{self.first} 至 {self.last}"
        return f"北京时间 {days}"

    @property
    def en(self) -> str:
        """Its days, in English."""
        days = f"{self.first}" if self.days == 1 else f"{self.first} to {self.last}"
        return f"{days} (Beijing time)"

    @property
    def slot(self) -> int:
        """How long the parts are that its course is told in, in microseconds: hours of a day, days of more."""
        return _HOUR if self.days == 1 else 24 * _HOUR

    def slots(self) -> list[tuple[int, datetime]]:
        """Return the number and the beginning of each part; ``slot_number`` gives an order's."""
        begins = datetime.combine(self.first, time(), BEIJING)
        first, length = (self.begins + _AHEAD) // self.slot, timedelta(microseconds=self.slot)
        return [(first + place, begins + place * length) for place in range((self.ends - self.begins) // self.slot)]

    @property
    def slot_number(self) -> str:
        """The SQL that gives the number of the part that an order was written down in."""
        return f"(o.created_at + {_AHEAD}) / {self.slot}"
