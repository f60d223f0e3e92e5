"""Faults planted in routing and at the desk: where an order may go, what is written before it leaves, who is switched off."""

from tests.planted_bugs.bug import Bug

B = "payment_channels/business/"
R = B + "routing/"
T = "tests/business/routing/"
DESK = (T + "test_desk.py",)
ROUTER = (T + "test_router.py",)
RULE = (T + "test_failover.py",)
HEALTH = (T + "test_health.py",)
CONDITIONS = (T + "test_conditions.py",)
POLICY = (T + "test_policy.py",)
ORIGINALS = (T + "test_originals.py",)
LATE = (T + "test_late_news.py",)
ONCE = (T + "test_nothing_is_paid_once_more.py",)
PROPERTY = (T + "test_no_policy_fails_over_after_unknown.py",)

BUGS = [
    # --- the rule: every doubt says no
    Bug(R + "failover.py", "if standing.unresolved or standing.conflict or", "if standing.conflict or", RULE),
    Bug(R + "failover.py", "standing.unresolved or standing.conflict or", "standing.unresolved or", RULE),
    Bug(R + "failover.py", " or record.leased_at(now):", ":", RULE),
    Bug(R + "failover.py", "not Outcome.FAILED or not told.new_id_allowed:", "not Outcome.FAILED:", RULE),
    Bug(R + "failover.py", "return all(one.failover or", "return any(one.failover or", RULE),
    Bug(
        R + "failover.py",
        "return standing.state is State.FAILED and told is not None and invites_another_channel(told)",
        "return told is not None and invites_another_channel(told)",
        RULE,
    ),
    Bug(
        R + "failover.py",
        "    if standing.state is State.NOT_SENT:\n",
        "    if standing.state in {State.NOT_SENT, State.UNKNOWN}:\n",
        RULE,
    ),
    Bug(
        R + "failover.py",
        "    return standing.state is State.FAILED and told is not None and invites_another_channel(told)",
        "    return standing.state is State.FAILED",
        PROPERTY,
    ),
    # --- taking away, in a transaction that finds all as it was judged
    Bug(
        R + "taking.py",
        "            self._abandon(cursor, record, ABANDONED)\n",
        "            self.assignments.change(cursor, self.held, AssignmentState.ABANDONED)\n",
        DESK,
    ),
    Bug(R + "taking.py", "if record.state is State.FAILED and not record.standing.unresolved:", "if False:", DESK),
    Bug(B + "carrying.py", "late = self._came_late(held, order, given=given)", "late = None", LATE),
    Bug(R + "assignments.py", "            UNIQUE (number, kind, account)\n", "            UNIQUE (id)\n", DESK),
    Bug(R + "assignments.py", '"o.attempts = 0 OR EXISTS', '"o.attempts >= 0 OR EXISTS', ORIGINALS),
    Bug(R + "assignments.py", "o.state = 'not_sent' AND a.changed_at <= ? AND (", "a.changed_at <= ? AND (", ORIGINALS),
    # --- not paid once more
    Bug(B + "onward.py", "if not not_closed and (itself or is_over(record)):", "if itself or is_over(record):", ONCE),
    Bug(B + "onward.py", "attempts = [*self.assignments.before(cursor, latest), latest]", "attempts = [latest]", ONCE),
    # --- given, as one
    Bug(B + "giving.py", "            self.money.reserve(cursor, held)\n", "", ROUTER),
    Bug(B + "giving.py", "            self.router.admit(cursor, ready.policy, ready.account)\n", "", DESK),
    Bug(B + "giving.py", "if held is None and asked.attempt == 1:", "if held is None:", DESK),
    Bug(B + "giving.py", "if held is None or not put(cursor):", "if held is None or put(cursor) is None:", DESK),
    Bug(B + "giving.py", "            number = self.number(place, 1)  # another", "            pass  # another", DESK),
    Bug(R + "completing.py", "(*place, str(attempt))", "(*place[1:], str(attempt))", DESK),
    Bug(R + "completing.py", "if name in held and held[name] is None}", "if name in held}", DESK),
    Bug(R + "completing.py", "[:_PREFIX]}R", "}R", DESK),
    Bug(B + "giving.py", 'named = not place or f"{place}:" in error.en', "named = not place", DESK),
    # --- carried
    Bug(B + "carrying.py", "if self._left_before(held) or self._may_leave(found):", "if self._may_leave(found):", ORIGINALS),
    Bug(B + "carrying.py", "if stays or attempt > policy.attempts or not", "if stays or not", DESK),
    Bug(B + "carrying.py", " or not policy.may_fail_over(held.merchant):", ":", DESK),
    Bug(B + "carrying.py", "isinstance(error, (NotSentError, ShortOfFundsError))", "True", DESK),
    Bug(B + "carrying.py", "            if holds:\n                self.money.let_go(held)\n", "", DESK),
    Bug(B + "carrying.py", "holds = given or self.money.again(held)", "holds = given", DESK),
    Bug(B + "desk.py", "held.number, held.added)) is None:", "held.number, held.added)) is held:", DESK),
    # --- the original's channel
    Bug(B + "originals.py", "before.original.merchant_order_id == record.key.merchant_id:", "True:", ORIGINALS),
    Bug(B + "originals.py", "if found[0].amount != original.amount:", "if False:", ORIGINALS),
    Bug(B + "originals.py", 'return order.model_copy(update={"merchant_order_id": held.number})', "return order", ORIGINALS),
    # --- health and rates
    Bug(R + "health.py", "bad * 100 >= terms.share * orders:", "bad >= terms.share * orders:", HEALTH),
    Bug(R + "health.py", "orders >= terms.least and", "orders >= 1 and", HEALTH),
    Bug(R + "health.py", "judged.get(order, False) or said in _against()", "said in _against()", HEALTH),
    Bug(R + "health.py", "said = note if source == Source.NOT_SENT else code", "said = code", HEALTH),
    Bug(R + "health.py", "max(now - _seconds(terms.window), began)", "began", HEALTH),
    Bug(R + "health.py", "orders >= terms.probes else None", "orders >= 1 else None", HEALTH),
    Bug(R + "health.py", "in {Position.OFF, Position.ON}:", "in {Position.OFF}:", HEALTH),
    Bug(R + "health.py", "        if bad:\n", "        if False:\n", HEALTH),
    Bug(R + "rates.py", "if int(rows[0][0]) < rate.orders:", "if int(rows[0][0]) <= rate.orders:", HEALTH),
    # --- conditions
    Bug(R + "conditions.py", "there.time() >= terms.cut_off:", "there.time() > terms.cut_off:", CONDITIONS),
    Bug(R + "conditions.py", "there.time() >= window.closes)", "there.time() > window.closes)", CONDITIONS),
    Bug(
        R + "conditions.py",
        "there = moment.astimezone(BEIJING)\n    if terms.hours:",
        "there = moment\n    if terms.hours:",
        CONDITIONS,
    ),
    Bug(R + "conditions.py", "day + timedelta(days=1)", "day", CONDITIONS),
    Bug(R + "conditions.py", "window.begins <= moment < window.ends", "window.begins <= moment <= window.ends", CONDITIONS),
    Bug(R + "conditions.py", "amount.amount > terms.at_most", "amount.amount >= terms.at_most", CONDITIONS),
    Bug(R + "conditions.py", "if amount.currency not in terms.currencies:", "if False:", CONDITIONS),
    # --- lists, paths, funds
    Bug(R + "decision.py", "return min(free, key", "return max(free, key", ROUTER),
    Bug(R + "policy.py", "return said[0] if said else True", "return all(said)", POLICY),
    Bug(R + "policy.py", 'yield "merchant", self.merchants[merchant]', 'yield "merchant", self.defaults', POLICY),
    Bug(R + "router.py", "        elif path not in self.policy.groups[group].paths:\n", "        elif False:\n", ROUTER),
    Bug(R + "router.py", "if there < amount.amount:", "if there <= amount.amount:", ROUTER),
    Bug(R + "router.py", 'if self.funds is None or question.kind != "payout":', "if self.funds is None:", ROUTER),
    Bug(R + "replay.py", " if reason.passing)", ")", ROUTER),
    # --- late news, money that was let go, and repayments
    Bug(
        "payment_channels/business/routing/taking.py",
        "        if record is not None and not is_over(record):\n            return one\n",
        "        if record is None:\n            return one\n",
        ("tests/business/routing/test_late_news.py",),
    ),
    Bug(
        "payment_channels/business/holding.py",
        "        return record is not None and record.state is State.NOT_SENT and self.journal.store.write(work)\n",
        "        return record is not None and record.standing.attempts > 0 and self.journal.store.write(work)\n",
        ("tests/business/routing/test_late_news.py",),
    ),
    Bug(
        "payment_channels/business/holding.py",
        '            raise there.refusal("merchant_order_id")\n',
        "            pass\n",
        ("tests/business/routing/test_late_news.py",),
    ),
    Bug(
        "payment_channels/business/routing/router.py",
        "        if question.funded_at not in {None, name}:\n",
        "        if question.funded_at == name:\n",
        ("tests/business/routing/test_late_news.py",),
    ),
]
