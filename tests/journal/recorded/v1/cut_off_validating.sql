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
INSERT INTO "records" VALUES(1,'web-20261126-091329-ebc3','2026-11-26T09:13:29.839546+00:00',1435697529,'Plan','{"name":"web","members":[{"name":"web1","address":"127.0.0.1","port":50321,"host":"127.0.0.1","vars":{}},{"name":"web2","address":"127.0.0.1","port":45561,"host":"127.0.0.1","vars":{}}],"canaries":[],"instances":["unix:/srv/poolroll/run/cut_off_validating/w/lb1/admin.sock"],"backends":["web"],"max_unavailable":1,"min_available":1,"serving":2,"policies":{"max_unavailable":{"value":1.0,"is_percent":false},"min_available":null,"wait_for_capacity":"PT10M","lost_after":"PT30S","drain":{"timeout":"PT20S","sticky":"PT0.1S","on_timeout":"halt"},"comeback":{"within":"PT10S","ramp":[],"hold":"PT0S"},"soak":"PT0.2S","gates":[{"name":"errors","scope":"member","maximum":0.01,"test":"exact","every":"PT0.1S","confidence":0.995,"min_errors":3,"min_requests":20,"window":"PT1M","failures":1,"hold":"PT2M","then":"halt","metric":null,"alerts":null,"probe":null}],"on_failure":"halt"},"upgrade":{"steps":1,"has_guard":false},"rollback":{"steps":1,"has_guard":false},"purpose":"upgrade","sticky":{"web":"cookie SRV"},"left":{}}');
INSERT INTO "records" VALUES(2,'web-20261126-091329-ebc3','2026-11-26T09:13:29.845685+00:00',1435709572,'FileKept','{"fingerprint":"d4acb6e51a4493fd18a5334cfd085d37246b7d21274b4a6e638808604e895d2f"}');
INSERT INTO "records" VALUES(3,'web-20261126-091329-ebc3','2026-11-26T09:13:29.848460+00:00',1435712114,'RunBegan','{"by":"alice@host","only":[],"stepwise":false,"overrides":{}}');
INSERT INTO "records" VALUES(4,'web-20261126-091329-ebc3','2026-11-26T09:13:29.852799+00:00',1435716752,'MemberCalled','{"member":"web1"}');
INSERT INTO "records" VALUES(5,'web-20261126-091329-ebc3','2026-11-26T09:13:29.857777+00:00',1435719513,'Intended','{"step":{"member":"web1","setting":"drain","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/cut_off_validating/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(6,'web-20261126-091329-ebc3','2026-11-26T09:13:29.864828+00:00',1435728403,'MemberSet','{"member":"web1","setting":"drain","workers":{"unix:/srv/poolroll/run/cut_off_validating/w/lb1/admin.sock":{"pid":29468,"started":1795684408}}}');
INSERT INTO "records" VALUES(7,'web-20261126-091329-ebc3','2026-11-26T09:13:29.979398+00:00',1435843554,'Intended','{"step":{"member":"web1","setting":"hold","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/cut_off_validating/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(8,'web-20261126-091329-ebc3','2026-11-26T09:13:29.985763+00:00',1435849888,'MemberSet','{"member":"web1","setting":"hold","workers":{"unix:/srv/poolroll/run/cut_off_validating/w/lb1/admin.sock":{"pid":29468,"started":1795684408}}}');
INSERT INTO "records" VALUES(9,'web-20261126-091329-ebc3','2026-11-26T09:13:30.020847+00:00',1435885032,'Intended','{"step":{"member":"web1","course":"upgrade","index":0,"attempt":0}}');
INSERT INTO "records" VALUES(10,'web-20261126-091329-ebc3','2026-11-26T09:13:30.293245+00:00',1436156770,'StepEnded','{"member":"web1","index":0,"attempt":0,"passed":true,"lost":false,"detail":"step 1 (/bin/sh) ended with exit code 0","output":"","seconds":0.238}');
INSERT INTO "records" VALUES(11,'web-20261126-091329-ebc3','2026-11-26T09:13:30.294027+00:00',1436158219,'Intended','{"step":{"member":"web1","course":"upgrade"}}');
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
INSERT INTO "rollouts" VALUES(1,'web-20261126-091329-ebc3','web','apiVersion: poolroll/v1
name: web
vars:
  version: v2
pool:
  haproxy:
    apis:
    - unix:/srv/poolroll/run/cut_off_validating/w/lb1/admin.sock
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
  - echo "$$0" >> "/srv/poolroll/run/cut_off_validating/ran"; exec "$$@"
  - ${member.name}
  - /srv/poolroll/.venv/bin/python
  - -I
  - -S
  - /srv/poolroll/adapters/demo/upgrade.py
  - --folder
  - /srv/poolroll/run/cut_off_validating/w
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
  - /srv/poolroll/run/cut_off_validating/w
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
- command:
  - /usr/bin/test
  - -e
  - /srv/poolroll/run/cut_off_validating/go
  within: 20s
  every: 50ms
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
','/srv/poolroll/run/cut_off_validating/w/rollout.yml','{}','2026-11-26T09:13:29.527682+00:00','alice@host',NULL,NULL,NULL);
CREATE TABLE taken (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        backend TEXT NOT NULL,
        address TEXT NOT NULL,
        member TEXT NOT NULL,
        rollout TEXT NOT NULL,
        found TEXT NOT NULL,
        UNIQUE (backend, address)
    );
INSERT INTO "taken" VALUES(1,'web','127.0.0.1:50321','web1','web-20261126-091329-ebc3','[{"instance": "unix:/srv/poolroll/run/cut_off_validating/w/lb1/admin.sock", "backend": "web", "weight": 1, "agent": false}]');
CREATE INDEX rollouts_by_name ON rollouts (name, seq);
CREATE INDEX records_by_rollout ON records (rollout, seq);
CREATE INDEX requests_waiting ON requests (name, seq) WHERE acknowledged = 0;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('rollouts',1);
INSERT INTO "sqlite_sequence" VALUES('records',11);
INSERT INTO "sqlite_sequence" VALUES('taken',1);
COMMIT;
-- job web-20261126-091329-ebc3/web1/upgrade-0-0
