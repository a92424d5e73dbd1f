"""The fields that the API knows, two levels deep and those of a template's pods and containers:
others are dropped without a word, as by a real server, or refused where `fieldValidation=Strict`
asks for it, as kubectl does.

And what labels, annotations and their names may look like.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from tests.support.kubernetes.answers import StatusError, bad_patch, bad_request
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
_PODS: Final = """activeDeadlineSeconds affinity automountServiceAccountToken containers dnsConfig
    dnsPolicy enableServiceLinks ephemeralContainers hostAliases hostIPC hostNetwork hostPID
    hostUsers hostname hostnameOverride imagePullSecrets initContainers nodeName nodeSelector os
    overhead preemptionPolicy priority priorityClassName readinessGates resourceClaims resources
    restartPolicy runtimeClassName schedulerName schedulingGates securityContext serviceAccount
    serviceAccountName setHostnameAsFQDN shareProcessNamespace subdomain
    terminationGracePeriodSeconds tolerations topologySpreadConstraints volumes"""
_CONTAINERS: Final = """args command env envFrom image imagePullPolicy lifecycle livenessProbe name
    ports readinessProbe resizePolicy resources restartPolicy restartPolicyRules securityContext
    startupProbe stdin stdinOnce terminationMessagePath terminationMessagePolicy tty volumeDevices
    volumeMounts workingDir"""
_PART: Final = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_VALUE: Final = re.compile(rf"({_PART})?")
_KEY: Final = re.compile(rf"([a-z0-9]([-a-z0-9.]{{0,251}}[a-z0-9])?/)?{_PART}")


def prune(kind: Kind, obj: Json, *, strict: bool, is_patch: bool) -> None:
    """In place. Raises StatusError where `strict`, or a label is no text: 422 for a patch, else
    400."""
    template = (obj.get("spec") or {}).get("template") if kind in _SPEC else None
    unknown = [
        *_unknown(obj["metadata"], set(_META.split()), "metadata."),
        *(_unknown(obj, {*_COMMON, *_TOP[kind].split()}, "") if kind in _TOP else ()),
        *(
            _unknown(obj.get("spec") or {}, set(_SPEC[kind].split()), "spec.")
            if kind in _SPEC
            else ()
        ),
        *(_unknown_in_pods(template, "spec.template.") if template else ()),
    ]
    if unknown and strict:
        told = ", ".join(f'unknown field "{path}"' for path, _, _ in unknown)
        raise _misfit(kind, obj, f"strict decoding error: {told}", is_patch)
    for _, at, key in unknown:
        del at[key]
    for field in ("labels", "annotations"):
        for value in (obj["metadata"].get(field) or {}).values():
            if not isinstance(value, str):
                told = "object" if isinstance(value, dict) else "number"
                why = (
                    f"json: cannot unmarshal {told} into Go struct field "
                    f"ObjectMeta.metadata.{field} of type string"
                )
                raise _misfit(kind, obj, why, is_patch)


def _misfit(kind: Kind, obj: Json, why: str, is_patch: bool) -> StatusError:
    if is_patch:
        return bad_patch(obj, why)
    told = f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: {why}'
    return bad_request(told)


def _unknown_in_pods(template: Json, path: str) -> Iterator[tuple[str, Json, str]]:
    spec = template.get("spec") or {}
    yield from _unknown(template, {"metadata", "spec"}, path)
    yield from _unknown(spec, set(_PODS.split()), f"{path}spec.")
    for field in ("containers", "initContainers"):
        for at, one in enumerate(spec.get(field) or ()):
            yield from _unknown(one, set(_CONTAINERS.split()), f"{path}spec.{field}[{at}].")


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
