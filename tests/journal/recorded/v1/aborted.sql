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
INSERT INTO "records" VALUES(1,'web-20261126-091248-58d6','2026-11-26T09:12:48.918349+00:00',1394776115,'Plan','{"name":"web","members":[{"name":"web1","address":"127.0.0.1","port":50947,"host":"127.0.0.1","vars":{}},{"name":"web2","address":"127.0.0.1","port":38027,"host":"127.0.0.1","vars":{}}],"canaries":[],"instances":["unix:/srv/poolroll/run/aborted/w/lb1/admin.sock"],"backends":["web"],"max_unavailable":1,"min_available":1,"serving":2,"policies":{"max_unavailable":{"value":1.0,"is_percent":false},"min_available":null,"wait_for_capacity":"PT10M","lost_after":"PT30S","drain":{"timeout":"PT20S","sticky":"PT0.1S","on_timeout":"halt"},"comeback":{"within":"PT10S","ramp":[],"hold":"PT0S"},"soak":"PT0.2S","gates":[],"on_failure":"halt"},"upgrade":{"steps":1,"has_guard":false},"rollback":{"steps":1,"has_guard":false},"purpose":"upgrade","sticky":{"web":"cookie SRV"},"left":{}}');
INSERT INTO "records" VALUES(2,'web-20261126-091248-58d6','2026-11-26T09:12:48.924278+00:00',1394788191,'FileKept','{"fingerprint":"2c6b5f67f5d025c0c3606f9c2f54d13497963404ab9fa805217839ba683c60a7"}');
INSERT INTO "records" VALUES(3,'web-20261126-091248-58d6','2026-11-26T09:12:48.925866+00:00',1394789618,'RunBegan','{"by":"alice@host","only":[],"stepwise":false,"overrides":{}}');
INSERT INTO "records" VALUES(4,'web-20261126-091248-58d6','2026-11-26T09:12:48.929598+00:00',1394793605,'MemberCalled','{"member":"web1"}');
INSERT INTO "records" VALUES(5,'web-20261126-091248-58d6','2026-11-26T09:12:48.937230+00:00',1394795663,'Intended','{"step":{"member":"web1","setting":"drain","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/aborted/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(6,'web-20261126-091248-58d6','2026-11-26T09:12:48.947213+00:00',1394806906,'MemberSet','{"member":"web1","setting":"drain","workers":{"unix:/srv/poolroll/run/aborted/w/lb1/admin.sock":{"pid":28644,"started":1795684367}}}');
INSERT INTO "records" VALUES(7,'web-20261126-091248-58d6','2026-11-26T09:12:49.058567+00:00',1394922724,'Intended','{"step":{"member":"web1","setting":"hold","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/aborted/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(8,'web-20261126-091248-58d6','2026-11-26T09:12:49.068853+00:00',1394932916,'MemberSet','{"member":"web1","setting":"hold","workers":{"unix:/srv/poolroll/run/aborted/w/lb1/admin.sock":{"pid":28644,"started":1795684367}}}');
INSERT INTO "records" VALUES(9,'web-20261126-091248-58d6','2026-11-26T09:12:49.099300+00:00',1394963468,'Intended','{"step":{"member":"web1","course":"upgrade","index":0,"attempt":0}}');
INSERT INTO "records" VALUES(10,'web-20261126-091248-58d6','2026-11-26T09:12:50.140233+00:00',1396003845,'AbortRequested','{"by":"alice@host","restore":false,"request":1}');
INSERT INTO "records" VALUES(11,'web-20261126-091248-58d6','2026-11-26T09:12:50.496533+00:00',1396359939,'StepEnded','{"member":"web1","index":0,"attempt":0,"passed":true,"lost":false,"detail":"step 1 (/bin/sh) ended with exit code 0","output":"","seconds":1.349}');
INSERT INTO "records" VALUES(12,'web-20261126-091248-58d6','2026-11-26T09:12:50.497549+00:00',1396361734,'Intended','{"step":{"member":"web1","course":"upgrade"}}');
INSERT INTO "records" VALUES(13,'web-20261126-091248-58d6','2026-11-26T09:12:50.568663+00:00',1396432339,'Validated','{"member":"web1","passed":true,"detail":"http http://127.0.0.1:50947/health: passed"}');
INSERT INTO "records" VALUES(14,'web-20261126-091248-58d6','2026-11-26T09:12:50.569826+00:00',1396433974,'Intended','{"step":{"member":"web1","setting":"check","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/aborted/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(15,'web-20261126-091248-58d6','2026-11-26T09:12:50.573800+00:00',1396437919,'MemberSet','{"member":"web1","setting":"check","workers":{"unix:/srv/poolroll/run/aborted/w/lb1/admin.sock":{"pid":28644,"started":1795684367}}}');
INSERT INTO "records" VALUES(16,'web-20261126-091248-58d6','2026-11-26T09:12:50.607807+00:00',1396471847,'Intended','{"step":{"member":"web1","setting":"put back","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/aborted/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(17,'web-20261126-091248-58d6','2026-11-26T09:12:50.618843+00:00',1396482986,'MemberSet','{"member":"web1","setting":"put back","workers":{"unix:/srv/poolroll/run/aborted/w/lb1/admin.sock":{"pid":28644,"started":1795684367}}}');
INSERT INTO "records" VALUES(18,'web-20261126-091248-58d6','2026-11-26T09:12:50.628134+00:00',1396491436,'MemberReturned','{"member":"web1"}');
INSERT INTO "records" VALUES(19,'web-20261126-091248-58d6','2026-11-26T09:12:50.638722+00:00',1396502446,'SoakEnded','{"member":"web1","note":"in rotation, its soak cut short by the abort"}');
INSERT INTO "records" VALUES(20,'web-20261126-091248-58d6','2026-11-26T09:12:50.648766+00:00',1396512443,'Finished','{"outcome":"aborted","exit_code":7,"why":"by alice@host","told":[]}');
CREATE TABLE requests (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        verb TEXT NOT NULL,
        reason TEXT NOT NULL,
        user TEXT NOT NULL,
        wall TEXT NOT NULL,
        acknowledged INTEGER NOT NULL DEFAULT 0
    );
INSERT INTO "requests" VALUES(1,'web','abort','','alice@host','2026-11-26T09:12:50.040321+00:00',1);
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
INSERT INTO "rollouts" VALUES(1,'web-20261126-091248-58d6','web','apiVersion: poolroll/v1
name: web
vars:
  version: v2
pool:
  haproxy:
    apis:
    - unix:/srv/poolroll/run/aborted/w/lb1/admin.sock
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
  - echo "$$0" >> "/srv/poolroll/run/aborted/ran"; until [ -e "/srv/poolroll/run/aborted/go" ]; do sleep 0.02; done; exec "$$@"
  - ${member.name}
  - /srv/poolroll/.venv/bin/python
  - -I
  - -S
  - /srv/poolroll/adapters/demo/upgrade.py
  - --folder
  - /srv/poolroll/run/aborted/w
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
  - /srv/poolroll/run/aborted/w
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
','/srv/poolroll/run/aborted/w/rollout.yml','{}','2026-11-26T09:12:48.609414+00:00','alice@host','2026-11-26T09:12:50.654813+00:00','aborted',7);
CREATE TABLE taken (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        backend TEXT NOT NULL,
        address TEXT NOT NULL,
        member TEXT NOT NULL,
        rollout TEXT NOT NULL,
        found TEXT NOT NULL,
        UNIQUE (backend, address)
    );
CREATE INDEX rollouts_by_name ON rollouts (name, seq);
CREATE INDEX records_by_rollout ON records (rollout, seq);
CREATE INDEX requests_waiting ON requests (name, seq) WHERE acknowledged = 0;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('rollouts',1);
INSERT INTO "sqlite_sequence" VALUES('records',20);
INSERT INTO "sqlite_sequence" VALUES('taken',1);
INSERT INTO "sqlite_sequence" VALUES('requests',1);
COMMIT;
-- job web-20261126-091248-58d6/web1/upgrade-0-0
