"""The journal's tables, and how an older journal is brought up to date: a list of migrations, each applied once, in order.

Times are microseconds since 1970 in UTC, amounts minor units. ``sent_before``: the last attempt left before it, or never.
What names a person or an account is sealed; ids, amounts, states and times are not, since they are searched for.
"""

# {serial}, {blob} and {big} are written as each database has them. A migration that was released is never changed.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE orders (
            id {serial},
            account TEXT NOT NULL,
            kind TEXT NOT NULL,
            merchant_id TEXT NOT NULL,
            channel TEXT NOT NULL,
            channel_order_id TEXT,
            original_id TEXT,
            amount {big},
            currency TEXT,
            digest {blob} NOT NULL,
            digest_key TEXT NOT NULL,
            prepared {blob} NOT NULL,
            told_by {big},
            state TEXT NOT NULL,
            phase TEXT,
            canonical TEXT,
            attempts INTEGER NOT NULL,
            unresolved TEXT NOT NULL,
            conflict INTEGER NOT NULL DEFAULT 0,
            manual TEXT,
            created_at {big} NOT NULL,
            changed_at {big} NOT NULL,
            next_at {big},
            queries INTEGER NOT NULL DEFAULT 0,
            owner TEXT,
            lease_until {big},
            sent_before {big},
            UNIQUE (merchant_id, kind, account)
        )""",
        "CREATE INDEX orders_due ON orders (next_at) WHERE next_at IS NOT NULL",
        "CREATE INDEX orders_open ON orders (state, created_at) WHERE state IN ('unknown', 'pending', 'not_sent')",
        "CREATE INDEX orders_by_channel_id ON orders (channel_order_id, account) WHERE channel_order_id IS NOT NULL",
        "CREATE INDEX orders_in_conflict ON orders (changed_at) WHERE conflict = 1",
        "CREATE INDEX orders_manual ON orders (changed_at) WHERE manual IS NOT NULL",
        """CREATE TABLE events (
            id {serial},
            order_id {big} NOT NULL REFERENCES orders (id),
            at {big} NOT NULL,
            source TEXT NOT NULL,
            attempt INTEGER NOT NULL DEFAULT 0,
            outcome TEXT NOT NULL,
            canonical TEXT,
            raw TEXT,
            state TEXT NOT NULL,
            conflict INTEGER NOT NULL DEFAULT 0,
            note TEXT,
            result {blob}
        )""",
        "CREATE INDEX events_of_order ON events (order_id, id)",
        """CREATE TABLE notices (
            id {serial},
            account TEXT NOT NULL,
            notification_id TEXT NOT NULL,
            received_at {big} NOT NULL,
            kind TEXT NOT NULL,
            merchant_id TEXT,
            channel_order_id TEXT,
            order_id {big},
            outcome TEXT,
            inbound {blob} NOT NULL,
            UNIQUE (account, notification_id)
        )""",
        "CREATE INDEX notices_unmatched ON notices (received_at) WHERE order_id IS NULL",
    ),
)
