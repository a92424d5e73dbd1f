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
INSERT INTO "records" VALUES(1,'web-20261126-091333-a0fd','2026-11-26T09:13:33.418300+00:00',1439276113,'Plan','{"name":"web","members":[{"name":"web1","address":"127.0.0.1","port":56349,"host":"127.0.0.1","vars":{}},{"name":"web2","address":"127.0.0.1","port":38273,"host":"127.0.0.1","vars":{}}],"canaries":[],"instances":["unix:/srv/poolroll/run/pausing/w/lb1/admin.sock"],"backends":["web"],"max_unavailable":1,"min_available":1,"serving":2,"policies":{"max_unavailable":{"value":1.0,"is_percent":false},"min_available":null,"wait_for_capacity":"PT10M","lost_after":"PT30S","drain":{"timeout":"PT20S","sticky":"PT0.1S","on_timeout":"halt"},"comeback":{"within":"PT10S","ramp":[],"hold":"PT0S"},"soak":"PT0.2S","gates":[],"on_failure":"halt"},"upgrade":{"steps":1,"has_guard":false},"rollback":{"steps":1,"has_guard":false},"purpose":"upgrade","sticky":{"web":"cookie SRV"},"left":{}}');
INSERT INTO "records" VALUES(2,'web-20261126-091333-a0fd','2026-11-26T09:13:33.424275+00:00',1439288170,'FileKept','{"fingerprint":"f6b7f3f487841e11809036bb97138584d79c5ac9fc61a06a4daca4d40a98d263"}');
INSERT INTO "records" VALUES(3,'web-20261126-091333-a0fd','2026-11-26T09:13:33.428139+00:00',1439291784,'RunBegan','{"by":"alice@host","only":[],"stepwise":false,"overrides":{}}');
INSERT INTO "records" VALUES(4,'web-20261126-091333-a0fd','2026-11-26T09:13:33.432494+00:00',1439296460,'MemberCalled','{"member":"web1"}');
INSERT INTO "records" VALUES(5,'web-20261126-091333-a0fd','2026-11-26T09:13:33.441342+00:00',1439301247,'Intended','{"step":{"member":"web1","setting":"drain","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/pausing/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(6,'web-20261126-091333-a0fd','2026-11-26T09:13:33.446975+00:00',1439310560,'MemberSet','{"member":"web1","setting":"drain","workers":{"unix:/srv/poolroll/run/pausing/w/lb1/admin.sock":{"pid":29754,"started":1795684412}}}');
INSERT INTO "records" VALUES(7,'web-20261126-091333-a0fd','2026-11-26T09:13:33.561025+00:00',1439425191,'Intended','{"step":{"member":"web1","setting":"hold","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/pausing/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(8,'web-20261126-091333-a0fd','2026-11-26T09:13:33.566055+00:00',1439430204,'MemberSet','{"member":"web1","setting":"hold","workers":{"unix:/srv/poolroll/run/pausing/w/lb1/admin.sock":{"pid":29754,"started":1795684412}}}');
INSERT INTO "records" VALUES(9,'web-20261126-091333-a0fd','2026-11-26T09:13:33.601655+00:00',1439465840,'Intended','{"step":{"member":"web1","course":"upgrade","index":0,"attempt":0}}');
INSERT INTO "records" VALUES(10,'web-20261126-091333-a0fd','2026-11-26T09:13:33.657601+00:00',1439521323,'StopRequested','{"why":"SIGTERM","at_once":false}');
INSERT INTO "records" VALUES(11,'web-20261126-091333-a0fd','2026-11-26T09:13:33.848110+00:00',1439711598,'StepEnded','{"member":"web1","index":0,"attempt":0,"passed":true,"lost":false,"detail":"step 1 (/bin/sh) ended with exit code 0","output":"","seconds":0.21}');
INSERT INTO "records" VALUES(12,'web-20261126-091333-a0fd','2026-11-26T09:13:33.849242+00:00',1439713439,'Intended','{"step":{"member":"web1","course":"upgrade"}}');
INSERT INTO "records" VALUES(13,'web-20261126-091333-a0fd','2026-11-26T09:13:33.923973+00:00',1439787695,'Validated','{"member":"web1","passed":true,"detail":"http http://127.0.0.1:56349/health: passed"}');
INSERT INTO "records" VALUES(14,'web-20261126-091333-a0fd','2026-11-26T09:13:33.928299+00:00',1439792403,'Intended','{"step":{"member":"web1","setting":"check","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/pausing/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(15,'web-20261126-091333-a0fd','2026-11-26T09:13:33.934351+00:00',1439798518,'MemberSet','{"member":"web1","setting":"check","workers":{"unix:/srv/poolroll/run/pausing/w/lb1/admin.sock":{"pid":29754,"started":1795684412}}}');
INSERT INTO "records" VALUES(16,'web-20261126-091333-a0fd','2026-11-26T09:13:33.983075+00:00',1439847186,'Intended','{"step":{"member":"web1","setting":"put back","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/pausing/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(17,'web-20261126-091333-a0fd','2026-11-26T09:13:33.986720+00:00',1439850880,'MemberSet','{"member":"web1","setting":"put back","workers":{"unix:/srv/poolroll/run/pausing/w/lb1/admin.sock":{"pid":29754,"started":1795684412}}}');
INSERT INTO "records" VALUES(18,'web-20261126-091333-a0fd','2026-11-26T09:13:34.004392+00:00',1439868153,'MemberReturned','{"member":"web1"}');
INSERT INTO "records" VALUES(19,'web-20261126-091333-a0fd','2026-11-26T09:13:34.010480+00:00',1439872853,'Finished','{"outcome":"stopped","exit_code":7,"why":"SIGTERM","told":[]}');
CREATE TABLE requests (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        verb TEXT NOT NULL,
        reason TEXT NOT NULL,
        user TEXT NOT NULL,
        wall TEXT NOT NULL,
        acknowledged INTEGER NOT NULL DEFAULT 0
    );
INSERT INTO "requests" VALUES(1,'web','pause','','alice@host','2026-11-26T09:13:34.811347+00:00',0);
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
INSERT INTO "rollouts" VALUES(1,'web-20261126-091333-a0fd','web','apiVersion: poolroll/v1
name: web
vars:
  version: v2
pool:
  haproxy:
    apis:
    - unix:/srv/poolroll/run/pausing/w/lb1/admin.sock
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
  - echo "$$0" >> "/srv/poolroll/run/pausing/ran"; until [ -e "/srv/poolroll/run/pausing/go" ]; do sleep 0.02; done; exec "$$@"
  - ${member.name}
  - /srv/poolroll/.venv/bin/python
  - -I
  - -S
  - /srv/poolroll/adapters/demo/upgrade.py
  - --folder
  - /srv/poolroll/run/pausing/w
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
  - /srv/poolroll/run/pausing/w
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
','/srv/poolroll/run/pausing/w/rollout.yml','{}','2026-11-26T09:13:33.104679+00:00','alice@host',NULL,NULL,NULL);
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
INSERT INTO "sqlite_sequence" VALUES('records',19);
INSERT INTO "sqlite_sequence" VALUES('taken',1);
INSERT INTO "sqlite_sequence" VALUES('requests',1);
COMMIT;
-- job web-20261126-091333-a0fd/web1/upgrade-0-0
