"""HAProxy, through its Runtime API (HAProxy management guide, section 9).

Belongs here: doors, the wire protocol, the meaning of HAProxy's columns and bits, and the
commands that set a member. Does not belong here: *when* to set one, what its health means for a
rollout, memory of what was found, retries. Nothing outside this folder knows HAProxy's words.

    door     where a Runtime API listens        wire     command lines and their replies, pure
    client   one line, one connection           tables   replies as rows by column name, pure
    lines    rows → core values, pure           looking  the question of one look, pure
    orders   what to set, and the proof, pure   workers  former workers that still live
    instance one HAProxy                        balancer all of them: the LoadBalancer port
    survey   what it is and can do, pure        versions which were tried, what differs, pure
"""
