"""The fields that the API knows, two levels deep: others are dropped without a word, as by a real
server, or refused where `fieldValidation=Strict` asks for it, as kubectl does.

And what labels, annotations and their names may look like.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from tests.support.kubernetes.answers import bad_request
from tests.support.kubernetes.kinds import (
    BUDGETS,
    CONFIGMAPS,
    DAEMONSETS,
    DEPLOYMENTS,
    EVENTS,
    JOBS,
    LEASES,
    REPLICASETS,
    SECRETS,
    SERVICES,
    SLICES,
    STATEFULSETS,
    Json,
    Kind,
)

_COMMON: Final = frozenset({"apiVersion", "kind", "metadata"})
_META: Final = """annotations creationTimestamp deletionGracePeriodSeconds deletionTimestamp
    finalizers generateName generation labels managedFields name namespace ownerReferences
    resourceVersion selfLink uid"""
_TOP: Final[Mapping[Kind, str]] = {
    CONFIGMAPS: "data binaryData immutable",
    SECRETS: "data stringData immutable type",
    SLICES: "addressType endpoints ports",
    EVENTS: """involvedObject reason message source firstTimestamp lastTimestamp count type
    eventTime series action related reportingComponent reportingInstance""",
}
_SPEC: Final[Mapping[Kind, str]] = {
    LEASES: """holderIdentity leaseDurationSeconds acquireTime renewTime leaseTransitions strategy
    preferredHolder""",
    BUDGETS: "selector minAvailable maxUnavailable unhealthyPodEvictionPolicy",
    DEPLOYMENTS: """replicas selector template strategy minReadySeconds revisionHistoryLimit paused
    progressDeadlineSeconds""",
    REPLICASETS: "replicas selector template minReadySeconds",
    DAEMONSETS: "selector template updateStrategy minReadySeconds revisionHistoryLimit",
    STATEFULSETS: """replicas selector template volumeClaimTemplates serviceName ordinals
    podManagementPolicy updateStrategy revisionHistoryLimit minReadySeconds
    persistentVolumeClaimRetentionPolicy""",
    JOBS: """parallelism completions activeDeadlineSeconds podFailurePolicy successPolicy
    backoffLimit backoffLimitPerIndex maxFailedIndexes selector manualSelector template
    ttlSecondsAfterFinished completionMode suspend podReplacementPolicy managedBy""",
    SERVICES: """ports selector clusterIP clusterIPs type externalIPs sessionAffinity
    loadBalancerIP loadBalancerSourceRanges externalName externalTrafficPolicy
    healthCheckNodePort publishNotReadyAddresses sessionAffinityConfig ipFamilies ipFamilyPolicy
    allocateLoadBalancerNodePorts loadBalancerClass internalTrafficPolicy trafficDistribution""",
}
_PART: Final = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_VALUE: Final = re.compile(rf"({_PART})?")
_KEY: Final = re.compile(rf"([a-z0-9]([-a-z0-9.]{{0,251}}[a-z0-9])?/)?{_PART}")


def prune(kind: Kind, obj: Json, *, strict: bool) -> None:
    """In place. Raises StatusError 400 where `strict`, or a label is no text."""
    unknown = [
        *_unknown(obj["metadata"], set(_META.split()), "metadata."),
        *(_unknown(obj, {*_COMMON, *_TOP[kind].split()}, "") if kind in _TOP else ()),
        *(
            _unknown(obj.get("spec") or {}, set(_SPEC[kind].split()), "spec.")
            if kind in _SPEC
            else ()
        ),
    ]
    if unknown and strict:
        told = ", ".join(f'unknown field "{path}"' for path, _, _ in unknown)
        raise bad_request(f"strict decoding error: {told}")
    for _, at, key in unknown:
        del at[key]
    for field in ("labels", "annotations"):
        for key, value in (obj["metadata"].get(field) or {}).items():
            if not isinstance(value, str):
                raise bad_request(
                    f"json: cannot unmarshal {type(value).__name__} into Go struct field "
                    f"ObjectMeta.metadata.{field}.{key} of type string"
                )


def _unknown(at: Json, known: set[str], path: str) -> Iterator[tuple[str, Json, str]]:
    for key in at:
        if key not in known:
            yield path + key, at, key


def faults_of_names(meta: Json) -> Iterator[tuple[str, str]]:
    """Field and what is wrong with it."""
    for field in ("labels", "annotations"):
        for key, value in (meta.get(field) or {}).items():
            if not _KEY.fullmatch(key):
                yield (
                    f"metadata.{field}",
                    f'Invalid value: "{key}": name part must consist of alphanumeric characters',
                )
            elif field == "labels" and not _VALUE.fullmatch(value):
                yield (
                    "metadata.labels",
                    (
                        f'Invalid value: "{value}": must be no more than 63 characters'
                        if len(value) > 63
                        else f'Invalid value: "{value}": a valid label must be an empty string or '
                        "consist of alphanumeric characters, '-', '_' or '.'"
                    ),
                )
