"""One pool behind its load balancers."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from controller.core.pool import FULL, Found, Incarnation, InstanceView
from controller.core.steps import Course
from controller.records import Confirmed, Seats, Survey


class LoadBalancer(Protocol):
    """One pool behind every load balancer instance in front of it.

    The setting calls act on the member in all backends of all instances at once, read back what
    they set, and raise the first error after all instances were tried. They are idempotent, and
    set nothing where somebody else than `seats` say is in the member's place (CommandRefused).
    """

    @property
    def instances(self) -> Sequence[str]:
        """Names, as given in the rollout file; never empty."""

    async def survey(self, view: InstanceView, selected: Collection[str]) -> Survey:
        """What the instance of a full `view` means for a rollout over the `selected` members.

        Raises BalancerError, PermissionTooLow too: members could not be taken out there.
        """

    async def look(
        self,
        instance: str,
        members: Collection[str] | None,
        *,
        former: Collection[Incarnation] = (),
    ) -> InstanceView:
        """Ask one instance for some members' lines, or for all (`None`).
        `former`: incarnations that it is known to have had before. Whether one still serves is
        told of these, and of those that can be found without being named. Raises BalancerError.
        """

    async def changed(self, instance: str) -> None:
        """Wait until what that instance shows may have changed since it was looked at last: for
        ever where nobody tells. Awaited only by a run, never by what only reads."""

    async def open(self, course: Course | None = Course.UPGRADE) -> Mapping[str, str]:
        """Prepare the pool as a whole, for members to go that way (None: nothing will be done to
        them); answers what was found, for `close`. Asked only where `Abilities.opens`; may be
        asked again after a crash, and answers the same."""

    async def close(self, kept: Mapping[str, str]) -> None:
        """Put the pool as a whole back as it was found. May be asked again."""

    async def drain(self, member: str, seats: Seats = ()) -> Confirmed:
        """No new balanced traffic; work in flight goes on, persistent clients still come. An agent
        check is switched off first, since it may cancel the drain."""

    async def take_out(self, member: str, seats: Seats = ()) -> Confirmed:
        """No new traffic of any kind; work in flight goes on."""

    async def cut(self, member: str, seats: Seats = ()) -> Confirmed:
        """End the sessions still in flight. Clients get errors."""

    async def begin_return(self, member: str, seats: Seats = ()) -> Confirmed:
        """From out towards ready: health checks start anew from *failing*; nobody, not even a
        client with a cookie, reaches the member before they have passed. Lines without a check
        of their own stay out. Progress shows in `look`."""

    async def put_back(
        self, member: str, found: Found, share: int = FULL, seats: Seats = ()
    ) -> Confirmed:
        """In rotation as found: weight, ready, and what was kept of its lines. Lines unknown to
        `found` (a fresh incarnation's, say) keep their weight.

        `share`: per cent of the found weight, 1 to 100, in force before anybody reaches the
        member; below 100 the agent check stays off, for it may set the weight. Raises
        WeightRefused where only no weight and the whole of it are taken; a line that refused is
        not put in rotation.
        """

    async def aclose(self) -> None: ...
