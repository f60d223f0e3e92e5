"""The tables of funding, in the journal's database. Postings are the ledger; balances and days are sums of them, kept exact.

Amounts are minor units, times microseconds since 1970 in UTC, days Beijing's. What is kept as sums balances by a CHECK of the
database itself, whatever program writes.
"""

from payment_channels.business.funding.books import NAMES
from payment_channels.journal.store import Migrations

_BOOKS = ", ".join(f"{name} {{big}} NOT NULL DEFAULT 0" for name in NAMES)
_BALANCED = f"CHECK ({' + '.join(NAMES)} = 0)"

TABLES: Migrations = (
    (
        """CREATE TABLE fund_entries (
            id {serial},
            merchant TEXT NOT NULL,
            account TEXT NOT NULL,
            currency TEXT NOT NULL,
            kind TEXT NOT NULL,
            at {big} NOT NULL,
            day TEXT NOT NULL,
            order_kind TEXT,
            order_number TEXT,
            reference TEXT,
            who TEXT,
            note TEXT
        )""",
        "CREATE UNIQUE INDEX fund_entries_reference ON fund_entries (account, kind, reference) WHERE reference IS NOT NULL",
        "CREATE INDEX fund_entries_order ON fund_entries (order_number, order_kind, account) WHERE order_number IS NOT NULL",
        "CREATE INDEX fund_entries_day ON fund_entries (account, day)",
        """CREATE TABLE fund_postings (
            entry_id {big} NOT NULL REFERENCES fund_entries (id),
            book TEXT NOT NULL,
            amount {big} NOT NULL CHECK (amount <> 0),
            PRIMARY KEY (entry_id, book)
        )""",
        f"""CREATE TABLE fund_balances (
            account TEXT NOT NULL,
            merchant TEXT NOT NULL,
            currency TEXT NOT NULL,
            {_BOOKS},
            {_BALANCED},
            PRIMARY KEY (account, merchant, currency)
        )""",
        f"""CREATE TABLE fund_days (
            account TEXT NOT NULL,
            merchant TEXT NOT NULL,
            currency TEXT NOT NULL,
            day TEXT NOT NULL,
            kind TEXT NOT NULL,
            entries {{big}} NOT NULL DEFAULT 0,
            {_BOOKS},
            {_BALANCED},
            PRIMARY KEY (account, merchant, currency, day, kind)
        )""",
        """CREATE TABLE fund_credit (
            account TEXT NOT NULL,
            currency TEXT NOT NULL,
            used {big} NOT NULL CHECK (used >= 0),
            PRIMARY KEY (account, currency)
        )""",
        f"""CREATE TABLE fund_reservations (
            id {{serial}},
            account TEXT NOT NULL,
            kind TEXT NOT NULL,
            merchant_id TEXT NOT NULL,
            merchant TEXT NOT NULL,
            currency TEXT NOT NULL,
            amount {{big}} NOT NULL CHECK (amount > 0),
            orders INTEGER NOT NULL,
            fee {{big}},
            mode TEXT NOT NULL,
            from_residual {{big}} NOT NULL,
            holders INTEGER NOT NULL,
            state TEXT NOT NULL,
            conflicts INTEGER NOT NULL DEFAULT 0,
            seen_event {{big}} NOT NULL DEFAULT 0,
            {_BOOKS},
            reserved_at {{big}} NOT NULL,
            followed_at {{big}} NOT NULL,
            {_BALANCED},
            UNIQUE (merchant_id, kind, account)
        )""",
        "CREATE INDEX fund_reservations_open ON fund_reservations (id) WHERE reserved <> 0",
        "CREATE INDEX fund_reservations_in_conflict ON fund_reservations (id) WHERE conflicts <> 0",
        "CREATE TABLE fund_sweep (event {big} NOT NULL)",
        """CREATE TABLE fund_comparisons (
            id {serial},
            account TEXT NOT NULL,
            currency TEXT NOT NULL,
            at {big} NOT NULL,
            total {big} NOT NULL,
            available {big} NOT NULL,
            least {big} NOT NULL,
            most {big} NOT NULL
        )""",
        "CREATE INDEX fund_comparisons_of ON fund_comparisons (account, currency, id)",
        """CREATE TABLE fund_requests (
            id {serial},
            number TEXT NOT NULL,
            account TEXT NOT NULL,
            kind TEXT NOT NULL,
            merchant TEXT NOT NULL,
            currency TEXT NOT NULL,
            amount {big} NOT NULL CHECK (amount > 0),
            original_kind TEXT NOT NULL,
            original_number TEXT NOT NULL,
            root_kind TEXT NOT NULL,
            root_number TEXT NOT NULL,
            state TEXT NOT NULL,
            maker TEXT NOT NULL,
            why TEXT NOT NULL,
            proposed_at {big} NOT NULL,
            checker TEXT,
            decided_at {big},
            note TEXT,
            UNIQUE (number, account)
        )""",
        "CREATE INDEX fund_requests_root ON fund_requests (root_number, root_kind, account)",
    ),
)
