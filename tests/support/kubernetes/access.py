"""Who asks (bearer tokens) and whether they may (RBAC), with a real API server's texts.

As measured: 401 says `Unauthorized` and nothing more; a 403 names verb, resource and namespace in
its text, and the Role that is missing; a right limited by `resourceNames` is allowed only when
asked with the name, which a list or watch does by `fieldSelector=metadata.name=…`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.support.kubernetes import answers
from tests.support.kubernetes.kinds import (
    ACCESS_REVIEWS,
    BINDINGS,
    CLUSTER_BINDINGS,
    CLUSTER_ROLES,
    ROLES,
    Json,
)
from tests.support.kubernetes.requests import Call
from tests.support.kubernetes.store import Store

MASTERS = "system:masters"
_ONE_NAME = re.compile(r"metadata\.name=([^,]+)")


@dataclass(frozen=True, slots=True)
class User:
    name: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    verb: str
    group: str
    resource: str
    subresource: str = ""
    namespace: str = ""
    name: str = ""


class Access:
    """Tokens and their users. Without `rbac` every user may do everything."""

    def __init__(self, store: Store, *, rbac: bool) -> None:
        self.store, self.rbac = store, rbac
        self.users: dict[str, User] = {}
        self.refusals = 0
        """So many of the next calls are refused though the rights are in order: what is seen in
        the first moments after a restart."""

    def account(self, namespace: str, name: str) -> User:
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
        return User(f"system:serviceaccount:{namespace}:{name}", (*groups, "system:authenticated"))

    def token_for(self, namespace: str, name: str, request: Json) -> Json:
        """A TokenRequest's answer."""
        token = f"token-{namespace}-{name}"
        self.users[token] = self.account(namespace, name)
        return {**request, "status": {"token": token}}

    def who(self, call: Call) -> User:
        """Raises StatusError 401."""
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or token not in self.users:
            raise answers.unauthorized()
        return self.users[token]

    def check(self, user: User, call: Call) -> None:
        """Raises StatusError 403. Discovery and access reviews are everybody's."""
        if call.kind is None or call.kind is ACCESS_REVIEWS:
            return
        name = call.name
        if not name and (found := _ONE_NAME.search(call.query.get("fieldSelector", ""))):
            name = found[1]
        if call.verb == "create" and not call.subresource:
            name = ""
        question = Question(
            call.verb, call.kind.group, call.kind.plural, call.subresource, call.namespace, name
        )
        is_late = self.refusals > 0 and MASTERS not in user.groups
        if is_late:
            self.refusals -= 1
        is_allowed, reason = self.answer(user, question)
        if is_allowed and not is_late:
            return
        resource = "/".join(filter(None, (call.kind.plural, call.subresource)))
        where = f'in the namespace "{call.namespace}"' if call.namespace else "at the cluster scope"
        why = (
            f'User "{user.name}" cannot {call.verb} resource "{resource}" in API group '
            f'"{call.kind.group}" {where}'
        )
        shown = "" if call.verb == "create" and not call.subresource else call.name
        raise answers.forbidden(call.kind, shown, why + (f": {reason}" if reason else ""))

    def answer(self, user: User, question: Question) -> tuple[bool, str]:
        """Whether, and the binding that allows it or what is amiss."""
        if not self.rbac or MASTERS in user.groups:
            return True, ""
        missing = []
        for binding, role, fault in self._roles(user, question.namespace):
            if fault:
                missing.append(fault)
            elif any(_allows(rule, question) for rule in role.get("rules") or ()):
                kind, name = binding["kind"], binding["metadata"]["name"]
                ref = f'{role["kind"]} "{role["metadata"]["name"]}"'
                where = f"{name}/{question.namespace}" if kind == "RoleBinding" else name
                return True, f'RBAC: allowed by {kind} "{where}" of {ref} to {user.name}'
        return False, f"RBAC: {', '.join(missing)}" if missing else ""

    def _roles(self, user: User, namespace: str) -> Iterator[tuple[Json, Json, str]]:
        bindings = self.store.all(CLUSTER_BINDINGS)
        if namespace:
            bindings = bindings + self.store.all(BINDINGS, namespace)
        for binding in bindings:
            if not any(_is_about(one, user) for one in binding.get("subjects") or ()):
                continue
            ref = binding["roleRef"]
            kind = ROLES if ref["kind"] == "Role" else CLUSTER_ROLES
            role = self.store.get(kind, ref["name"], namespace if kind is ROLES else "")
            shown = f'{kind.kind.lower()}.rbac.authorization.k8s.io "{ref["name"]}" not found'
            yield binding, role or {}, "" if role else shown

    def review(self, user: User, body: Json) -> Json:
        """A SelfSubjectAccessReview."""
        asked = (body.get("spec") or {}).get("resourceAttributes")
        if asked is None:
            return {**body, "status": {"allowed": True}}
        question = Question(
            asked.get("verb", ""),
            asked.get("group", ""),
            asked.get("resource", ""),
            asked.get("subresource", ""),
            asked.get("namespace", ""),
            asked.get("name", ""),
        )
        is_allowed, reason = self.answer(user, question)
        return {**body, "status": {"allowed": is_allowed} | ({"reason": reason} if reason else {})}


def _is_about(subject: Json, user: User) -> bool:
    if subject["kind"] == "ServiceAccount":
        return f"system:serviceaccount:{subject.get('namespace')}:{subject['name']}" == user.name
    return subject["name"] in (user.groups if subject["kind"] == "Group" else (user.name,))


def _allows(rule: Json, question: Question) -> bool:
    resource = "/".join(filter(None, (question.resource, question.subresource)))
    names = rule.get("resourceNames")
    return (
        bool({"*", question.verb} & set(rule.get("verbs") or ()))
        and bool({"*", question.group} & set(rule.get("apiGroups") or ()))
        and bool({"*", resource} & set(rule.get("resources") or ()))
        and (not names or question.name in names)
    )
