"""The request of poolroll's own that stands in for users of a member."""

from controller.config.rollout_file import RolloutFile
from controller.config.sections.quiet import stand_in_of, through_of
from controller.config.sections.through import check_cookie
from controller.config.values.filled_http import checked
from controller.core.pool import Member
from controller.core.pool.copies import replace
from controller.core.steps import Course
from controller.redaction import discreet
from controller.tasks import HttpProbe


def stand_in(file: RolloutFile, course: Course, member: Member, rollout_id: str) -> HttpProbe:
    """Through the load balancer, or else a validation. Raises as `RolloutFile.work` does."""
    through = through_of(file.rollout)
    if through is not None:
        shop = file.workshop(course.value, member, rollout_id, file.overlay(course))
        place = ("quiet", "through")
        probe = shop.http(through, place)
        if through.cookie is not None:
            cookie = shop.filling.text((*place, "cookie"), through.cookie)
            checked(shop.filling, check_cookie, cookie, (*place, "cookie"))
            probe = replace(probe, headers={**probe.headers, "Cookie": cookie})
        shop.filling.finish()
        return probe
    at = stand_in_of(file.rollout)
    found = None if at is None else file.work(course, member, rollout_id).validations[at].probe
    if not isinstance(found, HttpProbe):  # the plan asks for it where there is one
        raise ValueError("no validation can stand in for users")  # noqa: TRY004 - no type
    return found


def pin_words(file: RolloutFile, course: Course, member: Member, rollout_id: str) -> str:
    """How they go through the load balancer, for people; empty where they do not. The values of
    headers may be secrets."""
    through = through_of(file.rollout)
    if through is None:
        return ""
    probe = stand_in(file, course, member, rollout_id)
    names = [name for name, value in through.headers.items() if "${member." in value]
    pins = [f"header {name}" for name in names]
    if through.cookie is not None:
        pins = [f"cookie {probe.headers['Cookie']}", *pins]
    return discreet(f"{probe.url}, pinned by {' and '.join(pins) or 'its URL'}")
