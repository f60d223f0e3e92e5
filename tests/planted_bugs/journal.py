"""Faults planted in the journal: what is written when, whose an attempt is, what follows from a finding, when to look again."""

from tests.planted_bugs.bug import Bug

J = "payment_channels/journal/"
FOLDING = ("tests/journal/test_folding.py",)
DOUBT = ("tests/journal/test_doubt.py", "tests/journal/test_looks.py")
LOOP = ("tests/journal/test_loop.py",)
NAMED = ("tests/journal/test_nobody_is_named.py",)
COMMITS = ("tests/journal/test_commits_in_doubt.py",)
DURABLE = ("tests/journal/test_durable_client.py",)
CLAIMS = ("tests/journal/test_claims.py",)
RESOLVER = ("tests/journal/test_resolver.py",)
NOTICES = ("tests/journal/test_notices.py",)
STORES = ("tests/journal/test_stores.py",)
MIGRATED = ("tests/journal/test_migrations.py",)
FORKS = ("tests/journal/test_forks.py",)
FAILING = ("tests/journal/test_failing.py",)
SCHEDULES = ("tests/journal/test_schedules.py",)
SEALING = ("tests/journal/test_sealing.py",)
ACTIONS = ("tests/journal/test_actions.py",)
BILLED = ("tests/journal/test_billed.py",)
PERSISTED = ("tests/journal/test_persisted.py",)

BUGS = [
    # --- the order of commits: what is promised is on the disk, and everybody who waits is told the truth
    Bug(
        J + "sqlite.py",
        '            committing = True\n            writer.execute("COMMIT")\n',
        "            committing = True\n            for job in jobs:\n                job.end()\n"
        '            writer.execute("COMMIT")\n',
        STORES,
    ),
    Bug(J + "sqlite.py", "PRAGMA synchronous = FULL", "PRAGMA synchronous = NORMAL", STORES),
    Bug(J + "sqlite.py", '            writer.execute("ROLLBACK TO one")\n', "            pass\n", STORES),
    Bug(J + "sqlite.py", "maybe_kept = committing and _may_be_kept(error)", "maybe_kept = False", FAILING),
    Bug(J + "sqlite.py", "return code & 0xFF not in _SURELY_UNDONE", "return True", STORES),
    Bug(J + "sqlite.py", "self._waiting.extendleft(reversed(jobs))", "pass", STORES),
    Bug(J + "sqlite.py", "            raise  # nobody's part can be kept\n", "            pass\n", FAILING),
    Bug(J + "postgres.py", "            connection.execute(DURABLE)\n", "", STORES),
    Bug(J + "postgres.py", "            hand.committing = True\n", "", FAILING),
    Bug(J + "postgres.py", "if lay_idle and not committing and isinstance(", "if lay_idle and isinstance(", FAILING),
    Bug(J + "postgres.py", 'skip_locked = " FOR UPDATE SKIP LOCKED"', 'skip_locked = ""', CLAIMS),
    Bug(J + "postgres.py", 'for_update = " FOR UPDATE"', 'for_update = ""', CLAIMS),
    Bug(J + "postgres.py", 'hand.connection.execute("ROLLBACK")\n', 'hand.connection.execute("COMMIT")\n', STORES),
    Bug(J + "postgres.py", "        if self._process != os.getpid():\n", "        if False:\n", FORKS),
    Bug(J + "store.py", "    if version > known:\n", "    if version < known:\n", MIGRATED),
    Bug(J + "store.py", '    CANONICAL = "JOURNAL_UNAVAILABLE"\n', '    CANONICAL = "CONFIGURATION_INVALID"\n', STORES),
    Bug(J + "store.py", "in migrations[version:]:", "in migrations:", MIGRATED),
    Bug(J + "postgres.py", '            cursor.rows("SELECT pg_advisory_xact_lock(?)", (LOCK,))\n', "", MIGRATED),
    # --- written down before the wire
    Bug(J + "journal.py", "        if not self._has_content(cursor, record, draft.content):\n", "        if False:\n", DURABLE),
    Bug(J + "journal.py", "return self.ring.digest(content, name)[1] == bytes(digest)", "return True", DURABLE),
    Bug(J + "journal.py", "        if not may_open(record, now, again=again):\n            return None\n", "", DURABLE),
    Bug(J + "journal.py", "if added and standing.attempts:", "if False:", DURABLE),
    Bug(J + "journal.py", "            now = self.now()  # and not before", "            now = 0  # and not before", DOUBT),
    Bug(J + "opening.py", 'frozenset({"ordered_at", ', 'frozenset({"remark", "ordered_at", ', DURABLE),
    Bug(J + "opening.py", 'frozenset({"ordered_at", "notify_url", "return_url"})', "frozenset()", ACTIONS),
    Bug(J + "opening.py", '"lines": {"__all__": set(SAME_BUT_FOR)}', '"lines": True', ACTIONS),
    Bug(J + "opening.py", "value.astimezone(UTC).isoformat() if", "value.isoformat() if", ACTIONS),
    Bug(J + "opening.py", "or (again and record.state is State.FAILED)", "or record.state is State.FAILED", DOUBT),
    Bug(J + "opening.py", "return record.owner == lease.owner and record.leased_at(now)", "return record.leased_at(now)", CLAIMS),
    Bug(
        J + "opening.py",
        "now + self.length // timedelta(microseconds=1)",
        "now + self.length // timedelta(milliseconds=1)",
        CLAIMS,
    ),
    Bug(J + "opening.py", "now + self.length // timedelta(microseconds=1)", "2**62", CLAIMS),
    Bug(J + "opening.py", '"next_at": until, "sent_before": until}', '"next_at": until, "sent_before": now}', CLAIMS),
    Bug(J + "opening.py", "record.standing.attempts + 1, lease.until(now)", "record.standing.attempts, lease.until(now)", DOUBT),
    # --- what a caller is told
    Bug(J + "durable.py", "in_doubt = in_doubt or error.maybe_kept", "in_doubt = error.maybe_kept", COMMITS),
    Bug(J + "durable.py", "                if not in_doubt:\n                    raise\n", "                raise\n", COMMITS),
    Bug(J + "durable.py", "        return min(seconds, (", "        return max(seconds, (", DOUBT),
    Bug(J + "durable.py", "if record is None or record.state is State.NOT_SENT:\n", "if True:\n", DOUBT),
    Bug(
        J + "durable.py",
        "if in_doubt else result\n        if record.state.value == result.outcome.value:",
        "if in_doubt else result\n        if True:",
        DOUBT,
    ),
    Bug(J + "durable.py", "in_doubt = result.outcome is Outcome.FAILED and", "in_doubt = False and", DOUBT),
    Bug(J + "durable.py", "record.standing.attempts - (1 if on_its_way else 0)", "record.standing.attempts", DOUBT),
    Bug(J + "durable.py", "and record.owner != own\n", "\n", DOUBT),
    Bug(J + "durable.py", "if record.standing.unresolved or record.state is not State.NOT_SENT:", "if False:", DOUBT),
    Bug(J + "durable.py", '{"outcome": Outcome(state.value), "phase"', '{"phase"', DOUBT),
    Bug(J + "durable.py", "in FINAL else line.model_copy(update=changes)", "in FINAL else line", ACTIONS),
    Bug(J + "durable.py", "    if borne_out is not None and not all(", "    if False and not all(", ACTIONS),
    Bug(J + "durable.py", "MARGIN = timedelta(seconds=5)", "MARGIN = timedelta(seconds=-5)", DURABLE),
    # --- what follows from a finding
    Bug(J + "folding.py", "opened = standing.unresolved | {finding.attempt}", "opened = frozenset({finding.attempt})", FOLDING),
    Bug(J + "folding.py", "    left = standing.unresolved - {attempt}\n", "    left: frozenset[int] = frozenset()\n", FOLDING),
    Bug(
        J + "folding.py",
        "state = ending if standing.state is State.UNKNOWN and not left",
        "state = ending if standing.state is State.UNKNOWN",
        FOLDING,
    ),
    Bug(J + "folding.py", "ending if standing.state is State.UNKNOWN and", "ending if standing.state in UNRESOLVED and", FOLDING),
    Bug(
        J + "folding.py",
        "    if told is Outcome.UNKNOWN:\n        return standing\n",
        "    if told is Outcome.UNKNOWN:\n        return replace(standing, state=State.UNKNOWN)\n",
        FOLDING,
    ),
    Bug(
        J + "folding.py",
        "replace(standing, state=State.PENDING, conflict=True)",
        "replace(standing, state=State.PENDING)",
        FOLDING,
    ),
    Bug(
        J + "folding.py",
        "    if standing.state in {State.SUCCEEDED, *_UNDONE}:\n",
        "    if standing.state in _UNDONE:\n",
        FOLDING,
    ),
    Bug(J + "folding.py", "return replace(standing, conflict=True)  # money", "return standing  # money", FOLDING),
    Bug(J + "folding.py", "if number > finding.attempt)", "if number > finding.attempt + 1)", FOLDING),
    Bug(J + "folding.py", "state is moved or (state in _UNDONE and moved is State.SUCCEEDED)", "state is moved", FOLDING),
    Bug(
        J + "folding.py",
        "contradicts = state in {State.FAILED, State.NOT_SENT} or",
        "contradicts = state in {State.NOT_SENT} or",
        FOLDING,
    ),
    Bug(
        J + "folding.py",
        "    if finding.outcome is Outcome.UNKNOWN:\n        return standing\n",
        "    if finding.outcome is Outcome.UNKNOWN:\n        return _without(standing, finding.attempt, State.FAILED)\n",
        FOLDING,
    ),
    Bug(
        J + "inbox.py",
        "            self._take(event, inbound, number)\n",
        "            try:\n                self._take(event, inbound, number)\n            except Exception:  # told to nobody\n"
        "                continue\n",
        NOTICES,
    ),
    # --- what is written of it
    Bug(J + "writing.py", "    if record.told_by is None or carries:\n", "    if True:\n", CLAIMS),
    Bug(J + "writing.py", "    carries = carries or _ends_each_line(result)\n", "", ACTIONS),
    Bug(J + "writing.py", " or _ends_each_line(told.result)", "", ACTIONS),
    Bug(J + "writing.py", "return bool(lines) and all(", "return bool(lines) and any(", ACTIONS),
    Bug(J + "writing.py", '    carries = carries and not (waits and vars(result).get("confirm_code") is None)\n', "", ACTIONS),
    Bug(J + "writing.py", "            if mine:\n", "            if True:\n", DOUBT),
    Bug(J + "writing.py", "if finding.attempt == record.standing.attempts:", "if True:", CLAIMS),
    Bug(J + "writing.py", "if mine or not record.leased_at(at):", "if True:", CLAIMS),
    Bug(J + "writing.py", "        if after.state in FINAL:\n", "        if False:\n", RESOLVER),
    Bug(J + "writing.py", "heard = told.result is None or finding.outcome is not Outcome.UNKNOWN", "heard = True", DOUBT),
    # --- whose a claim is
    Bug(
        J + "claims.py",
        '_FREE = "next_at <= ? AND (lease_until IS NULL OR lease_until <= ?)"',
        '_FREE = "next_at <= ? AND ? > 0"',
        CLAIMS,
    ),
    Bug(J + "claims.py", "current.owner != lease.owner or current", "current", CLAIMS),
    Bug(J + "claims.py", " or current.standing != record.standing:", ":", CLAIMS),
    Bug(J + "claims.py", "        if current.owner not in {owner, None}:\n", "        if False:\n", CLAIMS),
    Bug(J + "claims.py", "reason = None if current.state in FINAL else given_up", "reason = given_up", DOUBT),
    Bug(J + "claims.py", "            due = asked  # news", "            due = None  # news", DOUBT),
    Bug(J + "claims.py", "max(due, asked) if due is not None and asked is not None else due", "due", DOUBT),
    Bug(
        J + "claims.py",
        "\"SELECT account, kind, merchant_id FROM orders WHERE state = 'not_sent' AND attempts = 0 \"",
        "\"SELECT account, kind, merchant_id FROM orders WHERE state = 'not_sent' \"",
        CLAIMS,
    ),
    # --- what a query's answer says, and when to look again
    Bug(J + "asking.py", "max(since, record.sent_before + timedelta(seconds=quiet))", "since", DOUBT),
    Bug(
        J + "asking.py",
        "return Outcome.FAILED if journal.has_heard(record, NOT_FOUND) else result.outcome",
        "return Outcome.FAILED",
        DOUBT,
    ),
    Bug(
        J + "asking.py",
        "or record.sent_before is None or record.state is not State.UNKNOWN:\n        return result.outcome",
        "or record.sent_before is None:\n        return result.outcome",
        DOUBT,
    ),
    Bug(J + "asking.py", "return now - since >= timedelta(seconds=pause)", "return True", DOUBT),
    Bug(J + "asking.py", "is Resend.SAME_CONTENT", "is not None", ACTIONS),
    Bug(
        J + "asking.py",
        '"cancel": {State.FAILED: Outcome.SUCCEEDED, ',
        '"cancel": {State.SUCCEEDED: Outcome.FAILED, State.FAILED: Outcome.SUCCEEDED, ',
        ACTIONS,
    ),
    Bug(J + "journal.py", "record.standing.attempts, *sorted(canonicals)", "0, *sorted(canonicals)", CLAIMS),
    Bug(J + "journal.py", "if len(people) < 2 or", "if len(people) < 1 or", RESOLVER),
    Bug(J + "schedules.py", "        second = 1_000_000\n", "        second = 1_000\n", SCHEDULES),
    Bug(J + "schedules.py", "        if state is not State.SUCCEEDED or not self.watch:\n", "        if True:\n", SCHEDULES),
    Bug(J + "schedules.py", "max(self.wait(looks), retry_after or 0)", "(retry_after or self.wait(looks))", SCHEDULES),
    Bug(J + "schedules.py", "(A_DAY, self.watch) if heard else", "(A_DAY, self.watch) if True else", SCHEDULES),
    Bug(J + "schedules.py", "max(created + self.patience * second, now + second)", "now + seconds * second", SCHEDULES),
    Bug(
        J + "schedules.py",
        "now >= created + self.patience * 1_000_000",
        "now >= created + self.patience * 1_000_000_000",
        SCHEDULES,
    ),
    Bug(
        J + "durable.py",
        "type(error).__name__\n        try:\n            record = self.journal.not_sent",
        "str(error)\n        try:\n            record = self.journal.not_sent",
        NAMED,
    ),
    Bug(
        J + "sealing.py",
        "self.current.encode(), secrets.token_bytes(NONCE_BYTES)",
        "self.current.encode(), bytes(NONCE_BYTES)",
        SEALING,
    ),
    # --- the resolver
    Bug(
        J + "resolver.py",
        "unknown = after.state is State.UNKNOWN and result.canonical in NOT_FOUND",
        "unknown = after.state is State.UNKNOWN",
        DOUBT,
    ),
    Bug(J + "resolver.py", "            if not self._in_time(record):\n", "            if False:\n", DOUBT),
    Bug(
        J + "resolver.py",
        "self._next_free[record.channel, verb] = free + gap",
        "self._next_free[record.channel, verb] = free",
        LOOP,
    ),
    Bug(
        J + "resolver.py",
        "not schedule.out_of_patience(now=self.journal.now(), ",
        "schedule.out_of_patience(now=self.journal.now(), ",
        RESOLVER,
    ),
    Bug(
        J + "resolver.py",
        "            except PaymentChannelError:\n                log.exception(",
        "            except ZeroDivisionError:\n                log.exception(",
        LOOP,
    ),
    Bug(J + "resolver.py", "after = yield Work(lambda: self.journal.not_sent(opened, reason))\n", "pass\n", DOUBT),
    # --- seals, notifications, bills
    Bug(J + "sealing.py", "used = name or self.current", "used = self.current", SEALING),
    Bug(J + "sealing.py", "self.keys.get(used)", "self.keys.get(self.current)", SEALING),
    Bug(J + "records.py", "source, str(attempt), str(at))", "source, str(at))", SEALING),
    Bug(J + "records.py", 'return "\\0".join(names)', 'return "/".join(names)', SEALING),
    Bug(J + "resealing.py", '= ?", (_anew(journal, sealed, place), number))', '= ?", (sealed, number))', SEALING),
    Bug(J + "resealing.py", "(journal.ring.seal(plain, place), digest, name, number)", "(sealed, digest, name, number)", SEALING),
    Bug(
        J + "records.py",
        "WHERE account = ? AND kind = ? AND channel_order_id = ?",
        "WHERE account = ? OR kind = ? OR channel_order_id = ?",
        NOTICES,
    ),
    Bug(
        J + "billed.py",
        "if outcome is not Outcome.REVERSED and record.amount is not None and row.amount != record.amount:",
        "if False:",
        BILLED,
    ),
    Bug(
        J + "billed.py",
        'BillRowKind.RETURN: ("payout", "merchant_order_id", Outcome.RETURNED)',
        'BillRowKind.RETURN: ("payout", "merchant_order_id", Outcome.SUCCEEDED)',
        BILLED,
    ),
    Bug(
        J + "billed.py",
        "BillFinding.SETTLED if _was_open(record, outcome) else BillFinding.CONTRADICTS",
        "BillFinding.SETTLED",
        BILLED,
    ),
    Bug(J + "looking.py", "    if standing != record.standing:\n", "    if False:\n", DURABLE),
    # --- what was written down of an order can be read, or a person hears of it
    Bug(J + "persisted.py", "        Prepared.model_validate_json(text)\n    except", "        pass\n    except", PERSISTED),
    Bug(J + "resolver.py", "            given_up = str(error)  #", "            pass  #", PERSISTED),
]
