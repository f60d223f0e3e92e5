"""Reconciliation 对账: a channel's bill of one day against the journal, and the differences as cases for people.

It needs the extra ``reconciliation`` (DuckDB) where a bill is compared, and nowhere else.
"""

from payment_channels.business.reconciliation.cases import Case, Cases, Step
from payment_channels.business.reconciliation.classes import ACTION_WORDS, CLASS_WORDS, SUGGESTED, Action, CaseState, Difference
from payment_channels.business.reconciliation.policy import AccountTerms, FeeTerms, ReconciliationPolicy, SettlementTerms
from payment_channels.business.reconciliation.reconciliation import Reconciliation
from payment_channels.business.reconciliation.running import Files
from payment_channels.business.reconciliation.runs import MissingBill, Run
from payment_channels.business.reconciliation.settling import Receipt, Receipts, Settlement, SettlementState
from payment_channels.business.reconciliation.totals import Sum, SummaryLine

__all__ = [
    "ACTION_WORDS",
    "CLASS_WORDS",
    "SUGGESTED",
    "AccountTerms",
    "Action",
    "Case",
    "CaseState",
    "Cases",
    "Difference",
    "FeeTerms",
    "Files",
    "MissingBill",
    "Receipt",
    "Receipts",
    "Reconciliation",
    "ReconciliationPolicy",
    "Run",
    "Settlement",
    "SettlementState",
    "SettlementTerms",
    "Step",
    "Sum",
    "SummaryLine",
]
