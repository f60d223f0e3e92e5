"""The simulated channels: what is common to all, and where each differs."""

from tests.simulation.channels.banks import Cib
from tests.simulation.channels.institutions import Allinpay, Lianlian
from tests.simulation.channels.networks import Alipay, Unionpay, Wechat
from tests.simulation.channels.side import BACK, DEAD, MOVED, OPEN, Entry, Side

__all__ = ["BACK", "DEAD", "MOVED", "OPEN", "SIDES", "Entry", "Side"]

SIDES: tuple[type[Side], ...] = (Wechat, Alipay, Unionpay, Lianlian, Allinpay, Cib)
