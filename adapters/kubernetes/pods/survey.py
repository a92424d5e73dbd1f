"""What a Service and its workload mean for a rollout, for the operator who reads the plan."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from adapters.kubernetes.budgets import as_query, covering, never_allows, two_budgets
from adapters.kubernetes.client.api import Json
from adapters.kubernetes.client.faults import ApiError, Forbidden, Invalid
from adapters.kubernetes.client.paths import BUDGETS, PODS, SLICES
from adapters.kubernetes.client.rights import lacking
from adapters.kubernetes.needed import needed
from adapters.kubernetes.pod import is_selected, labels_of, name_of, owner_of, uid_of
from adapters.kubernetes.pods.abilities import abilities_of, commands
from adapters.kubernetes.pods.ground import Ground
from adapters.kubernetes.pods.lines import Picture
from adapters.kubernetes.pods.live import Identity
from adapters.kubernetes.pods.order import ordered
from adapters.kubernetes.pods.rotation.base import Turn
from adapters.kubernetes.pods.rotation.choose import Choice, gitops_of
from adapters.kubernetes.pods.rotation.selector import is_narrowed
from adapters.kubernetes.pods.slices import SERVICE_NAME, endpoints_of
from adapters.kubernetes.pods.workloads.found import found_in
from controller.core.pool import InstanceView
from controller.core.steps import Course
from controller.errors import BalancerError
from controller.pools.kubernetes import PodPool, Rotation
from controller.records import Survey

_NOW: Final = timedelta(0)
_UNKNOWN: Final = re.compile(r'unknown field "spec\.template\.([^"]+)"')


async def survey_of(ground: Ground, view: InstanceView, selected: Collection[str]) -> Survey:
    """Raises ApiError, BalancerError."""
    identity, choice = await ground.live.identity(), await ground.choice()
    turn = choice.turn
    picture = await ground.live.picture(_NOW)
    rights = needed(
        ground.namespace,
        identity.service,
        identity.kind.resource,
        identity.name,
        identity.kind.history,
        turn.kind,
    )
    missing = await lacking(ground.api, rights)
    budgets = await _budgets(ground)
    refusals = [
        *service_refusals(picture.service),
        *choice.refusals,
        *map(str, missing),
        *await _strangers(ground, picture),
        *workload_refusals(identity, picture, ground.pool),
        *budget_refusals(picture, budgets, selected, identity),
    ]
    if not refusals:
        refusals += await _template_refusals(ground, picture)
    in_order, why = ((), "") if refusals else await ordered(ground, picture.seen)
    abilities = abilities_of(ground.pool, turn, identity, picture, budgets)
    return Survey(
        tuple(refusals),
        (
            *notes(choice, picture, identity),
            *await _other_doors(ground, turn, picture),
            *held_notes(identity, picture),
        ),
        replace(abilities, ordered=in_order, ordered_why=why),
        commands(ground.api.access, ground.namespace, turn, identity, picture),
    )


# --- refusals ------------------------------------------------------------------------------------


def service_refusals(service: Json) -> list[str]:
    name, spec = name_of(service), service["spec"]
    if spec.get("type") == "ExternalName":
        return [f"Service {name} has type ExternalName: it is a name in DNS, and selects no pods"]
    if not spec.get("selector"):
        return [
            f"Service {name} has no selector: its endpoints are somebody else's, and no pod can be "
            "taken out of it"
        ]
    if spec.get("publishNotReadyAddresses"):
        return [
            f"Service {name} has publishNotReadyAddresses: users meet pods before they are Ready; "
            "give the rollout a Service without it"
        ]
    return []


def workload_refusals(identity: Identity, picture: Picture, pool: PodPool) -> list[str]:
    seen = picture.seen
    if not seen.pods:
        return [f"{identity.path} has no pods: there is nothing to upgrade"]
    if not any(is_selected(picture.service, pod) for pod in seen.pods):
        return [f"Service {identity.service} selects no pod of {identity.path}"]
    if found_in(seen.workload) is not None:
        return []
    return list(identity.kind.refusals(seen, has_template=pool.template is not None))


async def _strangers(ground: Ground, picture: Picture) -> list[str]:
    """Pods behind the Service that are not the workload's."""
    selector: Mapping[str, str] = picture.service["spec"].get("selector") or {}
    if not selector:
        return []
    listed = await ground.api.list(
        PODS, ground.namespace, labels=as_query({"matchLabels": dict(selector)})
    )
    ours = {uid_of(pod) for pod in picture.seen.pods}
    others = [pod for pod in listed.items if uid_of(pod) not in ours]
    if not others:
        return []
    owner = owner_of(others[0])
    whose = f" of {owner.path}" if owner is not None else ""
    identity = await ground.live.identity()
    return [
        f"Service {identity.service} selects pods of others than {identity.path}, such as "
        f"{name_of(others[0])}{whose}: poolroll steps through one workload; give it a Service of "
        "its own"
    ]


async def _template_refusals(ground: Ground, picture: Picture) -> list[str]:
    """The API server says what is wrong with the templates before anything is touched."""
    ways = {"upgrade": Course.UPGRADE}
    if ground.pool.former is not None:
        ways["rollback"] = Course.ROLLBACK
    refusals = []
    for section, course in ways.items():
        try:
            await ground.held.templates.wanted(course, picture.seen)
        except (Invalid, Forbidden) as error:
            refusals.append(f"{section}.template {_wrong_with(error)}")
        except BalancerError as error:
            return [*refusals, str(error)]
    return refusals


def _wrong_with(error: ApiError) -> str:
    unknown = _UNKNOWN.findall(error.message)
    if not unknown:
        return f"is refused: {error.words}"
    return f"has what the API server does not know: {', '.join(unknown)}"


async def _budgets(ground: Ground) -> Sequence[Json]:
    try:
        return (await ground.api.list(BUDGETS, ground.namespace)).items
    except ApiError as error:
        if error.retryable:
            raise
        return ()  # the missing right is a refusal of its own


def budget_refusals(
    picture: Picture, budgets: Sequence[Json], selected: Collection[str], identity: Identity
) -> list[str]:
    found = []
    for place, pod in identity.kind.places(picture.seen).items():
        if pod is None or place not in selected:
            continue
        found.append(two_budgets(pod, budgets))
        found += [never_allows(budget) for budget in covering(pod, budgets)]
    return list(dict.fromkeys(filter(None, found)))


# --- notes ---------------------------------------------------------------------------------------


def notes(choice: Choice, picture: Picture, identity: Identity) -> list[str]:
    kind, service = choice.turn.kind, identity.service
    said = [f"rotation: {kind}" + (f", since {choice.why}" if choice.why else "")]
    match kind:
        case Rotation.LABEL:
            said.append(
                "a new pod is taken out of the Service as soon as it is seen, before it is Ready; "
                "WHERE POOLROLL IS KILLED, OR THE API SERVER GOES AWAY, RIGHT AFTER AN EVICTION, "
                "THE NEW POD COMES INTO SERVICE UNVALIDATED about a second later (rotation: "
                "selector keeps it out even then)"
            )
        case Rotation.SELECTOR:
            said.append(
                f"Service {service} selects one label more until the rollout is over: pods that an "
                "autoscaler or a failed Node brings STAY OUT UNTIL POOLROLL LETS THEM IN, so "
                "capacity shrinks if it never comes back; whoever restores the selector lets all "
                "pods in at once"
            )
        case _:
            said.append(
                "A POD IS NOT TAKEN OUT OF THE SERVICE BEFORE IT IS DELETED: requests that are "
                "under way, and those that come until the proxies know, are up to its own "
                "termination (preStop, SIGTERM)"
            )
            said.append(
                "USERS MEET THE NEW VERSION AS SOON AS ITS POD IS READY, BEFORE ANY VALIDATION; a "
                "pod that fails a gate STAYS IN ROTATION"
            )
    if kind is not Rotation.DELETE:
        said.append(
            "behind kube-proxy, connections that are kept alive go on bringing requests to a pod "
            "that is out, for as long as they last: unless a proxy that balances requests stands "
            "in front, the pods must end such connections on SIGTERM, or drain.idle must prove "
            "that nobody uses them"
        )
    said += identity.kind.notes(picture.seen)
    if owner := gitops_of(picture.seen.workload):
        said.append(
            f"{identity.path} is managed by {owner}, which puts back what poolroll changes: pause "
            "it for the time of the rollout, or change the template there and leave "
            "upgrade.template out"
        )
    return said


async def _other_doors(ground: Ground, turn: Turn, picture: Picture) -> list[str]:
    """Other Services that send users to the same pods."""
    if turn.kind is Rotation.DELETE:
        return []
    try:
        listed = (await ground.api.list(SLICES, ground.namespace)).items
    except Forbidden:  # the missing right is a refusal of its own
        return []
    ours = {uid_of(pod) for pod in picture.seen.pods}
    found = {
        labels_of(one).get(SERVICE_NAME, "") for one in listed if ours & {*endpoints_of([one])}
    }
    names = ", ".join(sorted(found - {name_of(picture.service), ""}))
    if not names:
        return []
    key = next(iter(turn.back))
    unless = f", unless that selects {key} as well" if turn.kind is Rotation.LABEL else ""
    return [
        f"these pods are behind Service {names} as well{unless}: WHO COMES THAT WAY MEETS PODS "
        "THAT ARE OUT, AND NEW ONES BEFORE ANY VALIDATION"
    ]


def held_notes(identity: Identity, picture: Picture) -> list[str]:
    said = []
    if found_in(picture.seen.workload) is not None:
        said.append(
            f"{identity.path} is held by a rollout that has not ended: its fields are put back then"
        )
    if is_narrowed(picture.service):
        said.append(
            f"the selector of Service {identity.service} is narrowed by a rollout that has not "
            "ended: NEW PODS STAY OUT until one ends and restores it"
        )
    return said
