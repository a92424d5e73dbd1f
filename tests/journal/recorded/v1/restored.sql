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
INSERT INTO "records" VALUES(1,'web-20261126-091251-7ec8','2026-11-26T09:12:51.961187+00:00',1397819463,'Plan','{"name":"web","members":[{"name":"web1","address":"127.0.0.1","port":56655,"host":"127.0.0.1","vars":{}},{"name":"web2","address":"127.0.0.1","port":38437,"host":"127.0.0.1","vars":{}}],"canaries":[],"instances":["unix:/srv/poolroll/run/restored/w/lb1/admin.sock"],"backends":["web"],"max_unavailable":1,"min_available":1,"serving":2,"policies":{"max_unavailable":{"value":1.0,"is_percent":false},"min_available":null,"wait_for_capacity":"PT10M","lost_after":"PT30S","drain":{"timeout":"PT20S","sticky":"PT0.1S","on_timeout":"halt"},"comeback":{"within":"PT10S","ramp":[],"hold":"PT0S"},"soak":"PT0.2S","gates":[],"on_failure":"halt"},"upgrade":{"steps":1,"has_guard":false},"rollback":{"steps":1,"has_guard":false},"purpose":"upgrade","sticky":{"web":"cookie SRV"},"left":{}}');
INSERT INTO "records" VALUES(2,'web-20261126-091251-7ec8','2026-11-26T09:12:51.961962+00:00',1397825990,'FileKept','{"fingerprint":"fc5e3083ec9220fd7e5c67052e319673d3b1ae40f26518e9ece6aba3030bab41"}');
INSERT INTO "records" VALUES(3,'web-20261126-091251-7ec8','2026-11-26T09:12:51.962706+00:00',1397826549,'RunBegan','{"by":"alice@host","only":[],"stepwise":false,"overrides":{}}');
INSERT INTO "records" VALUES(4,'web-20261126-091251-7ec8','2026-11-26T09:12:51.964713+00:00',1397828749,'MemberCalled','{"member":"web1"}');
INSERT INTO "records" VALUES(5,'web-20261126-091251-7ec8','2026-11-26T09:12:51.967714+00:00',1397830157,'Intended','{"step":{"member":"web1","setting":"drain","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/restored/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(6,'web-20261126-091251-7ec8','2026-11-26T09:12:51.972852+00:00',1397835991,'MemberSet','{"member":"web1","setting":"drain","workers":{"unix:/srv/poolroll/run/restored/w/lb1/admin.sock":{"pid":28708,"started":1795684370}}}');
INSERT INTO "records" VALUES(7,'web-20261126-091251-7ec8','2026-11-26T09:12:52.090588+00:00',1397954726,'Intended','{"step":{"member":"web1","setting":"hold","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/restored/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(8,'web-20261126-091251-7ec8','2026-11-26T09:12:52.093903+00:00',1397958031,'MemberSet','{"member":"web1","setting":"hold","workers":{"unix:/srv/poolroll/run/restored/w/lb1/admin.sock":{"pid":28708,"started":1795684370}}}');
INSERT INTO "records" VALUES(9,'web-20261126-091251-7ec8','2026-11-26T09:12:52.131356+00:00',1397995535,'Intended','{"step":{"member":"web1","course":"upgrade","index":0,"attempt":0}}');
INSERT INTO "records" VALUES(10,'web-20261126-091251-7ec8','2026-11-26T09:12:52.864828+00:00',1398728975,'RunBegan','{"by":"alice@host","only":[],"stepwise":false,"overrides":{}}');
INSERT INTO "records" VALUES(11,'web-20261126-091251-7ec8','2026-11-26T09:12:52.866059+00:00',1398729845,'AbortRequested','{"by":"alice@host","restore":true,"request":0}');
INSERT INTO "records" VALUES(12,'web-20261126-091251-7ec8','2026-11-26T09:12:53.119646+00:00',1398983786,'Intended','{"step":{"member":"web1","course":"upgrade","index":0,"attempt":0}}');
INSERT INTO "records" VALUES(13,'web-20261126-091251-7ec8','2026-11-26T09:12:53.122017+00:00',1398985452,'StepEnded','{"member":"web1","index":0,"attempt":0,"passed":true,"lost":false,"detail":"step 1 (/bin/sh) ended with exit code 0","output":"","seconds":0.187}');
INSERT INTO "records" VALUES(14,'web-20261126-091251-7ec8','2026-11-26T09:12:53.122663+00:00',1398986848,'Intended','{"step":{"member":"web1","course":"upgrade"}}');
INSERT INTO "records" VALUES(15,'web-20261126-091251-7ec8','2026-11-26T09:12:53.201941+00:00',1399065628,'Validated','{"member":"web1","passed":true,"detail":"http http://127.0.0.1:56655/health: passed"}');
INSERT INTO "records" VALUES(16,'web-20261126-091251-7ec8','2026-11-26T09:12:53.203107+00:00',1399067242,'Intended','{"step":{"member":"web1","setting":"check","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/restored/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(17,'web-20261126-091251-7ec8','2026-11-26T09:12:53.207924+00:00',1399071936,'MemberSet','{"member":"web1","setting":"check","workers":{"unix:/srv/poolroll/run/restored/w/lb1/admin.sock":{"pid":28708,"started":1795684370}}}');
INSERT INTO "records" VALUES(18,'web-20261126-091251-7ec8','2026-11-26T09:12:53.261004+00:00',1399125055,'Intended','{"step":{"member":"web1","setting":"put back","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/restored/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(19,'web-20261126-091251-7ec8','2026-11-26T09:12:53.265102+00:00',1399129163,'MemberSet','{"member":"web1","setting":"put back","workers":{"unix:/srv/poolroll/run/restored/w/lb1/admin.sock":{"pid":28708,"started":1795684370}}}');
INSERT INTO "records" VALUES(20,'web-20261126-091251-7ec8','2026-11-26T09:12:53.282701+00:00',1399146275,'MemberReturned','{"member":"web1"}');
INSERT INTO "records" VALUES(21,'web-20261126-091251-7ec8','2026-11-26T09:12:53.284601+00:00',1399148307,'SoakEnded','{"member":"web1","note":"in rotation, its soak cut short by the abort"}');
INSERT INTO "records" VALUES(22,'web-20261126-091251-7ec8','2026-11-26T09:12:53.285657+00:00',1399149414,'Finished','{"outcome":"aborted","exit_code":7,"why":"by alice@host","told":[]}');
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
INSERT INTO "rollouts" VALUES(1,'web-20261126-091251-7ec8','web','apiVersion: poolroll/v1
name: web
vars:
  version: v2
pool:
  haproxy:
    apis:
    - unix:/srv/poolroll/run/restored/w/lb1/admin.sock
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
  - echo "$$0" >> "/srv/poolroll/run/restored/ran"; until [ -e "/srv/poolroll/run/restored/go" ]; do sleep 0.02; done; exec "$$@"
  - ${member.name}
  - /srv/poolroll/.venv/bin/python
  - -I
  - -S
  - /srv/poolroll/adapters/demo/upgrade.py
  - --folder
  - /srv/poolroll/run/restored/w
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
  - /srv/poolroll/run/restored/w
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
','/srv/poolroll/run/restored/w/rollout.yml','{}','2026-11-26T09:12:51.654652+00:00','alice@host','2026-11-26T09:12:53.286264+00:00','aborted',7);
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
INSERT INTO "sqlite_sequence" VALUES('records',22);
INSERT INTO "sqlite_sequence" VALUES('taken',1);
COMMIT;
-- job web-20261126-091251-7ec8/web1/upgrade-0-0
