"""`rbac`: print the least Roles and bindings for a rollout in Kubernetes."""

from pathlib import Path

import click

from controller import bootstrap
from controller.cli import options
from controller.cli.by_name import by_name
from controller.cli.show import show_raw
from controller.config import load
from controller.errors import UsageFault

KINDS = {"serviceaccount": "ServiceAccount", "user": "User", "group": "Group"}


@click.command()
@options.named_file
@options.option(
    "--subject",
    metavar="KIND:NAME",
    default="serviceaccount:poolroll",
    show_default=True,
    help="Who gets the rights: serviceaccount:NAME, serviceaccount:NAMESPACE/NAME, user:NAME or "
    "group:NAME.",
)
@options.sets
@options.state
def rbac(file: Path, subject: str, state: str | None, **given: list[str]) -> None:
    """Print what FILE needs to be allowed, for `kubectl apply -f -`.

    Reads the Service and its workload where a cluster is at hand; creates nothing.
    """
    rollout = load(*by_name("rbac", file, state, options.pairs(given["set"])))
    word, colon, name = subject.partition(":")
    if not colon or not name or word.lower() not in KINDS:
        raise UsageFault(f"--subject {subject}: write serviceaccount:NAME, user:NAME or group:NAME")
    place = bootstrap.state_place(state, rollout.state)
    made = bootstrap.kubernetes.roles(rollout, place.cluster, KINDS[word.lower()], name)
    show_raw(bootstrap.run(made))
