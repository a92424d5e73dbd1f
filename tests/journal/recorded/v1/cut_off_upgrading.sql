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
INSERT INTO "records" VALUES(1,'web-20261126-091326-12e5','2026-11-26T09:13:27.074940+00:00',1432929871,'Plan','{"name":"web","members":[{"name":"web1","address":"127.0.0.1","port":41119,"host":"127.0.0.1","vars":{}},{"name":"web2","address":"127.0.0.1","port":47541,"host":"127.0.0.1","vars":{}}],"canaries":[],"instances":["unix:/srv/poolroll/run/cut_off_upgrading/w/lb1/admin.sock"],"backends":["web"],"max_unavailable":1,"min_available":1,"serving":2,"policies":{"max_unavailable":{"value":1.0,"is_percent":false},"min_available":null,"wait_for_capacity":"PT10M","lost_after":"PT30S","drain":{"timeout":"PT20S","sticky":"PT0.1S","on_timeout":"halt"},"comeback":{"within":"PT10S","ramp":[],"hold":"PT0S"},"soak":"PT0.2S","gates":[],"on_failure":"halt"},"upgrade":{"steps":1,"has_guard":false},"rollback":{"steps":1,"has_guard":false},"purpose":"upgrade","sticky":{"web":"cookie SRV"},"left":{}}');
INSERT INTO "records" VALUES(2,'web-20261126-091326-12e5','2026-11-26T09:13:27.112795+00:00',1432976559,'FileKept','{"fingerprint":"62163dfa4e92d7376834c5b53962a6a15f681ce47d06ed2e288dc594fd58a27d"}');
INSERT INTO "records" VALUES(3,'web-20261126-091326-12e5','2026-11-26T09:13:27.115117+00:00',1432978422,'RunBegan','{"by":"alice@host","only":[],"stepwise":false,"overrides":{}}');
INSERT INTO "records" VALUES(4,'web-20261126-091326-12e5','2026-11-26T09:13:27.118467+00:00',1432982432,'MemberCalled','{"member":"web1"}');
INSERT INTO "records" VALUES(5,'web-20261126-091326-12e5','2026-11-26T09:13:27.145035+00:00',1432985505,'Intended','{"step":{"member":"web1","setting":"drain","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/cut_off_upgrading/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(6,'web-20261126-091326-12e5','2026-11-26T09:13:27.155679+00:00',1433019175,'MemberSet','{"member":"web1","setting":"drain","workers":{"unix:/srv/poolroll/run/cut_off_upgrading/w/lb1/admin.sock":{"pid":29297,"started":1795684406}}}');
INSERT INTO "records" VALUES(7,'web-20261126-091326-12e5','2026-11-26T09:13:27.256919+00:00',1433121076,'Intended','{"step":{"member":"web1","setting":"hold","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/cut_off_upgrading/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(8,'web-20261126-091326-12e5','2026-11-26T09:13:27.262201+00:00',1433126330,'MemberSet','{"member":"web1","setting":"hold","workers":{"unix:/srv/poolroll/run/cut_off_upgrading/w/lb1/admin.sock":{"pid":29297,"started":1795684406}}}');
INSERT INTO "records" VALUES(9,'web-20261126-091326-12e5','2026-11-26T09:13:27.295840+00:00',1433159973,'Intended','{"step":{"member":"web1","course":"upgrade","index":0,"attempt":0}}');
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
INSERT INTO "rollouts" VALUES(1,'web-20261126-091326-12e5','web','apiVersion: poolroll/v1
name: web
vars:
  version: v2
pool:
  haproxy:
    apis:
    - unix:/srv/poolroll/run/cut_off_upgrading/w/lb1/admin.sock
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
  - echo "$$0" >> "/srv/poolroll/run/cut_off_upgrading/ran"; until [ -e "/srv/poolroll/run/cut_off_upgrading/go" ]; do sleep 0.02; done; exec "$$@"
  - ${member.name}
  - /srv/poolroll/.venv/bin/python
  - -I
  - -S
  - /srv/poolroll/adapters/demo/upgrade.py
  - --folder
  - /srv/poolroll/run/cut_off_upgrading/w
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
  - /srv/poolroll/run/cut_off_upgrading/w
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
gates: []
','/srv/poolroll/run/cut_off_upgrading/w/rollout.yml','{}','2026-11-26T09:13:26.771586+00:00','alice@host',NULL,NULL,NULL);
CREATE TABLE taken (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        backend TEXT NOT NULL,
        address TEXT NOT NULL,
        member TEXT NOT NULL,
        rollout TEXT NOT NULL,
        found TEXT NOT NULL,
        UNIQUE (backend, address)
    );
INSERT INTO "taken" VALUES(1,'web','127.0.0.1:41119','web1','web-20261126-091326-12e5','[{"instance": "unix:/srv/poolroll/run/cut_off_upgrading/w/lb1/admin.sock", "backend": "web", "weight": 1, "agent": false}]');
CREATE INDEX rollouts_by_name ON rollouts (name, seq);
CREATE INDEX records_by_rollout ON records (rollout, seq);
CREATE INDEX requests_waiting ON requests (name, seq) WHERE acknowledged = 0;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('rollouts',1);
INSERT INTO "sqlite_sequence" VALUES('records',9);
INSERT INTO "sqlite_sequence" VALUES('taken',1);
COMMIT;
-- job web-20261126-091326-12e5/web1/upgrade-0-0
