"""A rollout file filled from a running cluster. Pure: values in, commented YAML out."""

import json
import re
from collections.abc import Iterator

from controller.config.text.places import printable
from controller.pools.kubernetes import PodFacts

_TAG = re.compile(r"(?P<name>.+):(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})")
_PLAIN = re.compile(r"[a-z][a-z0-9./-]*[a-z0-9]|[a-z]")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def filled(found: PodFacts) -> str:
    """The text of a rollout file that `check` accepts and `plan` can use at once."""
    parts = (_head(found), _pool(found), _upgrade(found), _validate(found), _gates(), _state(found))
    return "\n".join("\n".join([*part, ""]) for part in parts)


def _head(found: PodFacts) -> Iterator[str]:
    where = f"{printable(found.where)}, namespace {found.cluster.namespace}"
    yield f"# A rollout of the pods behind the Service {found.service} ({where})."
    yield '# Edit the lines marked with "<-", then:'
    yield "#   poolroll check FILE       is the file correct?"
    yield "#   poolroll plan FILE        what would happen? (touches nothing)"
    yield "#   poolroll rbac FILE        the Role that this rollout needs"
    yield "#   poolroll run FILE --set version=…"
    yield "# All keys with their defaults: docs/rollout-file.md, or poolroll schema"
    yield "apiVersion: poolroll/v1"
    yield f"name: {_word(found.service)}"
    yield "# owner: web-team, ext. 4711                  # <- shown at a halt"
    yield ""
    yield "vars:"
    yield f"  version: {json.dumps(_split(found)[1])}              # <- the one to go to"


def _pool(found: PodFacts) -> Iterator[str]:
    yield "pool:"
    yield "  kubernetes:"
    if found.cluster.context:
        yield f"    context: {_word(found.cluster.context)}"
    if found.cluster.kubeconfig:
        yield f"    kubeconfig: {_word(found.cluster.kubeconfig)}"
    yield f"    namespace: {_word(found.cluster.namespace)}"
    yield f"    service: {_word(found.service)}"
    if found.others:
        yield f"    # Other Services here: {', '.join(found.others[:12])}; --service NAME chooses."
    if found.workload:
        yield f"    workload: {_word(found.workload)}"
    else:
        yield "    # NO SINGLE WORKLOAD OWNS THESE PODS: `plan` REFUSES. Write which is meant:"
        yield "    # workload: statefulset/NAME"
    yield from (f"    # {line}" for line in _rotation(found))
    ready = sum(is_ready for _, is_ready in found.pods)
    yield f"  # Pods now: {', '.join(name for name, _ in found.pods[:12]) or 'none'}"
    if ready < len(found.pods):
        yield f"  # OF THESE, {len(found.pods) - ready} ARE NOT READY: see what `plan` says of it."
    if found.budgets:
        yield f"  # Budgets that evictions must keep to: {', '.join(found.budgets)}"
    if found.workload.startswith("deployment/"):
        yield "  # A new pod comes first: with all others in place, one more serves than now."
    yield "  max_unavailable: 1            # out because of us at any time"


def _rotation(found: PodFacts) -> Iterator[str]:
    if found.is_prepared:
        yield "rotation: auto              # the Service selects the rotation label: it is flipped"
        return
    yield "rotation: auto              # the Service's selector is narrowed during the rollout"
    if found.manager:
        yield f"^ {found.manager} keeps this Service and would widen it again: so pods are deleted"
        yield "while they serve, unless the Service selects poolroll.dev/rotation (see the docs)."


def _upgrade(found: PodFacts) -> Iterator[str]:
    yield "drain:"
    yield "  settle: 5s                    # <- lag of the proxies, and the longest request"
    yield ""
    yield "upgrade:"
    if not found.containers:
        yield "  # <- Strategic-merge patch of the pod template; left out: as somebody else has it."
        yield "  timeout: 15m"
        return
    name = found.containers[0][0]
    image = _split(found)[0]
    yield "  template:                     # <- left out: what CI or GitOps has changed already"
    yield "    spec:"
    yield "      containers:"
    yield f"        - {{name: {_word(name)}, image: {json.dumps(image + ':${vars.version}')}}}"
    for other, text in found.containers[1:]:
        yield f"        # - {{name: {_word(other)}, image: {json.dumps(printable(text))}}}"


def _validate(found: PodFacts) -> Iterator[str]:
    if not found.is_checked:
        yield "# NO READINESS PROBE: a pod counts as Ready as soon as it runs, and only `validate`"
        yield "# protects users from one that does not serve."
    if not found.port:
        yield "# The Service names its port by a name, so write it here:"
        yield "# validate:"
        yield '  # - http: {url: "http://${member.address}:8080/health"}'
        return
    yield "validate:                       # from outside, before a new pod serves users"
    yield '  - tcp: {port: "${member.port}"}'
    yield "  # <- An open port proves little. Better ask for what users need:"
    yield '  # - http: {url: "http://${member.address}:${member.port}/health"}'
    yield "    # consecutive: 3            # passes in a row"


def _gates() -> Iterator[str]:
    yield "# Left out, the pods themselves are watched: unready, restarts, oom. What users meet"
    yield "# only a query can say:"
    yield "# gates:"
    yield "  # - name: error-ratio"
    yield "    # prometheus: {url: …, errors: …, requests: …}"
    yield "    # max: 1%"
    yield ""
    yield "# soak: 30s                     # how long each is watched under full traffic"
    yield "# on_failure: halt              # or rollback_member, rollback_all"


def _state(found: PodFacts) -> Iterator[str]:
    yield "# Journal, history and locks in the cluster: `status` and `resume` work anywhere:"
    yield f"# state: {{kubernetes: {{namespace: {found.cluster.namespace}}}}}"


def _split(found: PodFacts) -> tuple[str, str]:
    """Image without its tag, and the tag."""
    image = found.containers[0][1] if found.containers else ""
    match = _TAG.fullmatch(image)
    if match is None or "/" in match["tag"] or "@" in image:
        return image.partition("@")[0], "0.0.0"
    return match["name"].replace("$", "$$"), match["tag"]


def _word(text: str) -> str:
    is_plain = _PLAIN.fullmatch(text) and text not in _WORDS
    return text if is_plain else json.dumps(text)
