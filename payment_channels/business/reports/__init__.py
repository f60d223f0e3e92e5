"""Reports for operations: what a period came to, by merchant and channel, on the terminal, in CSV files and on one page."""

from payment_channels.business.reports.figures import Figure
from payment_channels.business.reports.page import page
from payment_channels.business.reports.period import Period
from payment_channels.business.reports.report import Report, report
from payment_channels.business.reports.sheets import Bar, Cell, Chart, Column, Rate, Series, Sheet, Words
from payment_channels.business.reports.spreadsheets import write_files

__all__ = [
    "Bar",
    "Cell",
    "Chart",
    "Column",
    "Figure",
    "Period",
    "Rate",
    "Report",
    "Series",
    "Sheet",
    "Words",
    "page",
    "report",
    "write_files",
]
