"""The room's tables in the journal's database: runs, cases with their trail, what other days' bills had, and receipts.

Days are texts (2026-03-05), so that any database orders them; times and amounts are the journal's. No column names a person or an
account number of a payer or payee: evidence is typed facts and the row's place in the bill, which the core archives.
"""

from payment_channels.journal.store import Migrations

ROOM = "reconciliation"
TABLES: Migrations = (
    (
        # Of the journal's own table: a day's orders are read by when they were written down.
        "CREATE INDEX reconciliation_orders_of_a_day ON orders (account, created_at)",
        """CREATE TABLE reconciliation_runs (
            id {serial},
            account TEXT NOT NULL,
            day TEXT NOT NULL,
            at {big} NOT NULL,
            bill_status TEXT NOT NULL,
            policy_version {big} NOT NULL,
            found TEXT NOT NULL
        )""",
        "CREATE INDEX reconciliation_runs_of_a_day ON reconciliation_runs (account, day, id)",
        """CREATE TABLE reconciliation_cases (
            id {serial},
            account TEXT NOT NULL,
            day TEXT NOT NULL,
            kind TEXT NOT NULL,
            number TEXT NOT NULL,
            ordinal INTEGER NOT NULL,
            difference TEXT NOT NULL,
            facts TEXT NOT NULL,
            state TEXT NOT NULL,
            currency TEXT NOT NULL,
            channel_amount {big},
            local_amount {big},
            channel_fee {big},
            expected_fee {big},
            evidence TEXT NOT NULL,
            action TEXT NOT NULL,
            why TEXT,
            maker TEXT,
            checker TEXT,
            opened_at {big} NOT NULL,
            changed_at {big} NOT NULL,
            UNIQUE (account, day, kind, number, ordinal)
        )""",
        """CREATE INDEX reconciliation_cases_open ON reconciliation_cases (account, day)
            WHERE state IN ('waiting', 'open', 'proposed')""",
        "CREATE INDEX reconciliation_cases_of_an_order ON reconciliation_cases (number, kind, account)",
        """CREATE TABLE reconciliation_trail (
            id {serial},
            case_id {big} NOT NULL REFERENCES reconciliation_cases (id),
            at {big} NOT NULL,
            who TEXT NOT NULL,
            what TEXT NOT NULL,
            note TEXT NOT NULL
        )""",
        "CREATE INDEX reconciliation_trail_of_a_case ON reconciliation_trail (case_id, id)",
        """CREATE TABLE reconciliation_elsewhere (
            account TEXT NOT NULL,
            kind TEXT NOT NULL,
            number TEXT NOT NULL,
            bill_day TEXT NOT NULL,
            order_day TEXT NOT NULL,
            PRIMARY KEY (account, kind, number, bill_day)
        )""",
        "CREATE INDEX reconciliation_elsewhere_of_a_day ON reconciliation_elsewhere (account, order_day)",
        """CREATE TABLE reconciliation_receipts (
            id {serial},
            account TEXT NOT NULL,
            received_on TEXT NOT NULL,
            for_day TEXT NOT NULL,
            currency TEXT NOT NULL,
            amount {big} NOT NULL,
            reference TEXT NOT NULL,
            who TEXT NOT NULL,
            at {big} NOT NULL,
            UNIQUE (account, reference)
        )""",
    ),
)
