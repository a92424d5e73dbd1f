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
INSERT INTO "records" VALUES(1,'web-20261126-091307-e9f5','2026-11-26T09:13:07.372833+00:00',1413224113,'Plan','{"name":"web","members":[{"name":"web1","address":"127.0.0.1","port":48855,"host":"127.0.0.1","vars":{}},{"name":"web2","address":"127.0.0.1","port":50677,"host":"127.0.0.1","vars":{}},{"name":"web3","address":"127.0.0.1","port":41855,"host":"127.0.0.1","vars":{}}],"canaries":[],"instances":["unix:/srv/poolroll/run/resumed/w/lb1/admin.sock"],"backends":["web"],"max_unavailable":1,"min_available":2,"serving":3,"policies":{"max_unavailable":{"value":1.0,"is_percent":false},"min_available":null,"wait_for_capacity":"PT10M","lost_after":"PT30S","drain":{"timeout":"PT20S","sticky":"PT0.1S","on_timeout":"halt"},"comeback":{"within":"PT10S","ramp":[],"hold":"PT0S"},"soak":"PT30S","gates":[{"name":"errors","scope":"member","maximum":0.01,"test":"exact","every":"PT0.1S","confidence":0.995,"min_errors":3,"min_requests":20,"window":"PT1M","failures":1,"hold":"PT2M","then":"halt","metric":null,"alerts":null,"probe":null}],"on_failure":"halt"},"upgrade":{"steps":1,"has_guard":false},"rollback":{"steps":1,"has_guard":false},"purpose":"upgrade","sticky":{"web":"cookie SRV"},"left":{}}');
INSERT INTO "records" VALUES(2,'web-20261126-091307-e9f5','2026-11-26T09:13:07.375066+00:00',1413239031,'FileKept','{"fingerprint":"6240ef74d09911fcb8f32939d3c4d920ef60012412c64b4fd9840e4e4e18d391"}');
INSERT INTO "records" VALUES(3,'web-20261126-091307-e9f5','2026-11-26T09:13:07.377731+00:00',1413241264,'RunBegan','{"by":"alice@host","only":[],"stepwise":false,"overrides":{}}');
INSERT INTO "records" VALUES(4,'web-20261126-091307-e9f5','2026-11-26T09:13:07.382981+00:00',1413246956,'MemberCalled','{"member":"web1"}');
INSERT INTO "records" VALUES(5,'web-20261126-091307-e9f5','2026-11-26T09:13:07.393220+00:00',1413249569,'Intended','{"step":{"member":"web1","setting":"drain","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/resumed/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(6,'web-20261126-091307-e9f5','2026-11-26T09:13:07.400298+00:00',1413263610,'MemberSet','{"member":"web1","setting":"drain","workers":{"unix:/srv/poolroll/run/resumed/w/lb1/admin.sock":{"pid":28998,"started":1795684386}}}');
INSERT INTO "records" VALUES(7,'web-20261126-091307-e9f5','2026-11-26T09:13:07.510752+00:00',1413374909,'Intended','{"step":{"member":"web1","setting":"hold","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/resumed/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(8,'web-20261126-091307-e9f5','2026-11-26T09:13:07.514385+00:00',1413378549,'MemberSet','{"member":"web1","setting":"hold","workers":{"unix:/srv/poolroll/run/resumed/w/lb1/admin.sock":{"pid":28998,"started":1795684386}}}');
INSERT INTO "records" VALUES(9,'web-20261126-091307-e9f5','2026-11-26T09:13:07.556910+00:00',1413421091,'Intended','{"step":{"member":"web1","course":"upgrade","index":0,"attempt":0}}');
INSERT INTO "records" VALUES(10,'web-20261126-091307-e9f5','2026-11-26T09:13:07.828822+00:00',1413692285,'StepEnded','{"member":"web1","index":0,"attempt":0,"passed":true,"lost":false,"detail":"step 1 (/bin/sh) ended with exit code 0","output":"","seconds":0.225}');
INSERT INTO "records" VALUES(11,'web-20261126-091307-e9f5','2026-11-26T09:13:07.832257+00:00',1413696431,'Intended','{"step":{"member":"web1","course":"upgrade"}}');
INSERT INTO "records" VALUES(12,'web-20261126-091307-e9f5','2026-11-26T09:13:07.935292+00:00',1413799059,'Validated','{"member":"web1","passed":true,"detail":"http http://127.0.0.1:48855/health: passed"}');
INSERT INTO "records" VALUES(13,'web-20261126-091307-e9f5','2026-11-26T09:13:07.940548+00:00',1413804700,'Intended','{"step":{"member":"web1","setting":"check","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/resumed/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(14,'web-20261126-091307-e9f5','2026-11-26T09:13:07.943696+00:00',1413807886,'MemberSet','{"member":"web1","setting":"check","workers":{"unix:/srv/poolroll/run/resumed/w/lb1/admin.sock":{"pid":28998,"started":1795684386}}}');
INSERT INTO "records" VALUES(15,'web-20261126-091307-e9f5','2026-11-26T09:13:07.975652+00:00',1413839756,'Intended','{"step":{"member":"web1","setting":"put back","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/resumed/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(16,'web-20261126-091307-e9f5','2026-11-26T09:13:07.981736+00:00',1413845881,'MemberSet','{"member":"web1","setting":"put back","workers":{"unix:/srv/poolroll/run/resumed/w/lb1/admin.sock":{"pid":28998,"started":1795684386}}}');
INSERT INTO "records" VALUES(17,'web-20261126-091307-e9f5','2026-11-26T09:13:07.995834+00:00',1413859533,'MemberReturned','{"member":"web1"}');
INSERT INTO "records" VALUES(18,'web-20261126-091307-e9f5','2026-11-26T09:13:08.003489+00:00',1413866617,'GateSampled','{"gate":"errors","member":"web1","verdict":"pass","reason":"none of 1 request failed","errors":0,"total":1,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(19,'web-20261126-091307-e9f5','2026-11-26T09:13:08.148877+00:00',1414013017,'GateSampled','{"gate":"errors","member":"web1","verdict":"inconclusive","reason":"too little traffic: 2 of 8 requests failed (25 %)","errors":2,"total":8,"value":0.25,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(20,'web-20261126-091307-e9f5','2026-11-26T09:13:08.252369+00:00',1414116578,'GateSampled','{"gate":"errors","member":"web1","verdict":"fail","reason":"6 of 18 requests failed (33.3 %)","errors":6,"total":18,"value":0.3333333333333333,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(21,'web-20261126-091307-e9f5','2026-11-26T09:13:08.256884+00:00',1414120337,'Halted','{"cause":"gate","seen":"gate ''errors'': 6 of 18 requests failed (33.3 %) since the return of web1","limit":"at most 1 % of the requests may fail, beyond chance (99.5 % sure, from 3 errors on)","member":"web1","gate":"errors","condemned":["web1"]}');
INSERT INTO "records" VALUES(22,'web-20261126-091307-e9f5','2026-11-26T09:13:08.261893+00:00',1414125316,'Intended','{"step":{"member":"web1","setting":"remove","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/resumed/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(23,'web-20261126-091307-e9f5','2026-11-26T09:13:08.270842+00:00',1414134977,'MemberSet','{"member":"web1","setting":"remove","workers":{"unix:/srv/poolroll/run/resumed/w/lb1/admin.sock":{"pid":28998,"started":1795684386}}}');
INSERT INTO "records" VALUES(24,'web-20261126-091307-e9f5','2026-11-26T09:13:09.268475+00:00',1415132139,'Finished','{"outcome":"halted","exit_code":4,"why":"gate ''errors'': 6 of 18 requests failed (33.3 %) since the return of web1","told":["SEEN      gate ''errors'': 6 of 18 requests failed (33.3 %) since the return of web1","LIMIT     at most 1 % of the requests may fail, beyond chance (99.5 % sure, from 3 errors on)","MEMBERS   web1: OUT OF ROTATION: failed gate ''errors''","          web2, web3: in rotation, untouched","USERS     not failing now; at most 6 requests failed at 09:13:08 UTC","CAN WAIT  yes: 2 members serve, the floor is 2","          as long as no load balancer is reloaded: that may put web1 back","NEXT      to go on:  poolroll resume web --reason ''…'' --state /srv/poolroll/run/resumed/state, then poolroll run /srv/poolroll/run/resumed/w/rollout.yml --state /srv/poolroll/run/resumed/state","          to end it: poolroll abort web --state /srv/poolroll/run/resumed/state   (MIND: --restore puts back web1: validation was passed, yet it failed gate ''errors'')","          to go back: poolroll rollback /srv/poolroll/run/resumed/w/rollout.yml --state /srv/poolroll/run/resumed/state"]}');
CREATE TABLE requests (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        verb TEXT NOT NULL,
        reason TEXT NOT NULL,
        user TEXT NOT NULL,
        wall TEXT NOT NULL,
        acknowledged INTEGER NOT NULL DEFAULT 0
    );
INSERT INTO "requests" VALUES(1,'web','resume','the errors were the load test''s','alice@host','2026-11-26T09:13:10.017962+00:00',0);
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
INSERT INTO "rollouts" VALUES(1,'web-20261126-091307-e9f5','web','apiVersion: poolroll/v1
name: web
vars:
  version: v2
pool:
  haproxy:
    apis:
    - unix:/srv/poolroll/run/resumed/w/lb1/admin.sock
    backends:
    - web
  members:
    expect: 3
drain:
  timeout: 20s
  sticky: 100ms
upgrade:
  command:
  - /bin/sh
  - -c
  - echo "$$0" >> "/srv/poolroll/run/resumed/ran"; exec "$$@"
  - ${member.name}
  - /srv/poolroll/.venv/bin/python
  - -I
  - -S
  - /srv/poolroll/adapters/demo/upgrade.py
  - --folder
  - /srv/poolroll/run/resumed/w
  - --member
  - ${member.name}
  - --to
  - v2
  - --takes-ms
  - ''0''
  - --behaviour
  - ''{"fail_every": 3}''
  - --wait
  timeout: 20s
rollback:
  command:
  - /srv/poolroll/.venv/bin/python
  - -I
  - -S
  - /srv/poolroll/adapters/demo/upgrade.py
  - --folder
  - /srv/poolroll/run/resumed/w
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
soak: 30s
gates:
- name: errors
  haproxy:
    measure: error_ratio
    scope: member
  max: 1%
  every: 100ms
','/srv/poolroll/run/resumed/w/rollout.yml','{}','2026-11-26T09:13:07.049158+00:00','alice@host',NULL,NULL,NULL);
CREATE TABLE taken (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        backend TEXT NOT NULL,
        address TEXT NOT NULL,
        member TEXT NOT NULL,
        rollout TEXT NOT NULL,
        found TEXT NOT NULL,
        UNIQUE (backend, address)
    );
INSERT INTO "taken" VALUES(2,'web','127.0.0.1:48855','web1','web-20261126-091307-e9f5','[{"instance": "unix:/srv/poolroll/run/resumed/w/lb1/admin.sock", "backend": "web", "weight": 1, "agent": false}]');
CREATE INDEX rollouts_by_name ON rollouts (name, seq);
CREATE INDEX records_by_rollout ON records (rollout, seq);
CREATE INDEX requests_waiting ON requests (name, seq) WHERE acknowledged = 0;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('rollouts',1);
INSERT INTO "sqlite_sequence" VALUES('records',24);
INSERT INTO "sqlite_sequence" VALUES('taken',2);
INSERT INTO "sqlite_sequence" VALUES('requests',1);
COMMIT;
-- job web-20261126-091307-e9f5/web1/upgrade-0-0
