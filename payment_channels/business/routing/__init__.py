"""Routing: which channel account serves an order, by a policy that operations change, and why not each other."""

from payment_channels.business.routing.assignments import Assignment, Assignments, AssignmentState
from payment_channels.business.routing.decision import Considered, Decision, NoRouteError, Question, Reason
from payment_channels.business.routing.policy import RoutingPolicy
from payment_channels.business.routing.router import Funds, Router

__all__ = [
    "Assignment",
    "AssignmentState",
    "Assignments",
    "Considered",
    "Decision",
    "Funds",
    "NoRouteError",
    "Question",
    "Reason",
    "Router",
    "RoutingPolicy",
]
