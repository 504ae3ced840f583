"""When things happen: days weighted by month and weekday, hours weighted by the time of day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from demo_data.seeding import Stream, Weights

OFFICE_HOURS = (0, 0, 0, 0, 0, 0, 0, 1, 5, 9, 10, 9, 6, 8, 9, 8, 6, 3, 1, 0, 0, 0, 0, 0)
SHOP_HOURS = (1, 0, 0, 0, 0, 0, 2, 4, 6, 7, 8, 8, 9, 8, 7, 7, 8, 9, 10, 11, 11, 9, 5, 2)
WEEKDAYS_ONLY = (1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0)


class Calendar:
    """Days from `first` to `last` (both included), as likely as the weight of their month and weekday.

    `months` has twelve weights, January first; `weekdays` seven, Monday first; `hours` twenty-four.
    """

    def __init__(
        self,
        first: dt.date,
        last: dt.date,
        months: Sequence[float] = (1.0,) * 12,
        weekdays: Sequence[float] = (1.0,) * 7,
        hours: Sequence[float] = OFFICE_HOURS,
    ) -> None:
        self.first, self.last = first, last
        days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
        self._days = Weights(months[day.month - 1] * weekdays[day.weekday()] for day in days)
        self._hours = Weights(hours)

    def day(self, stream: Stream, low: dt.date | None = None, high: dt.date | None = None) -> dt.date:
        """A day, optionally from `low` to `high` only."""
        start = max(0, ((low or self.first) - self.first).days)
        end = ((min(high or self.last, self.last)) - self.first).days
        return self.first + dt.timedelta(days=self._days.pick(stream, min(start, end), end))

    def moment(self, stream: Stream, low: dt.date | None = None, high: dt.date | None = None) -> dt.datetime:
        """A day with a time of day."""
        return self.at(stream, self.day(stream, low, high))

    def at(self, stream: Stream, day: dt.date) -> dt.datetime:
        """A time of day on `day`."""
        hour = self._hours.pick(stream, 0, 23)
        return dt.datetime.combine(day, dt.time(hour, stream.between(0, 59), stream.between(0, 59)))


def month_counts(moments: Sequence[dt.datetime]) -> dict[str, int]:
    """How many moments lie in each month of the year, "1" to "12"."""
    counts = dict.fromkeys(map(str, range(1, 13)), 0)
    for moment in moments:
        counts[str(moment.month)] += 1
    return counts


def months_between(first: dt.date, last: dt.date) -> list[dt.date]:
    """The first day of every month from `first` to `last`."""
    firsts = [dt.date(year, month, 1) for year in range(first.year, last.year + 1) for month in range(1, 13)]
    return [day for day in firsts if first.replace(day=1) <= day <= last]


def later(moment: dt.datetime, hours: float) -> dt.datetime:
    """`hours` after `moment`, on a whole second."""
    return moment + dt.timedelta(seconds=int(hours * 3600))


def aware_of_weekend(moment: dt.datetime) -> dt.datetime:
    """The moment, moved to Monday when it falls on a weekend."""
    surplus = moment.weekday() - 4
    return moment + dt.timedelta(days=3 - surplus) if surplus > 0 else moment
