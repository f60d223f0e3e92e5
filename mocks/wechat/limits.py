"""How much the books hold: a mock that is flooded says so and lives on, rather than take the machine's memory."""

from collections.abc import Sized

from mocks.wechat.codes import refused

MOST = 50_000
"""Orders; and refunds, transfers, details of batches as many each. Some hundred megabytes, and far above any test's need."""


def make_room(operation: str, kept: Sized | int) -> None:
    """Let one more in.

    Raises:
        RefusedError: there is no room; nothing was done, as the code says too. The real one has no such limit.
    """
    if (kept if isinstance(kept, int) else len(kept)) >= MOST:
        reason = f"the mock's books are full: they hold {MOST} of a kind; POST /_mock/reset empties them"
        raise refused(operation, "FREQUENCY_LIMITED", why={"reason": reason})
