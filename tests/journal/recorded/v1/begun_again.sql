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
INSERT INTO "records" VALUES(1,'web-20261126-091321-3d5a','2026-11-26T09:13:21.789280+00:00',1427641868,'Plan','{"name":"web","members":[{"name":"web1","address":"127.0.0.1","port":48625,"host":"127.0.0.1","vars":{}},{"name":"web2","address":"127.0.0.1","port":41075,"host":"127.0.0.1","vars":{}}],"canaries":[],"instances":["unix:/srv/poolroll/run/begun_again/w/lb1/admin.sock"],"backends":["web"],"max_unavailable":1,"min_available":1,"serving":2,"policies":{"max_unavailable":{"value":1.0,"is_percent":false},"min_available":null,"wait_for_capacity":"PT10M","lost_after":"PT30S","drain":{"timeout":"PT20S","sticky":"PT0.1S","on_timeout":"halt"},"comeback":{"within":"PT10S","ramp":[],"hold":"PT0S"},"soak":"PT0.2S","gates":[],"on_failure":"halt"},"upgrade":{"steps":1,"has_guard":false},"rollback":{"steps":1,"has_guard":false},"purpose":"upgrade","sticky":{"web":"cookie SRV"},"left":{}}');
INSERT INTO "records" VALUES(2,'web-20261126-091321-3d5a','2026-11-26T09:13:21.792176+00:00',1427656144,'FileKept','{"fingerprint":"a92f3556a41c10297cbae7d6ea1b6e79353d6dbffccc4ca03dec2e5edea9ddb4"}');
INSERT INTO "records" VALUES(3,'web-20261126-091321-3d5a','2026-11-26T09:13:21.793474+00:00',1427657275,'RunBegan','{"by":"alice@host","only":[],"stepwise":false,"overrides":{}}');
INSERT INTO "records" VALUES(4,'web-20261126-091321-3d5a','2026-11-26T09:13:21.797574+00:00',1427661571,'MemberCalled','{"member":"web1"}');
INSERT INTO "records" VALUES(5,'web-20261126-091321-3d5a','2026-11-26T09:13:21.804889+00:00',1427664818,'Intended','{"step":{"member":"web1","setting":"drain","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/begun_again/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(6,'web-20261126-091321-3d5a','2026-11-26T09:13:21.811036+00:00',1427674650,'MemberSet','{"member":"web1","setting":"drain","workers":{"unix:/srv/poolroll/run/begun_again/w/lb1/admin.sock":{"pid":29261,"started":1795684400}}}');
INSERT INTO "records" VALUES(7,'web-20261126-091321-3d5a','2026-11-26T09:13:21.924316+00:00',1427788476,'Intended','{"step":{"member":"web1","setting":"hold","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/begun_again/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(8,'web-20261126-091321-3d5a','2026-11-26T09:13:21.930253+00:00',1427794401,'MemberSet','{"member":"web1","setting":"hold","workers":{"unix:/srv/poolroll/run/begun_again/w/lb1/admin.sock":{"pid":29261,"started":1795684400}}}');
INSERT INTO "records" VALUES(9,'web-20261126-091321-3d5a','2026-11-26T09:13:21.965536+00:00',1427829717,'Intended','{"step":{"member":"web1","course":"upgrade","index":0,"attempt":0}}');
INSERT INTO "records" VALUES(10,'web-20261126-091321-3d5a','2026-11-26T09:13:22.017543+00:00',1427881071,'StepEnded','{"member":"web1","index":0,"attempt":0,"passed":false,"lost":false,"detail":"step 1 (/bin/false) ended with exit code 1","output":"","seconds":0.016}');
INSERT INTO "records" VALUES(11,'web-20261126-091321-3d5a','2026-11-26T09:13:22.020598+00:00',1427884269,'Halted','{"cause":"member","seen":"web1: step 1 (/bin/false) ended with exit code 1","limit":"every step must end with exit code 0 within upgrade.timeout","member":"web1","gate":null,"condemned":[]}');
INSERT INTO "records" VALUES(12,'web-20261126-091321-3d5a','2026-11-26T09:13:22.024214+00:00',1427888206,'MemberFailed','{"member":"web1","why":"step 1 (/bin/false) ended with exit code 1"}');
INSERT INTO "records" VALUES(13,'web-20261126-091321-3d5a','2026-11-26T09:13:23.057375+00:00',1428921077,'Finished','{"outcome":"halted","exit_code":5,"why":"web1: step 1 (/bin/false) ended with exit code 1","told":["SEEN      web1: step 1 (/bin/false) ended with exit code 1","LIMIT     every step must end with exit code 0 within upgrade.timeout","MEMBERS   web1: OUT OF ROTATION: step 1 (/bin/false) ended with exit code 1","          web2: in rotation, untouched","USERS     not failing; no failed request seen in the last 1.3s","CAN WAIT  yes: 1 member serves, the floor is 1","          as long as no load balancer is reloaded: that may put web1 back","NEXT      to go on:  poolroll resume web --reason ''…'' --state /srv/poolroll/run/begun_again/state, then poolroll run /srv/poolroll/run/begun_again/w/rollout.yml --state /srv/poolroll/run/begun_again/state","          to end it: poolroll abort web --state /srv/poolroll/run/begun_again/state   (--restore also puts back what passes its validation)","          to go back: poolroll rollback /srv/poolroll/run/begun_again/w/rollout.yml --state /srv/poolroll/run/begun_again/state"]}');
INSERT INTO "records" VALUES(14,'web-20261126-091323-bf60','2026-11-26T09:13:24.115930+00:00',1429980058,'Plan','{"name":"web","members":[{"name":"web1","address":"127.0.0.1","port":48625,"host":"127.0.0.1","vars":{}},{"name":"web2","address":"127.0.0.1","port":41075,"host":"127.0.0.1","vars":{}}],"canaries":[],"instances":["unix:/srv/poolroll/run/begun_again/w/lb1/admin.sock"],"backends":["web"],"max_unavailable":1,"min_available":1,"serving":2,"policies":{"max_unavailable":{"value":1.0,"is_percent":false},"min_available":null,"wait_for_capacity":"PT10M","lost_after":"PT30S","drain":{"timeout":"PT20S","sticky":"PT0.1S","on_timeout":"halt"},"comeback":{"within":"PT10S","ramp":[],"hold":"PT0S"},"soak":"PT0.2S","gates":[],"on_failure":"halt"},"upgrade":{"steps":1,"has_guard":false},"rollback":{"steps":1,"has_guard":false},"purpose":"upgrade","sticky":{"web":"cookie SRV"},"left":{}}');
INSERT INTO "records" VALUES(15,'web-20261126-091323-bf60','2026-11-26T09:13:24.119981+00:00',1429984173,'FileKept','{"fingerprint":"b6d8002b21ff98346ec60d3399277fa1409c84d3c9bf66bfb8a6197fd5dc5867"}');
INSERT INTO "records" VALUES(16,'web-20261126-091323-bf60','2026-11-26T09:13:24.124824+00:00',1429988092,'MemberInherited','{"member":"web1","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/begun_again/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]}}');
INSERT INTO "records" VALUES(17,'web-20261126-091323-bf60','2026-11-26T09:13:24.126571+00:00',1429990756,'RunBegan','{"by":"alice@host","only":[],"stepwise":false,"overrides":{}}');
INSERT INTO "records" VALUES(18,'web-20261126-091323-bf60','2026-11-26T09:13:24.129340+00:00',1429993559,'MemberCalled','{"member":"web1"}');
INSERT INTO "records" VALUES(19,'web-20261126-091323-bf60','2026-11-26T09:13:24.153635+00:00',1430017470,'MemberFoundOut','{"member":"web1"}');
INSERT INTO "records" VALUES(20,'web-20261126-091323-bf60','2026-11-26T09:13:24.160087+00:00',1430024244,'Intended','{"step":{"member":"web1","setting":"hold","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/begun_again/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(21,'web-20261126-091323-bf60','2026-11-26T09:13:24.170286+00:00',1430034427,'MemberSet','{"member":"web1","setting":"hold","workers":{"unix:/srv/poolroll/run/begun_again/w/lb1/admin.sock":{"pid":29261,"started":1795684400}}}');
INSERT INTO "records" VALUES(22,'web-20261126-091323-bf60','2026-11-26T09:13:24.195324+00:00',1430059500,'Intended','{"step":{"member":"web1","course":"upgrade","index":0,"attempt":0}}');
INSERT INTO "records" VALUES(23,'web-20261126-091323-bf60','2026-11-26T09:13:24.449113+00:00',1430312696,'WorkerReplaced','{"instance":"unix:/srv/poolroll/run/begun_again/w/lb1/admin.sock","former":{"pid":29261,"started":1795684400},"now":{"pid":29279,"started":1795684404}}');
INSERT INTO "records" VALUES(24,'web-20261126-091323-bf60','2026-11-26T09:13:24.450676+00:00',1430314858,'Intended','{"step":{"member":"web1","setting":"hold","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/begun_again/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(25,'web-20261126-091323-bf60','2026-11-26T09:13:24.461895+00:00',1430326044,'MemberSet','{"member":"web1","setting":"hold","workers":{"unix:/srv/poolroll/run/begun_again/w/lb1/admin.sock":{"pid":29279,"started":1795684404}}}');
INSERT INTO "records" VALUES(26,'web-20261126-091323-bf60','2026-11-26T09:13:24.646997+00:00',1430511127,'StepEnded','{"member":"web1","index":0,"attempt":0,"passed":true,"lost":false,"detail":"step 1 (/bin/sh) ended with exit code 0","output":"","seconds":0.413}');
INSERT INTO "records" VALUES(27,'web-20261126-091323-bf60','2026-11-26T09:13:24.696701+00:00',1430560885,'Intended','{"step":{"member":"web1","course":"upgrade"}}');
INSERT INTO "records" VALUES(28,'web-20261126-091323-bf60','2026-11-26T09:13:24.783970+00:00',1430647617,'Validated','{"member":"web1","passed":true,"detail":"http http://127.0.0.1:48625/health: passed"}');
INSERT INTO "records" VALUES(29,'web-20261126-091323-bf60','2026-11-26T09:13:24.791056+00:00',1430655223,'Intended','{"step":{"member":"web1","setting":"check","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/begun_again/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(30,'web-20261126-091323-bf60','2026-11-26T09:13:24.797342+00:00',1430661539,'MemberSet','{"member":"web1","setting":"check","workers":{"unix:/srv/poolroll/run/begun_again/w/lb1/admin.sock":{"pid":29279,"started":1795684404}}}');
INSERT INTO "records" VALUES(31,'web-20261126-091323-bf60','2026-11-26T09:13:24.825679+00:00',1430689812,'Intended','{"step":{"member":"web1","setting":"put back","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/begun_again/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(32,'web-20261126-091323-bf60','2026-11-26T09:13:24.831116+00:00',1430695306,'MemberSet','{"member":"web1","setting":"put back","workers":{"unix:/srv/poolroll/run/begun_again/w/lb1/admin.sock":{"pid":29279,"started":1795684404}}}');
INSERT INTO "records" VALUES(33,'web-20261126-091323-bf60','2026-11-26T09:13:24.865199+00:00',1430729007,'MemberReturned','{"member":"web1"}');
INSERT INTO "records" VALUES(34,'web-20261126-091323-bf60','2026-11-26T09:13:25.071991+00:00',1430935642,'SoakEnded','{"member":"web1","note":"0 requests"}');
INSERT INTO "records" VALUES(35,'web-20261126-091323-bf60','2026-11-26T09:13:25.073895+00:00',1430938109,'MemberCalled','{"member":"web2"}');
INSERT INTO "records" VALUES(36,'web-20261126-091323-bf60','2026-11-26T09:13:25.077541+00:00',1430940997,'Intended','{"step":{"member":"web2","setting":"drain","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/begun_again/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(37,'web-20261126-091323-bf60','2026-11-26T09:13:25.081723+00:00',1430945913,'MemberSet','{"member":"web2","setting":"drain","workers":{"unix:/srv/poolroll/run/begun_again/w/lb1/admin.sock":{"pid":29279,"started":1795684404}}}');
INSERT INTO "records" VALUES(38,'web-20261126-091323-bf60','2026-11-26T09:13:25.181921+00:00',1431046085,'Intended','{"step":{"member":"web2","setting":"hold","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/begun_again/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(39,'web-20261126-091323-bf60','2026-11-26T09:13:25.186085+00:00',1431050248,'MemberSet','{"member":"web2","setting":"hold","workers":{"unix:/srv/poolroll/run/begun_again/w/lb1/admin.sock":{"pid":29279,"started":1795684404}}}');
INSERT INTO "records" VALUES(40,'web-20261126-091323-bf60','2026-11-26T09:13:25.224280+00:00',1431088464,'Intended','{"step":{"member":"web2","course":"upgrade","index":0,"attempt":0}}');
INSERT INTO "records" VALUES(41,'web-20261126-091323-bf60','2026-11-26T09:13:25.488472+00:00',1431352585,'StepEnded','{"member":"web2","index":0,"attempt":0,"passed":true,"lost":false,"detail":"step 1 (/bin/sh) ended with exit code 0","output":"","seconds":0.225}');
INSERT INTO "records" VALUES(42,'web-20261126-091323-bf60','2026-11-26T09:13:25.492155+00:00',1431356321,'Intended','{"step":{"member":"web2","course":"upgrade"}}');
INSERT INTO "records" VALUES(43,'web-20261126-091323-bf60','2026-11-26T09:13:25.500689+00:00',1431364902,'Validated','{"member":"web2","passed":true,"detail":"http http://127.0.0.1:41075/health: passed"}');
INSERT INTO "records" VALUES(44,'web-20261126-091323-bf60','2026-11-26T09:13:25.502544+00:00',1431366713,'Intended','{"step":{"member":"web2","setting":"check","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/begun_again/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(45,'web-20261126-091323-bf60','2026-11-26T09:13:25.506421+00:00',1431370604,'MemberSet','{"member":"web2","setting":"check","workers":{"unix:/srv/poolroll/run/begun_again/w/lb1/admin.sock":{"pid":29279,"started":1795684404}}}');
INSERT INTO "records" VALUES(46,'web-20261126-091323-bf60','2026-11-26T09:13:25.540636+00:00',1431404743,'Intended','{"step":{"member":"web2","setting":"put back","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/begun_again/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(47,'web-20261126-091323-bf60','2026-11-26T09:13:25.550350+00:00',1431414501,'MemberSet','{"member":"web2","setting":"put back","workers":{"unix:/srv/poolroll/run/begun_again/w/lb1/admin.sock":{"pid":29279,"started":1795684404}}}');
INSERT INTO "records" VALUES(48,'web-20261126-091323-bf60','2026-11-26T09:13:25.561115+00:00',1431425277,'MemberReturned','{"member":"web2"}');
INSERT INTO "records" VALUES(49,'web-20261126-091323-bf60','2026-11-26T09:13:25.774280+00:00',1431638414,'SoakEnded','{"member":"web2","note":"0 requests"}');
INSERT INTO "records" VALUES(50,'web-20261126-091323-bf60','2026-11-26T09:13:25.780119+00:00',1431644340,'Finished','{"outcome":"done","exit_code":0,"why":"","told":[]}');
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
INSERT INTO "rollouts" VALUES(1,'web-20261126-091321-3d5a','web','apiVersion: poolroll/v1
name: web
vars:
  version: v2
pool:
  haproxy:
    apis:
    - unix:/srv/poolroll/run/begun_again/w/lb1/admin.sock
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
  - /srv/poolroll/.venv/bin/python
  - -I
  - -S
  - /srv/poolroll/adapters/demo/upgrade.py
  - --folder
  - /srv/poolroll/run/begun_again/w
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
','/srv/poolroll/run/begun_again/w/rollout.yml','{}','2026-11-26T09:13:21.473345+00:00','alice@host','2026-11-26T09:13:24.104610+00:00','abandoned',7);
INSERT INTO "rollouts" VALUES(2,'web-20261126-091323-bf60','web','apiVersion: poolroll/v1
name: web
vars:
  version: v2
pool:
  haproxy:
    apis:
    - unix:/srv/poolroll/run/begun_again/w/lb1/admin.sock
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
  - echo "$$0" >> "/srv/poolroll/run/begun_again/ran"; until [ -e "/srv/poolroll/run/begun_again/go" ]; do sleep 0.02; done; exec "$$@"
  - ${member.name}
  - /srv/poolroll/.venv/bin/python
  - -I
  - -S
  - /srv/poolroll/adapters/demo/upgrade.py
  - --folder
  - /srv/poolroll/run/begun_again/w
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
  - /srv/poolroll/run/begun_again/w
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
','/srv/poolroll/run/begun_again/w/rollout.yml','{}','2026-11-26T09:13:23.829525+00:00','alice@host','2026-11-26T09:13:25.784107+00:00','done',0);
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
INSERT INTO "sqlite_sequence" VALUES('rollouts',2);
INSERT INTO "sqlite_sequence" VALUES('records',50);
INSERT INTO "sqlite_sequence" VALUES('taken',2);
COMMIT;
-- job web-20261126-091321-3d5a/web1/upgrade-0-0
-- job web-20261126-091323-bf60/web1/upgrade-0-0
-- job web-20261126-091323-bf60/web2/upgrade-0-0
