"""Log sentences about a member that was found otherwise than this process left it."""

from controller.core import events as e
from controller.core.events import Event
from controller.report.run.outage import spent


def found_meanwhile(event: Event) -> tuple[str, str] | None:
    """(member, sentence); None for other events."""
    match event:
        case e.MemberInherited(member):
            return member, "still out since an earlier rollout: it goes first"
        case e.MemberRenewed(member):
            return member, "something else came to its place, and is out until it has proven itself"
        case e.MemberRelapsed(member, instance, is_unwritten=True):
            return member, (
                f"out at {instance} since a run that could not write its end: taken for ours, "
                "proven and put back"
            )
        case e.MemberRelapsed(member, instance):
            return member, (
                f"out again at {instance} since its reload, which restored what this rollout had "
                "set (a state file?): proven and put back once more"
            )
        case e.ForeignHandSeen(member, instance):
            return member, (
                f"put in rotation at {instance} by its own upgrade command, or by somebody else"
            )
        case e.MemberMoved(member, was, seats):
            return member, f"is at {seats[0].occupant} now, and was at {was}"
        case e.OutageSpent(member):
            return member, spent(event)
        case e.MemberLeft(member, why):
            return member, f"left as found: {why}"
        case _:
            return None
