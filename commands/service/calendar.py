"""What may be asked about calendars: by the CRM administrator."""

from __future__ import annotations

from commands.command import Asked, Command, Decision
from commands.permission import needs
from domain.service import calendar as rule
from domain.service.calendar import CALENDAR, Calendar, Holidays, OpeningHours
from domain.staff.worker import Right
from domain.values import CalendarId, Label


class DefineCalendar(Command, topic="calendar.define", of=CALENDAR):
    """Write down when we are open (D4)."""

    name: Label
    hours: OpeningHours

    def decide(self, own: Calendar, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.define(own, self.name, self.hours)


class ReviseCalendar(Command, topic="calendar.revise", of=CALENDAR):
    """Write down a new version, which counts from its recorded instant on (D7)."""

    calendar: CalendarId
    hours: OpeningHours

    def decide(self, own: Calendar, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.revise(own, self.hours)


class RenameCalendar(Command, topic="calendar.rename", of=CALENDAR):
    """Call a calendar by another name."""

    calendar: CalendarId
    name: Label

    def decide(self, own: Calendar, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.rename(own, self.name)


class AddHolidays(Command, topic="calendar.add-holidays", of=CALENDAR):
    """Be closed on these days, too: a new version of the calendar, which counts from its recorded instant on (D7)."""

    calendar: CalendarId
    holidays: Holidays

    def decide(self, own: Calendar, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.add_holidays(own, self.holidays)


class RemoveHolidays(Command, topic="calendar.remove-holidays", of=CALENDAR):
    """Be open on these days as on others: a new version of the calendar, from its recorded instant on (D7)."""

    calendar: CalendarId
    holidays: Holidays

    def decide(self, own: Calendar, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.remove_holidays(own, self.holidays)
