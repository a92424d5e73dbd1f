"""HAProxy, through its Runtime API (HAProxy management guide, section 9).

Belongs here: the wire protocol, the meaning of HAProxy's columns and bits, and the
commands that set a member. Does not belong here: *when* to set one, what its health means for a
rollout, memory of what was found, retries. Outside this folder only the rollout file, `init` and
`controller.pools.haproxy` know HAProxy's words.

    client   one line, one connection           wire     command lines and their replies, pure
    lines    rows → core values, pure           tables   replies as rows by column name, pure
    orders   what to set, and the proof, pure   query    the question of one look, pure
    instance one HAProxy                        balancer all of them: the LoadBalancer port
    facts    what it is and can do, pure        notes    what that means for a rollout, pure
    versions which were tried, pure             workers  former workers that still live
"""
