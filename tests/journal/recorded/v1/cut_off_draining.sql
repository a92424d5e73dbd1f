PRAGMA journal_mode = wal;
PRAGMA application_id = 1886351212;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE records (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        rollout TEXT NOT NULL REFERENCES rollouts (id),
        wall TEXT NOT NULL,
        at INTEGER NOT NULL,
        kind TEXT NOT NULL,
        body TEXT NOT NULL
    );
INSERT INTO "records" VALUES(1,'web-20261126-091328-3a33','2026-11-26T09:13:28.646049+00:00',1434496688,'Plan','{"name":"web","members":[{"name":"web1","address":"127.0.0.1","port":59763,"host":"127.0.0.1","vars":{}},{"name":"web2","address":"127.0.0.1","port":43351,"host":"127.0.0.1","vars":{}}],"canaries":[],"instances":["unix:/srv/poolroll/run/cut_off_draining/w/lb1/admin.sock"],"backends":["web"],"max_unavailable":1,"min_available":1,"serving":2,"policies":{"max_unavailable":{"value":1.0,"is_percent":false},"min_available":null,"wait_for_capacity":"PT10M","lost_after":"PT30S","drain":{"timeout":"PT20S","sticky":"PT0.1S","on_timeout":"halt"},"comeback":{"within":"PT10S","ramp":[],"hold":"PT0S"},"soak":"PT0.2S","gates":[{"name":"errors","scope":"member","maximum":0.01,"test":"exact","every":"PT0.1S","confidence":0.995,"min_errors":3,"min_requests":20,"window":"PT1M","failures":1,"hold":"PT2M","then":"halt","metric":null,"alerts":null,"probe":null}],"on_failure":"halt"},"upgrade":{"steps":1,"has_guard":false},"rollback":{"steps":1,"has_guard":false},"purpose":"upgrade","sticky":{},"left":{}}');
INSERT INTO "records" VALUES(2,'web-20261126-091328-3a33','2026-11-26T09:13:28.648660+00:00',1434512544,'FileKept','{"fingerprint":"29516a52dc7ebf11329a28a064191a9c0e093d9b0a2509fb50efa116c15f047c"}');
INSERT INTO "records" VALUES(3,'web-20261126-091328-3a33','2026-11-26T09:13:28.656716+00:00',1434520300,'RunBegan','{"by":"alice@host","only":[],"stepwise":false,"overrides":{}}');
INSERT INTO "records" VALUES(4,'web-20261126-091328-3a33','2026-11-26T09:13:28.661207+00:00',1434525132,'MemberCalled','{"member":"web1"}');
INSERT INTO "records" VALUES(5,'web-20261126-091328-3a33','2026-11-26T09:13:28.669477+00:00',1434530222,'Intended','{"step":{"member":"web1","setting":"drain","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/cut_off_draining/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(6,'web-20261126-091328-3a33','2026-11-26T09:13:28.675262+00:00',1434538729,'MemberSet','{"member":"web1","setting":"drain","workers":{"unix:/srv/poolroll/run/cut_off_draining/w/lb1/admin.sock":{"pid":29307,"started":1795684407}}}');
CREATE TABLE requests (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        verb TEXT NOT NULL,
        reason TEXT NOT NULL,
        user TEXT NOT NULL,
        wall TEXT NOT NULL,
        acknowledged INTEGER NOT NULL DEFAULT 0
    );
CREATE TABLE rollouts (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        file TEXT NOT NULL,
        path TEXT NOT NULL,
        sets TEXT NOT NULL,
        started TEXT NOT NULL,
        user TEXT NOT NULL,
        ended TEXT,
        outcome TEXT,
        exit_code INTEGER
    );
INSERT INTO "rollouts" VALUES(1,'web-20261126-091328-3a33','web','apiVersion: poolroll/v1
name: web
vars:
  version: v2
pool:
  haproxy:
    apis:
    - unix:/srv/poolroll/run/cut_off_draining/w/lb1/admin.sock
    backends:
    - web
  members:
    expect: 2
drain:
  timeout: 20s
  sticky: 100ms
upgrade:
  command:
  - /bin/sh
  - -c
  - echo "$$0" >> "/srv/poolroll/run/cut_off_draining/ran"; exec "$$@"
  - ${member.name}
  - /srv/poolroll/.venv/bin/python
  - -I
  - -S
  - /srv/poolroll/adapters/demo/upgrade.py
  - --folder
  - /srv/poolroll/run/cut_off_draining/w
  - --member
  - ${member.name}
  - --to
  - v2
  - --takes-ms
  - ''0''
  - --wait
  timeout: 20s
rollback:
  command:
  - /srv/poolroll/.venv/bin/python
  - -I
  - -S
  - /srv/poolroll/adapters/demo/upgrade.py
  - --folder
  - /srv/poolroll/run/cut_off_draining/w
  - --member
  - ${member.name}
  - --to
  - v1
  - --takes-ms
  - ''0''
  - --wait
  vars:
    version: v1
validate:
- http:
    url: http://${member.address}:${member.port}/health
    contains: ${vars.version}
  within: 10s
return:
  within: 10s
soak: 200ms
gates:
- name: errors
  haproxy:
    measure: error_ratio
    scope: member
  max: 1%
  every: 100ms
','/srv/poolroll/run/cut_off_draining/w/rollout.yml','{}','2026-11-26T09:13:28.325231+00:00','alice@host',NULL,NULL,NULL);
CREATE TABLE taken (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        backend TEXT NOT NULL,
        address TEXT NOT NULL,
        member TEXT NOT NULL,
        rollout TEXT NOT NULL,
        found TEXT NOT NULL,
        UNIQUE (backend, address)
    );
INSERT INTO "taken" VALUES(1,'web','127.0.0.1:59763','web1','web-20261126-091328-3a33','[{"instance": "unix:/srv/poolroll/run/cut_off_draining/w/lb1/admin.sock", "backend": "web", "weight": 1, "agent": false}]');
CREATE INDEX rollouts_by_name ON rollouts (name, seq);
CREATE INDEX records_by_rollout ON records (rollout, seq);
CREATE INDEX requests_waiting ON requests (name, seq) WHERE acknowledged = 0;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('rollouts',1);
INSERT INTO "sqlite_sequence" VALUES('records',6);
INSERT INTO "sqlite_sequence" VALUES('taken',1);
COMMIT;
