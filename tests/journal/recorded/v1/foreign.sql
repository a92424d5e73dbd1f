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
INSERT INTO "records" VALUES(1,'web-20261126-091318-37d4','2026-11-26T09:13:18.449060+00:00',1424302755,'Plan','{"name":"web","members":[{"name":"web1","address":"127.0.0.1","port":45617,"host":"127.0.0.1","vars":{}},{"name":"web2","address":"127.0.0.1","port":60403,"host":"127.0.0.1","vars":{}}],"canaries":[],"instances":["unix:/srv/poolroll/run/foreign/w/lb1/admin.sock"],"backends":["web"],"max_unavailable":1,"min_available":1,"serving":2,"policies":{"max_unavailable":{"value":1.0,"is_percent":false},"min_available":null,"wait_for_capacity":"PT10M","lost_after":"PT30S","drain":{"timeout":"PT20S","sticky":"PT0.1S","on_timeout":"halt"},"comeback":{"within":"PT10S","ramp":[],"hold":"PT0S"},"soak":"PT0.2S","gates":[],"on_failure":"halt"},"upgrade":{"steps":1,"has_guard":false},"rollback":{"steps":1,"has_guard":false},"purpose":"upgrade","sticky":{"web":"cookie SRV"},"left":{}}');
INSERT INTO "records" VALUES(2,'web-20261126-091318-37d4','2026-11-26T09:13:18.449935+00:00',1424313953,'FileKept','{"fingerprint":"bd2f91accf5e232c1056fd2a3bb97be606f55e63e04e08c8fe02247742e779e7"}');
INSERT INTO "records" VALUES(3,'web-20261126-091318-37d4','2026-11-26T09:13:18.452305+00:00',1424316088,'RunBegan','{"by":"alice@host","only":[],"stepwise":false,"overrides":{}}');
INSERT INTO "records" VALUES(4,'web-20261126-091318-37d4','2026-11-26T09:13:18.456616+00:00',1424320414,'MemberCalled','{"member":"web1"}');
INSERT INTO "records" VALUES(5,'web-20261126-091318-37d4','2026-11-26T09:13:18.461223+00:00',1424322134,'Intended','{"step":{"member":"web1","setting":"drain","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/foreign/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(6,'web-20261126-091318-37d4','2026-11-26T09:13:18.466570+00:00',1424330267,'MemberSet','{"member":"web1","setting":"drain","workers":{"unix:/srv/poolroll/run/foreign/w/lb1/admin.sock":{"pid":29243,"started":1795684397}}}');
INSERT INTO "records" VALUES(7,'web-20261126-091318-37d4','2026-11-26T09:13:18.587828+00:00',1424451952,'Intended','{"step":{"member":"web1","setting":"hold","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/foreign/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(8,'web-20261126-091318-37d4','2026-11-26T09:13:18.596294+00:00',1424460429,'MemberSet','{"member":"web1","setting":"hold","workers":{"unix:/srv/poolroll/run/foreign/w/lb1/admin.sock":{"pid":29243,"started":1795684397}}}');
INSERT INTO "records" VALUES(9,'web-20261126-091318-37d4','2026-11-26T09:13:18.629248+00:00',1424493433,'Intended','{"step":{"member":"web1","course":"upgrade","index":0,"attempt":0}}');
INSERT INTO "records" VALUES(10,'web-20261126-091318-37d4','2026-11-26T09:13:18.880519+00:00',1424744304,'ForeignHandSeen','{"member":"web1","instance":"unix:/srv/poolroll/run/foreign/w/lb1/admin.sock"}');
INSERT INTO "records" VALUES(11,'web-20261126-091318-37d4','2026-11-26T09:13:18.884083+00:00',1424748231,'Intended','{"step":{"member":"web1","setting":"hold","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/foreign/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(12,'web-20261126-091318-37d4','2026-11-26T09:13:18.890311+00:00',1424754470,'MemberSet','{"member":"web1","setting":"hold","workers":{"unix:/srv/poolroll/run/foreign/w/lb1/admin.sock":{"pid":29243,"started":1795684397}}}');
INSERT INTO "records" VALUES(13,'web-20261126-091318-37d4','2026-11-26T09:13:19.101087+00:00',1424964630,'StepEnded','{"member":"web1","index":0,"attempt":0,"passed":true,"lost":false,"detail":"step 1 (/bin/sh) ended with exit code 0","output":"","seconds":0.435}');
INSERT INTO "records" VALUES(14,'web-20261126-091318-37d4','2026-11-26T09:13:19.104755+00:00',1424968296,'Halted','{"cause":"another hand","seen":"somebody else put web1 in rotation while its upgrade ran; it was taken out once more","limit":"a member in our hands is ours alone; nobody is fought over one","member":"web1","gate":null,"condemned":[]}');
INSERT INTO "records" VALUES(15,'web-20261126-091318-37d4','2026-11-26T09:13:19.108223+00:00',1424972191,'MemberFailed','{"member":"web1","why":"left out: changed, and not proven"}');
INSERT INTO "records" VALUES(16,'web-20261126-091318-37d4','2026-11-26T09:13:20.121823+00:00',1425985540,'Finished','{"outcome":"halted","exit_code":5,"why":"somebody else put web1 in rotation while its upgrade ran; it was taken out once more","told":["SEEN      somebody else put web1 in rotation while its upgrade ran; it was taken out once more","LIMIT     a member in our hands is ours alone; nobody is fought over one","MEMBERS   web1: OUT OF ROTATION: left out: changed, and not proven","          web2: in rotation, untouched","USERS     not failing; no failed request seen in the last 1.7s","CAN WAIT  yes: 1 member serves, the floor is 1","          as long as no load balancer is reloaded: that may put web1 back","NEXT      to go on:  poolroll resume web --reason ''…'' --state /srv/poolroll/run/foreign/state, then poolroll run /srv/poolroll/run/foreign/w/rollout.yml --state /srv/poolroll/run/foreign/state","          to end it: poolroll abort web --state /srv/poolroll/run/foreign/state   (--restore also puts back what passes its validation)","          to go back: poolroll rollback /srv/poolroll/run/foreign/w/rollout.yml --state /srv/poolroll/run/foreign/state"]}');
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
INSERT INTO "rollouts" VALUES(1,'web-20261126-091318-37d4','web','apiVersion: poolroll/v1
name: web
vars:
  version: v2
pool:
  haproxy:
    apis:
    - unix:/srv/poolroll/run/foreign/w/lb1/admin.sock
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
  - echo "$$0" >> "/srv/poolroll/run/foreign/ran"; until [ -e "/srv/poolroll/run/foreign/go" ]; do sleep 0.02; done; exec "$$@"
  - ${member.name}
  - /srv/poolroll/.venv/bin/python
  - -I
  - -S
  - /srv/poolroll/adapters/demo/upgrade.py
  - --folder
  - /srv/poolroll/run/foreign/w
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
  - /srv/poolroll/run/foreign/w
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
','/srv/poolroll/run/foreign/w/rollout.yml','{}','2026-11-26T09:13:18.137203+00:00','alice@host',NULL,NULL,NULL);
CREATE TABLE taken (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        backend TEXT NOT NULL,
        address TEXT NOT NULL,
        member TEXT NOT NULL,
        rollout TEXT NOT NULL,
        found TEXT NOT NULL,
        UNIQUE (backend, address)
    );
INSERT INTO "taken" VALUES(1,'web','127.0.0.1:45617','web1','web-20261126-091318-37d4','[{"instance": "unix:/srv/poolroll/run/foreign/w/lb1/admin.sock", "backend": "web", "weight": 1, "agent": false}]');
CREATE INDEX rollouts_by_name ON rollouts (name, seq);
CREATE INDEX records_by_rollout ON records (rollout, seq);
CREATE INDEX requests_waiting ON requests (name, seq) WHERE acknowledged = 0;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('rollouts',1);
INSERT INTO "sqlite_sequence" VALUES('records',16);
INSERT INTO "sqlite_sequence" VALUES('taken',1);
COMMIT;
-- job web-20261126-091318-37d4/web1/upgrade-0-0
