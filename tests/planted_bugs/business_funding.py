"""Faults planted in funding: where an order's money belongs, whose it is, who may move it, and what people are told."""

from tests.planted_bugs.bug import Bug

F = "payment_channels/business/funding/"
T = "tests/business/funding/"
BOOKS = (T + "test_funding.py",)
FEES = (T + "test_fees_and_returns.py",)
BATCHES = (T + "test_batches.py",)
RESIDUALS = (T + "test_residuals.py",)
ALARMS = (T + "test_alarms.py",)
STATEMENTS = (T + "test_statements.py",)
THREADS = (T + "test_threads.py",)
FREE = ("tests/business/routing/test_what_never_left_is_free.py",)
ONCE = ("tests/business/routing/test_nothing_is_paid_once_more.py",)
POLICIES = ("tests/business/test_policies.py",)
STORY = (T + "test_any_story.py",)

BUGS = [
    # --- where an order's money belongs
    Bug(
        F + "positions.py",
        "        return Books(reserved=-fact.amount - expected, residual=fact.amount, available=expected)\n",
        "        return Books(reserved=-fact.amount - expected, available=fact.amount + expected)\n",
        BOOKS,
    ),
    Bug(
        F + "positions.py", "    if fact.state is State.FAILED:\n", "    if fact.state in {State.FAILED, State.UNKNOWN}:\n", STORY
    ),
    Bug(F + "positions.py", "    if reservation.mode is Mode.INSTRUCTION_FIRST:\n", "    if False:\n", BOOKS),
    Bug(F + "positions.py", "    more = max(0, where.available)", "    more = 0", BOOKS),
    Bug(F + "positions.py", "taken = 0 if reservation.fee is None else", "taken = 0 if fact.fee is None else", FEES),
    Bug(
        F + "positions.py",
        "given_back = taken if undone or fact.fee_kept is False else 0",
        "given_back = taken if undone or not fact.fee_kept else 0",
        FEES,
    ),
    Bug(F + "positions.py", "return paid + _came_back(fact, taken) if fact.state in CAME_BACK else paid", "return paid", BOOKS),
    Bug(
        F + "positions.py",
        "back = fact.amount if undone or fact.back is None else min(fact.back, fact.amount)",
        "back = fact.amount",
        FEES,
    ),
    # --- what the journal says
    Bug(
        F + "facts.py",
        "fee=fee, back=back, fee_kept=kept, conflict=standing.conflict",
        "fee=None, back=back, fee_kept=kept, conflict=standing.conflict",
        FEES,
    ),
    Bug(
        F + "facts.py",
        "    paid = [one for one in answers if one.outcome.value in _PAID]\n",
        "    paid = list(answers)[-1:]\n",
        FEES,
    ),
    Bug(
        F + "facts.py",
        "        return standing  # the batch is sent again for its other lines\n",
        "        return fold(standing, finding)\n",
        BATCHES,
    ),
    Bug(
        F + "facts.py",
        "    if line is not None and line.outcome is not Outcome.UNKNOWN:\n",
        "    if line is not None:\n",
        BATCHES,
    ),
    Bug(
        F + "facts.py",
        "if not said_of_the_whole or (standing.state in FINAL and not settles_it):",
        "if not said_of_the_whole:",
        BATCHES,
    ),
    # --- the ledger
    Bug(F + "ledger.py", "    if change.total != 0 or not change:\n", "    if not change:\n", (T + "test_ledger.py",)),
    Bug(F + "ledger.py", "    _draw(cursor, purse, overdraft(after) - overdraft(held.books))\n", "", BOOKS),
    Bug(
        F + "ledger.py", "    return max(0, -books.available)\n", "    return max(0, -books.available - books.residual)\n", STORY
    ),
    Bug(F + "ledger.py", "    return business_day(found).isoformat()\n", "    return found.date().isoformat()\n", STATEMENTS),
    Bug(F + "tables.py", "_BALANCED = f\"CHECK ({' + '.join(NAMES)} = 0)\"", '_BALANCED = "CHECK (1 = 1)"', STATEMENTS),
    # --- before an order leaves
    Bug(F + "funding.py", "        suffices(self.journal.store, cursor, held, asked, settings)\n", "", BOOKS),
    Bug(
        F + "funding.py",
        "(known.purse, known.amount, known.orders) != (purse, amount.amount, orders)",
        "known.orders != orders",
        BOOKS,
    ),
    Bug(
        F + "funding.py", "            again = replace(known, holders=known.holders + 1)\n", "            again = known\n", BOOKS
    ),
    Bug(F + "funding.py", "return replace(found, holders=max(0, found.holders - 1))", "return replace(found, holders=0)", BOOKS),
    Bug(
        F + "short.py",
        "        return books.available + books.residual\n",
        "        return max(books.available, 0) + max(books.residual, 0)\n",
        BOOKS,
    ),
    Bug(F + "short.py", "settings.credit - used\n", "settings.credit\n", BOOKS),
    Bug(F + "short.py", "held.books, settings, locking=True)", "held.books, settings)", THREADS),
    # --- after it
    Bug(F + "following.py", "    if told is None or told.state is State.NOT_SENT:\n", "    if told is None:\n", STORY),
    Bug(F + "following.py", "min(max(0, held.books.residual), asked.needed)", "0", BOOKS),
    Bug(F + "following.py", "    if found.state == TAKEN_OUT:\n        return found\n", "", RESIDUALS),
    Bug(
        F + "sweeping.py",
        '"WHERE e.id > ? AND r.seen_event < e.id LIMIT ?"',
        '"WHERE e.id > ? AND r.reserved <> 0 AND r.seen_event < e.id LIMIT ?"',
        BOOKS,
    ),
    Bug(F + "sweeping.py", "WHERE id > ? AND at < ?", "WHERE id > ? AND at < ? + 1000000000000000", THREADS),
    Bug(F + "following.py", "    if told.never_left and found.state not in FINAL:", "    if False:", FREE),
    Bug(F + "following.py", " or (before == RELEASED and conflicts > 0)\n", "\n", FREE),
    Bug(F + "facts.py", "    return ended_here.issuperset(range(1, standing.attempts + 1))\n", "    return True\n", FREE),
    Bug(F + "facts.py", "outcome != Outcome.UNKNOWN and (answered or outcome != Outcome.FAILED)", "False", FREE),
    Bug(F + "funding.py", "if ended is not None and ended.state is State.FAILED:", "if False:", FREE),
    # --- in, out, and two people
    Bug(
        F + "cash.py",
        '    who, reason = ", ".join(checked_by_another(*people)), named(why, "why")\n',
        '    who, reason = ", ".join(people), named(why, "why")\n',
        STATEMENTS,
    ),
    Bug(F + "cash.py", "        if _is_known(cursor, purse, change, entry):\n            return held.books\n", "", BOOKS),
    Bug(
        F + "residuals.py",
        "            _, checker = checked_by_another(asked.maker, who)\n",
        "            checker = who\n",
        RESIDUALS,
    ),
    Bug(
        F + "residuals.py",
        "            self._left_by(cursor, asked.original, amount)\n",
        "",
        RESIDUALS,
    ),
    Bug(F + "residuals.py", "            self._fits(cursor, asked.root, amount, asked)\n", "", RESIDUALS),
    Bug(F + "funding.py", "in dict.fromkeys((asked.original, asked.root)):", "in (asked.original,):", RESIDUALS),
    Bug(
        F + "residuals.py",
        "                self._nowhere_else(cursor, original, root)\n",
        "                self._nowhere_else(cursor, original)\n",
        ONCE,
    ),
    Bug(
        F + "residuals.py",
        "                self._nowhere_else(cursor, asked.original, asked.root)\n",
        "                pass\n",
        ONCE,
    ),
    Bug(F + "residuals.py", "        if held.books.residual < asked.amount:\n", "        if False:\n", RESIDUALS),
    Bug(
        F + "remaining.py",
        "    return found.root if found is not None and found.key == original else original\n",
        "    return original\n",
        RESIDUALS,
    ),
    Bug(F + "remaining.py", "not in {RELEASED, *ENDED_WITHOUT}", "not in ENDED_WITHOUT", RESIDUALS),
    Bug(
        "payment_channels/business/policies.py",
        "        return sorted(plain, key=json.dumps)\n",
        "        return plain\n",
        POLICIES,
    ),
    # --- what people are told
    Bug(F + "remaining.py", "- used)))\n", ")))\n", RESIDUALS),
    Bug("payment_channels/business/amounts.py", "{text_of_minor(amount)} CNY", "{amount} CNY", BOOKS),
    Bug(F + "alarms.py", "    if ours < settings.stop:\n", "    if ours <= settings.stop:\n", ALARMS),
    Bug(F + "alarms.py", "journal.clock() - compared.at < FRESH and ", "", ALARMS),
    Bug(
        F + "comparing.py",
        "return int(free), int(free) + int(reserved) + int(used)",
        "return int(free) + int(reserved), int(free) + int(reserved)",
        ALARMS,
    ),
    Bug(F + "verifying.py", 'GROUP BY entry_id HAVING SUM(amount) <> 0"', 'GROUP BY entry_id HAVING COUNT(*) = 0"', STATEMENTS),
]
