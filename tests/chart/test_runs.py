"""A CronJob for each entry, a Job for one run, and what is in their pods."""

import pytest
from ruamel.yaml import YAML

from tests.support.chart.folder import CHART
from tests.support.chart.helm import ChartError, helm
from tests.support.chart.rendered import (
    Json,
    job_spec,
    notes,
    objects,
    of_kind,
    only,
    pod_spec,
    run_of,
)
from tests.support.chart.values import EVERYTHING, HAPROXY, NODES, PODS, TUNNELS, entry, values

WEEKLY = 'schedule: "0 10 * * 2"'
WEB = values(entry("web", PODS, WEEKLY))


def web(*more: str, top: str = "") -> list[Json]:
    return objects(values(entry("web", PODS, WEEKLY, *more), top=top))


def test_one_for_each_entry() -> None:
    """That has a schedule."""
    made = objects(
        values(entry("web", PODS, WEEKLY), entry("lb", HAPROXY), entry("nodes", NODES, WEEKLY))
    )
    assert [one["metadata"]["name"] for one in of_kind(made, "CronJob")] == [
        "poolroll-nodes",
        "poolroll-web",
    ]


def test_a_run_is_never_doubled_and_never_tried_again() -> None:
    cron = only(web(), "CronJob")["spec"]
    assert (cron["concurrencyPolicy"], cron["startingDeadlineSeconds"]) == ("Forbid", 300)
    assert (cron["timeZone"], cron["suspend"]) == ("Etc/UTC", False)
    job = job_spec(web())
    assert (job["backoffLimit"], job["podReplacementPolicy"]) == (0, "Failed")
    assert pod_spec(web())["restartPolicy"] == "Never"


def test_every_exit_code_ends_it() -> None:
    """What halted or was refused ends first, whatever befell the pod; a pod that lost its Node is
    replaced, also after it stopped in order (7)."""
    first, second, last = job_spec(web())["podFailurePolicy"]["rules"]
    assert (first["action"], first["onExitCodes"]["values"]) == ("FailJob", [1, 2, 3, 4, 5, 6])
    assert second == {
        "action": "Ignore",
        "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
    }
    assert (last["action"], last["onExitCodes"]["values"]) == ("FailJob", [7])
    rules = job_spec(web("resumeAfterDisruption: false"))["podFailurePolicy"]["rules"]
    assert [one["action"] for one in rules] == ["FailJob", "FailJob"]


def test_it_stops_by_itself_before_it_is_ended() -> None:
    """The deadline of the run, the time to stop in order, and only then that of the Job."""
    made = web("deadlineSeconds: 3600", "stopSeconds: 600")
    args = run_of(pod_spec(made))["args"]
    assert args[args.index("--deadline") + 1] == "3600s"
    assert pod_spec(made)["terminationGracePeriodSeconds"] == 600
    assert job_spec(made)["activeDeadlineSeconds"] == 3600 + 600 + 60


def test_command() -> None:
    container = run_of(pod_spec(web('set: {version: "2.4.1", text: "a b"}', "extraArgs: [--step]")))
    assert container["command"] == ["poolroll"]
    assert container["args"][:3] == ["run", "/etc/poolroll/rollout/web.yaml", "--yes"]
    told = container["args"]
    assert [told[i + 1] for i, one in enumerate(told) if one == "--set"] == [
        "text=a b",
        "version=2.4.1",
    ]
    assert told[-1] == "--step"
    env = {one["name"]: one.get("value") for one in container["env"]}
    assert env["POOLROLL_STATE"] == "kubernetes:ops"


def test_state_of_the_rollout_file_goes_first() -> None:
    text = PODS + "state: {kubernetes: {namespace: records}}\n"
    made = objects(values(entry("web", text, WEEKLY)))
    assert "POOLROLL_STATE" not in {one["name"] for one in run_of(pod_spec(made))["env"]}


def test_suspended() -> None:
    """One of them, or all."""
    assert only(web("suspend: true"), "CronJob")["spec"]["suspend"] is True
    assert only(web(top="suspend: true\n"), "CronJob")["spec"]["suspend"] is True
    off = values(entry("web", PODS, WEEKLY, "suspend: false"), top="defaults: {suspend: true}\n")
    assert only(objects(off), "CronJob")["spec"]["suspend"] is False


def test_once() -> None:
    """The same pod as that of the CronJob; no CronJob beside it."""
    made = objects(values(entry("web", PODS, WEEKLY), top="once: web\n"))
    spec = dict(only(made, "Job")["spec"])
    assert spec.pop("ttlSecondsAfterFinished") == 604800
    assert spec == job_spec(web())
    assert not of_kind(made, "CronJob")
    with pytest.raises(ChartError, match=r"there is no rollouts\.other"):
        helm().render(WEB + "once: other\n")


def test_file_stays_what_it_was() -> None:
    """As text to the letter; mounted one by one, so that an upgrade of the release changes nothing
    for a run that goes on."""
    made = web()
    assert only(made, "ConfigMap")["data"] == {"web.yaml": PODS}
    assert all(
        "subPath" in one
        for one in run_of(pod_spec(made))["volumeMounts"]
        if one["name"] == "rollout"
    )


def test_secrets_are_referred_to() -> None:
    spec = pod_spec(objects(values(entry("web", PODS, EVERYTHING))))
    secrets = {one["name"]: one["secret"] for one in spec["volumes"] if "secret" in one}
    assert secrets["secret-chat"] == {"secretName": "chat", "defaultMode": 0o440}
    assert secrets["ssh"]["defaultMode"] == 0o440, "ssh takes no key that others may read"
    assert not of_kind(objects(values(entry("web", PODS, EVERYTHING))), "Secret")


def test_tunnels() -> None:
    """They start before the run, which waits until they listen, and end after it."""
    spec = pod_spec(objects(values(entry("lb", HAPROXY, WEEKLY, TUNNELS))))
    ssh, tls = spec["initContainers"]
    assert {one["restartPolicy"] for one in (ssh, tls)} == {"Always"}
    assert all("startupProbe" in one for one in (ssh, tls))
    at = ssh["args"].index("-L")
    assert ssh["args"][at:] == ["-L", "127.0.0.1:9001:/run/haproxy.sock", "lb1.example.net"]
    assert tls["image"] == "haproxy:3.2"
    config = only(objects(values(entry("lb", HAPROXY, WEEKLY, TUNNELS))), "ConfigMap")["data"]
    assert "verify required verifyhost lb2.example.net" in config["lb2.tunnel.cfg"]
    assert "StrictHostKeyChecking yes" in config["ssh.config"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("tunnels: [{name: a, listen: 9001, ssh: {host: h}}]", "needs ssh.secret"),
        ("tunnels: [{name: a, listen: 80, ssh: {host: h}}]", "listen"),
        ("ssh: {secret: a, key: b}", "knownHosts"),
        ("env: {A: {valueFrom: {}}}", "env"),
        ("secrets: {A_B: c}", "A_B"),
        ("nonsense: 1", "nonsense"),
        ("set: {version: 2.10}", "got number, want string"),
        ("configMap: {name: a, key: b}", "one of them"),
        ("deadlineSeconds: 0", "deadlineSeconds"),
    ],
)
def test_refused(more: str, said: str) -> None:
    with pytest.raises(ChartError, match=said):
        helm().render(values(entry("web", PODS, WEEKLY, more)))


def test_what_is_seen_from_outside_is_what_the_files_say() -> None:
    made = objects("prometheusRule: {enabled: true}\ndashboard: {enabled: true}\n")
    rules = YAML(typ="safe").load(CHART / "rules" / "alerts.yaml")
    assert only(made, "PrometheusRule")["spec"] == rules
    dashboard = (CHART / "dashboards" / "poolroll.json").read_text("utf-8")
    assert only(made, "ConfigMap")["data"] == {"poolroll.json": dashboard}


def test_long_names() -> None:
    with pytest.raises(ChartError, match="longer than 52 characters"):
        helm().render(WEB, release="r" * 53)


def test_notes_name_what_to_type() -> None:
    told = notes(values(entry("web", PODS, WEEKLY), entry("lb", HAPROXY)))
    for command in (
        "create job --from=cronjob/poolroll-web web-now",
        "POOLROLL_STATE=kubernetes:ops",
        "poolroll pause",
        "poolroll resume",
        "patch cronjob poolroll-web",
    ):
        assert command in told
    assert "cronjob/poolroll-lb" not in told
    assert "No rollout is set up yet" in notes("")
