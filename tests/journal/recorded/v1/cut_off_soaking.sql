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
INSERT INTO "records" VALUES(1,'web-20261126-091331-108e','2026-11-26T09:13:31.545725+00:00',1437399790,'Plan','{"name":"web","members":[{"name":"web1","address":"127.0.0.1","port":48501,"host":"127.0.0.1","vars":{}},{"name":"web2","address":"127.0.0.1","port":39951,"host":"127.0.0.1","vars":{}}],"canaries":[],"instances":["unix:/srv/poolroll/run/cut_off_soaking/w/lb1/admin.sock"],"backends":["web"],"max_unavailable":1,"min_available":1,"serving":2,"policies":{"max_unavailable":{"value":1.0,"is_percent":false},"min_available":null,"wait_for_capacity":"PT10M","lost_after":"PT30S","drain":{"timeout":"PT20S","sticky":"PT0.1S","on_timeout":"halt"},"comeback":{"within":"PT10S","ramp":[],"hold":"PT0S"},"soak":"PT0.2S","gates":[{"name":"errors","scope":"member","maximum":0.01,"test":"exact","every":"PT0.1S","confidence":0.995,"min_errors":3,"min_requests":20,"window":"PT1M","failures":1,"hold":"PT2M","then":"halt","metric":null,"alerts":null,"probe":null}],"on_failure":"halt"},"upgrade":{"steps":1,"has_guard":false},"rollback":{"steps":1,"has_guard":false},"purpose":"upgrade","sticky":{"web":"cookie SRV"},"left":{}}');
INSERT INTO "records" VALUES(2,'web-20261126-091331-108e','2026-11-26T09:13:31.548120+00:00',1437412125,'FileKept','{"fingerprint":"e9f8363971329c77ff6fb452f4f1df8b0035507b397fa1043edb5318ad2dd89d"}');
INSERT INTO "records" VALUES(3,'web-20261126-091331-108e','2026-11-26T09:13:31.552308+00:00',1437416089,'RunBegan','{"by":"alice@host","only":[],"stepwise":false,"overrides":{}}');
INSERT INTO "records" VALUES(4,'web-20261126-091331-108e','2026-11-26T09:13:31.557507+00:00',1437421516,'MemberCalled','{"member":"web1"}');
INSERT INTO "records" VALUES(5,'web-20261126-091331-108e','2026-11-26T09:13:31.563349+00:00',1437424147,'Intended','{"step":{"member":"web1","setting":"drain","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/cut_off_soaking/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(6,'web-20261126-091331-108e','2026-11-26T09:13:31.569555+00:00',1437433213,'MemberSet','{"member":"web1","setting":"drain","workers":{"unix:/srv/poolroll/run/cut_off_soaking/w/lb1/admin.sock":{"pid":29737,"started":1795684410}}}');
INSERT INTO "records" VALUES(7,'web-20261126-091331-108e','2026-11-26T09:13:31.684776+00:00',1437548926,'Intended','{"step":{"member":"web1","setting":"hold","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/cut_off_soaking/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(8,'web-20261126-091331-108e','2026-11-26T09:13:31.689996+00:00',1437554146,'MemberSet','{"member":"web1","setting":"hold","workers":{"unix:/srv/poolroll/run/cut_off_soaking/w/lb1/admin.sock":{"pid":29737,"started":1795684410}}}');
INSERT INTO "records" VALUES(9,'web-20261126-091331-108e','2026-11-26T09:13:31.726062+00:00',1437590248,'Intended','{"step":{"member":"web1","course":"upgrade","index":0,"attempt":0}}');
INSERT INTO "records" VALUES(10,'web-20261126-091331-108e','2026-11-26T09:13:31.981314+00:00',1437844910,'StepEnded','{"member":"web1","index":0,"attempt":0,"passed":true,"lost":false,"detail":"step 1 (/bin/sh) ended with exit code 0","output":"","seconds":0.189}');
INSERT INTO "records" VALUES(11,'web-20261126-091331-108e','2026-11-26T09:13:31.984287+00:00',1437848471,'Intended','{"step":{"member":"web1","course":"upgrade"}}');
INSERT INTO "records" VALUES(12,'web-20261126-091331-108e','2026-11-26T09:13:32.139390+00:00',1438003130,'Validated','{"member":"web1","passed":true,"detail":"http http://127.0.0.1:48501/health: passed"}');
INSERT INTO "records" VALUES(13,'web-20261126-091331-108e','2026-11-26T09:13:32.148222+00:00',1438012360,'Intended','{"step":{"member":"web1","setting":"check","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/cut_off_soaking/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(14,'web-20261126-091331-108e','2026-11-26T09:13:32.163689+00:00',1438027840,'MemberSet','{"member":"web1","setting":"check","workers":{"unix:/srv/poolroll/run/cut_off_soaking/w/lb1/admin.sock":{"pid":29737,"started":1795684410}}}');
INSERT INTO "records" VALUES(15,'web-20261126-091331-108e','2026-11-26T09:13:32.178410+00:00',1438042490,'Intended','{"step":{"member":"web1","setting":"put back","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/cut_off_soaking/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(16,'web-20261126-091331-108e','2026-11-26T09:13:32.186293+00:00',1438050440,'MemberSet','{"member":"web1","setting":"put back","workers":{"unix:/srv/poolroll/run/cut_off_soaking/w/lb1/admin.sock":{"pid":29737,"started":1795684410}}}');
INSERT INTO "records" VALUES(17,'web-20261126-091331-108e','2026-11-26T09:13:32.199462+00:00',1438063252,'MemberReturned','{"member":"web1"}');
INSERT INTO "records" VALUES(18,'web-20261126-091331-108e','2026-11-26T09:13:32.209008+00:00',1438072280,'GateSampled','{"gate":"errors","member":"web1","verdict":"inconclusive","reason":"no data: not one request yet","errors":0,"total":0,"value":null,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
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
INSERT INTO "rollouts" VALUES(1,'web-20261126-091331-108e','web','apiVersion: poolroll/v1
name: web
vars:
  version: v2
pool:
  haproxy:
    apis:
    - unix:/srv/poolroll/run/cut_off_soaking/w/lb1/admin.sock
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
  - echo "$$0" >> "/srv/poolroll/run/cut_off_soaking/ran"; exec "$$@"
  - ${member.name}
  - /srv/poolroll/.venv/bin/python
  - -I
  - -S
  - /srv/poolroll/adapters/demo/upgrade.py
  - --folder
  - /srv/poolroll/run/cut_off_soaking/w
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
  - /srv/poolroll/run/cut_off_soaking/w
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
','/srv/poolroll/run/cut_off_soaking/w/rollout.yml','{}','2026-11-26T09:13:31.237652+00:00','alice@host',NULL,NULL,NULL);
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
INSERT INTO "sqlite_sequence" VALUES('records',18);
INSERT INTO "sqlite_sequence" VALUES('taken',1);
COMMIT;
-- job web-20261126-091331-108e/web1/upgrade-0-0
