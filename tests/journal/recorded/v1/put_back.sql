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
INSERT INTO "records" VALUES(1,'web-20261126-091254-42c8','2026-11-26T09:12:54.381801+00:00',1400239115,'Plan','{"name":"web","members":[{"name":"web1","address":"127.0.0.1","port":34587,"host":"127.0.0.1","vars":{}},{"name":"web2","address":"127.0.0.1","port":49551,"host":"127.0.0.1","vars":{}}],"canaries":[],"instances":["unix:/srv/poolroll/run/put_back/w/lb1/admin.sock"],"backends":["web"],"max_unavailable":1,"min_available":1,"serving":2,"policies":{"max_unavailable":{"value":1.0,"is_percent":false},"min_available":null,"wait_for_capacity":"PT10M","lost_after":"PT30S","drain":{"timeout":"PT20S","sticky":"PT0.1S","on_timeout":"halt"},"comeback":{"within":"PT10S","ramp":[],"hold":"PT0S"},"soak":"PT0.2S","gates":[],"on_failure":"halt"},"upgrade":{"steps":1,"has_guard":false},"rollback":{"steps":1,"has_guard":false},"purpose":"upgrade","sticky":{"web":"cookie SRV"},"left":{}}');
INSERT INTO "records" VALUES(2,'web-20261126-091254-42c8','2026-11-26T09:12:54.383080+00:00',1400247030,'FileKept','{"fingerprint":"052124cd1e3811eb86722dcb5774f613bc35b5f3a1bd991ba7302791777e3e51"}');
INSERT INTO "records" VALUES(3,'web-20261126-091254-42c8','2026-11-26T09:12:54.384100+00:00',1400247723,'RunBegan','{"by":"alice@host","only":[],"stepwise":false,"overrides":{}}');
INSERT INTO "records" VALUES(4,'web-20261126-091254-42c8','2026-11-26T09:12:54.386356+00:00',1400250304,'MemberCalled','{"member":"web1"}');
INSERT INTO "records" VALUES(5,'web-20261126-091254-42c8','2026-11-26T09:12:54.390025+00:00',1400252226,'Intended','{"step":{"member":"web1","setting":"drain","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/put_back/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(6,'web-20261126-091254-42c8','2026-11-26T09:12:54.393779+00:00',1400257411,'MemberSet','{"member":"web1","setting":"drain","workers":{"unix:/srv/poolroll/run/put_back/w/lb1/admin.sock":{"pid":28726,"started":1795684373}}}');
INSERT INTO "records" VALUES(7,'web-20261126-091254-42c8','2026-11-26T09:12:54.513713+00:00',1400377869,'Intended','{"step":{"member":"web1","setting":"hold","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/put_back/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(8,'web-20261126-091254-42c8','2026-11-26T09:12:54.516997+00:00',1400381137,'MemberSet','{"member":"web1","setting":"hold","workers":{"unix:/srv/poolroll/run/put_back/w/lb1/admin.sock":{"pid":28726,"started":1795684373}}}');
INSERT INTO "records" VALUES(9,'web-20261126-091254-42c8','2026-11-26T09:12:54.554617+00:00',1400418787,'Intended','{"step":{"member":"web1","course":"upgrade","index":0,"attempt":0}}');
INSERT INTO "records" VALUES(10,'web-20261126-091254-42c8','2026-11-26T09:12:54.584338+00:00',1400447145,'StepEnded','{"member":"web1","index":0,"attempt":0,"passed":false,"lost":false,"detail":"step 1 (/bin/false) ended with exit code 1","output":"","seconds":0.004}');
INSERT INTO "records" VALUES(11,'web-20261126-091254-42c8','2026-11-26T09:12:54.586036+00:00',1400449569,'Halted','{"cause":"member","seen":"web1: step 1 (/bin/false) ended with exit code 1","limit":"every step must end with exit code 0 within upgrade.timeout","member":"web1","gate":null,"condemned":[]}');
INSERT INTO "records" VALUES(12,'web-20261126-091254-42c8','2026-11-26T09:12:54.586988+00:00',1400450849,'MemberFailed','{"member":"web1","why":"step 1 (/bin/false) ended with exit code 1"}');
INSERT INTO "records" VALUES(13,'web-20261126-091254-42c8','2026-11-26T09:12:55.646131+00:00',1401509529,'Finished','{"outcome":"halted","exit_code":5,"why":"web1: step 1 (/bin/false) ended with exit code 1","told":["SEEN      web1: step 1 (/bin/false) ended with exit code 1","LIMIT     every step must end with exit code 0 within upgrade.timeout","MEMBERS   web1: OUT OF ROTATION: step 1 (/bin/false) ended with exit code 1","          web2: in rotation, untouched","USERS     not failing; no failed request seen in the last 1.3s","CAN WAIT  yes: 1 member serves, the floor is 1","          as long as no load balancer is reloaded: that may put web1 back","NEXT      to go on:  poolroll resume web --reason ''…'' --state /srv/poolroll/run/put_back/state, then poolroll run /srv/poolroll/run/put_back/w/rollout.yml --state /srv/poolroll/run/put_back/state","          to end it: poolroll abort web --state /srv/poolroll/run/put_back/state   (--restore also puts back what passes its validation)","          to go back: poolroll rollback /srv/poolroll/run/put_back/w/rollout.yml --state /srv/poolroll/run/put_back/state"]}');
INSERT INTO "records" VALUES(14,'web-20261126-091254-42c8','2026-11-26T09:12:56.293835+00:00',1402157989,'RunBegan','{"by":"alice@host","only":[],"stepwise":false,"overrides":{}}');
INSERT INTO "records" VALUES(15,'web-20261126-091254-42c8','2026-11-26T09:12:56.295029+00:00',1402158870,'AbortRequested','{"by":"alice@host","restore":true,"request":0}');
INSERT INTO "records" VALUES(16,'web-20261126-091254-42c8','2026-11-26T09:12:56.297101+00:00',1402161135,'RestoreBegan','{"member":"web1"}');
INSERT INTO "records" VALUES(17,'web-20261126-091254-42c8','2026-11-26T09:12:56.297869+00:00',1402162071,'Intended','{"step":{"member":"web1","course":"rollback"}}');
INSERT INTO "records" VALUES(18,'web-20261126-091254-42c8','2026-11-26T09:12:56.352929+00:00',1402216730,'Validated','{"member":"web1","passed":true,"detail":"http http://127.0.0.1:34587/health: passed"}');
INSERT INTO "records" VALUES(19,'web-20261126-091254-42c8','2026-11-26T09:12:56.353913+00:00',1402218096,'Intended','{"step":{"member":"web1","setting":"check","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/put_back/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(20,'web-20261126-091254-42c8','2026-11-26T09:12:56.356443+00:00',1402220640,'MemberSet','{"member":"web1","setting":"check","workers":{"unix:/srv/poolroll/run/put_back/w/lb1/admin.sock":{"pid":28726,"started":1795684373}}}');
INSERT INTO "records" VALUES(21,'web-20261126-091254-42c8','2026-11-26T09:12:56.371863+00:00',1402235965,'Intended','{"step":{"member":"web1","setting":"put back","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/put_back/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(22,'web-20261126-091254-42c8','2026-11-26T09:12:56.374205+00:00',1402238407,'MemberSet','{"member":"web1","setting":"put back","workers":{"unix:/srv/poolroll/run/put_back/w/lb1/admin.sock":{"pid":28726,"started":1795684373}}}');
INSERT INTO "records" VALUES(23,'web-20261126-091254-42c8','2026-11-26T09:12:56.393071+00:00',1402256881,'MemberReturned','{"member":"web1"}');
INSERT INTO "records" VALUES(24,'web-20261126-091254-42c8','2026-11-26T09:12:56.394249+00:00',1402258219,'SoakEnded','{"member":"web1","note":"the former version passed, its soak cut short by the abort"}');
INSERT INTO "records" VALUES(25,'web-20261126-091254-42c8','2026-11-26T09:12:56.394873+00:00',1402259118,'Finished','{"outcome":"aborted","exit_code":7,"why":"by alice@host","told":["SEEN      web1: step 1 (/bin/false) ended with exit code 1","LIMIT     every step must end with exit code 0 within upgrade.timeout","MEMBERS   web1: its rollback NOT finished, in rotation","          web2: in rotation, untouched","USERS     not failing; no failed request seen in the last 0.1s","CAN WAIT  yes: 2 members serve, the floor is 1","NEXT      to go on:  poolroll resume web --reason ''…'' --state /srv/poolroll/run/put_back/state, then poolroll run /srv/poolroll/run/put_back/w/rollout.yml --state /srv/poolroll/run/put_back/state","          to end it: poolroll abort web --state /srv/poolroll/run/put_back/state   (--restore also puts back what passes its validation)","          to go back: poolroll rollback /srv/poolroll/run/put_back/w/rollout.yml --state /srv/poolroll/run/put_back/state"]}');
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
INSERT INTO "rollouts" VALUES(1,'web-20261126-091254-42c8','web','apiVersion: poolroll/v1
name: web
vars:
  version: v2
pool:
  haproxy:
    apis:
    - unix:/srv/poolroll/run/put_back/w/lb1/admin.sock
    backends:
    - web
  members:
    expect: 2
drain:
  timeout: 20s
  sticky: 100ms
upgrade:
  command:
  - /bin/false
  timeout: 20s
rollback:
  command:
  - /bin/true
  vars:
    version: v1
validate:
- http:
    url: http://${member.address}:${member.port}/health
    contains: ${vars.version}
  within: 1s
return:
  within: 10s
soak: 200ms
gates: []
','/srv/poolroll/run/put_back/w/rollout.yml','{}','2026-11-26T09:12:54.074121+00:00','alice@host','2026-11-26T09:12:56.395297+00:00','aborted',7);
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
INSERT INTO "sqlite_sequence" VALUES('records',25);
INSERT INTO "sqlite_sequence" VALUES('taken',1);
COMMIT;
-- job web-20261126-091254-42c8/web1/upgrade-0-0
