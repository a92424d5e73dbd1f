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
INSERT INTO "records" VALUES(1,'web-20261126-091303-87aa','2026-11-26T09:13:03.912446+00:00',1409769374,'Plan','{"name":"web","members":[{"name":"web1","address":"127.0.0.1","port":33789,"host":"127.0.0.1","vars":{}},{"name":"web2","address":"127.0.0.1","port":42435,"host":"127.0.0.1","vars":{}},{"name":"web3","address":"127.0.0.1","port":47855,"host":"127.0.0.1","vars":{}}],"canaries":[],"instances":["unix:/srv/poolroll/run/halted/w/lb1/admin.sock"],"backends":["web"],"max_unavailable":1,"min_available":2,"serving":3,"policies":{"max_unavailable":{"value":1.0,"is_percent":false},"min_available":null,"wait_for_capacity":"PT10M","lost_after":"PT30S","drain":{"timeout":"PT20S","sticky":"PT0.1S","on_timeout":"halt"},"comeback":{"within":"PT10S","ramp":[],"hold":"PT0S"},"soak":"PT30S","gates":[{"name":"errors","scope":"member","maximum":0.01,"test":"exact","every":"PT0.1S","confidence":0.995,"min_errors":3,"min_requests":20,"window":"PT1M","failures":1,"hold":"PT2M","then":"halt","metric":null,"alerts":null,"probe":null}],"on_failure":"halt"},"upgrade":{"steps":1,"has_guard":false},"rollback":{"steps":1,"has_guard":false},"purpose":"upgrade","sticky":{"web":"cookie SRV"},"left":{}}');
INSERT INTO "records" VALUES(2,'web-20261126-091303-87aa','2026-11-26T09:13:03.913529+00:00',1409777380,'FileKept','{"fingerprint":"34b108c91be10170caf39c6c689f7c2148b2d774219a7a9c85d59d2727e3fa8f"}');
INSERT INTO "records" VALUES(3,'web-20261126-091303-87aa','2026-11-26T09:13:03.914636+00:00',1409778302,'RunBegan','{"by":"alice@host","only":[],"stepwise":false,"overrides":{}}');
INSERT INTO "records" VALUES(4,'web-20261126-091303-87aa','2026-11-26T09:13:03.917505+00:00',1409781495,'MemberCalled','{"member":"web1"}');
INSERT INTO "records" VALUES(5,'web-20261126-091303-87aa','2026-11-26T09:13:03.921013+00:00',1409783220,'Intended','{"step":{"member":"web1","setting":"drain","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/halted/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(6,'web-20261126-091303-87aa','2026-11-26T09:13:03.925105+00:00',1409788555,'MemberSet','{"member":"web1","setting":"drain","workers":{"unix:/srv/poolroll/run/halted/w/lb1/admin.sock":{"pid":28905,"started":1795684382}}}');
INSERT INTO "records" VALUES(7,'web-20261126-091303-87aa','2026-11-26T09:13:04.025887+00:00',1409890039,'Intended','{"step":{"member":"web1","setting":"hold","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/halted/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(8,'web-20261126-091303-87aa','2026-11-26T09:13:04.029825+00:00',1409893847,'MemberSet','{"member":"web1","setting":"hold","workers":{"unix:/srv/poolroll/run/halted/w/lb1/admin.sock":{"pid":28905,"started":1795684382}}}');
INSERT INTO "records" VALUES(9,'web-20261126-091303-87aa','2026-11-26T09:13:04.067296+00:00',1409931474,'Intended','{"step":{"member":"web1","course":"upgrade","index":0,"attempt":0}}');
INSERT INTO "records" VALUES(10,'web-20261126-091303-87aa','2026-11-26T09:13:04.227512+00:00',1410091016,'StepEnded','{"member":"web1","index":0,"attempt":0,"passed":true,"lost":false,"detail":"step 1 (/bin/sh) ended with exit code 0","output":"","seconds":0.138}');
INSERT INTO "records" VALUES(11,'web-20261126-091303-87aa','2026-11-26T09:13:04.228214+00:00',1410092410,'Intended','{"step":{"member":"web1","course":"upgrade"}}');
INSERT INTO "records" VALUES(12,'web-20261126-091303-87aa','2026-11-26T09:13:04.295280+00:00',1410159034,'Validated','{"member":"web1","passed":true,"detail":"http http://127.0.0.1:33789/health: passed"}');
INSERT INTO "records" VALUES(13,'web-20261126-091303-87aa','2026-11-26T09:13:04.296237+00:00',1410160421,'Intended','{"step":{"member":"web1","setting":"check","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/halted/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(14,'web-20261126-091303-87aa','2026-11-26T09:13:04.300738+00:00',1410164798,'MemberSet','{"member":"web1","setting":"check","workers":{"unix:/srv/poolroll/run/halted/w/lb1/admin.sock":{"pid":28905,"started":1795684382}}}');
INSERT INTO "records" VALUES(15,'web-20261126-091303-87aa','2026-11-26T09:13:04.333502+00:00',1410197610,'Intended','{"step":{"member":"web1","setting":"put back","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/halted/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(16,'web-20261126-091303-87aa','2026-11-26T09:13:04.341931+00:00',1410206075,'MemberSet','{"member":"web1","setting":"put back","workers":{"unix:/srv/poolroll/run/halted/w/lb1/admin.sock":{"pid":28905,"started":1795684382}}}');
INSERT INTO "records" VALUES(17,'web-20261126-091303-87aa','2026-11-26T09:13:04.354619+00:00',1410218291,'MemberReturned','{"member":"web1"}');
INSERT INTO "records" VALUES(18,'web-20261126-091303-87aa','2026-11-26T09:13:04.357240+00:00',1410220255,'GateSampled','{"gate":"errors","member":"web1","verdict":"pass","reason":"none of 1 request failed","errors":0,"total":1,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(19,'web-20261126-091303-87aa','2026-11-26T09:13:04.456372+00:00',1410320555,'GateSampled','{"gate":"errors","member":"web1","verdict":"inconclusive","reason":"too little traffic: 1 of 4 requests failed (25 %)","errors":1,"total":4,"value":0.25,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(20,'web-20261126-091303-87aa','2026-11-26T09:13:04.558968+00:00',1410423164,'GateSampled','{"gate":"errors","member":"web1","verdict":"fail","reason":"5 of 15 requests failed (33.3 %)","errors":5,"total":15,"value":0.3333333333333333,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(21,'web-20261126-091303-87aa','2026-11-26T09:13:04.560489+00:00',1410423968,'Halted','{"cause":"gate","seen":"gate ''errors'': 5 of 15 requests failed (33.3 %) since the return of web1","limit":"at most 1 % of the requests may fail, beyond chance (99.5 % sure, from 3 errors on)","member":"web1","gate":"errors","condemned":["web1"]}');
INSERT INTO "records" VALUES(22,'web-20261126-091303-87aa','2026-11-26T09:13:04.563094+00:00',1410426789,'Intended','{"step":{"member":"web1","setting":"remove","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/halted/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(23,'web-20261126-091303-87aa','2026-11-26T09:13:04.566511+00:00',1410430627,'MemberSet','{"member":"web1","setting":"remove","workers":{"unix:/srv/poolroll/run/halted/w/lb1/admin.sock":{"pid":28905,"started":1795684382}}}');
INSERT INTO "records" VALUES(24,'web-20261126-091303-87aa','2026-11-26T09:13:05.818650+00:00',1411682275,'Finished','{"outcome":"halted","exit_code":4,"why":"gate ''errors'': 5 of 15 requests failed (33.3 %) since the return of web1","told":["SEEN      gate ''errors'': 5 of 15 requests failed (33.3 %) since the return of web1","LIMIT     at most 1 % of the requests may fail, beyond chance (99.5 % sure, from 3 errors on)","MEMBERS   web1: OUT OF ROTATION: failed gate ''errors''","          web2, web3: in rotation, untouched","USERS     not failing now; at most 5 requests failed at 09:13:04 UTC","CAN WAIT  yes: 2 members serve, the floor is 2","          as long as no load balancer is reloaded: that may put web1 back","NEXT      to go on:  poolroll resume web --reason ''…'' --state /srv/poolroll/run/halted/state, then poolroll run /srv/poolroll/run/halted/w/rollout.yml --state /srv/poolroll/run/halted/state","          to end it: poolroll abort web --state /srv/poolroll/run/halted/state   (MIND: --restore puts back web1: validation was passed, yet it failed gate ''errors'')","          to go back: poolroll rollback /srv/poolroll/run/halted/w/rollout.yml --state /srv/poolroll/run/halted/state"]}');
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
INSERT INTO "rollouts" VALUES(1,'web-20261126-091303-87aa','web','apiVersion: poolroll/v1
name: web
vars:
  version: v2
pool:
  haproxy:
    apis:
    - unix:/srv/poolroll/run/halted/w/lb1/admin.sock
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
  - echo "$$0" >> "/srv/poolroll/run/halted/ran"; exec "$$@"
  - ${member.name}
  - /srv/poolroll/.venv/bin/python
  - -I
  - -S
  - /srv/poolroll/adapters/demo/upgrade.py
  - --folder
  - /srv/poolroll/run/halted/w
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
  - /srv/poolroll/run/halted/w
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
','/srv/poolroll/run/halted/w/rollout.yml','{}','2026-11-26T09:13:03.600622+00:00','alice@host',NULL,NULL,NULL);
CREATE TABLE taken (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        backend TEXT NOT NULL,
        address TEXT NOT NULL,
        member TEXT NOT NULL,
        rollout TEXT NOT NULL,
        found TEXT NOT NULL,
        UNIQUE (backend, address)
    );
INSERT INTO "taken" VALUES(2,'web','127.0.0.1:33789','web1','web-20261126-091303-87aa','[{"instance": "unix:/srv/poolroll/run/halted/w/lb1/admin.sock", "backend": "web", "weight": 1, "agent": false}]');
CREATE INDEX rollouts_by_name ON rollouts (name, seq);
CREATE INDEX records_by_rollout ON records (rollout, seq);
CREATE INDEX requests_waiting ON requests (name, seq) WHERE acknowledged = 0;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('rollouts',1);
INSERT INTO "sqlite_sequence" VALUES('records',24);
INSERT INTO "sqlite_sequence" VALUES('taken',2);
COMMIT;
-- job web-20261126-091303-87aa/web1/upgrade-0-0
