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
INSERT INTO "records" VALUES(1,'web-20261126-091257-2368','2026-11-26T09:12:57.432176+00:00',1403290198,'Plan','{"name":"web","members":[{"name":"web1","address":"127.0.0.1","port":38453,"host":"127.0.0.1","vars":{}},{"name":"web2","address":"127.0.0.1","port":45953,"host":"127.0.0.1","vars":{}},{"name":"web3","address":"127.0.0.1","port":43561,"host":"127.0.0.1","vars":{}}],"canaries":[],"instances":["unix:/srv/poolroll/run/paused/w/lb1/admin.sock"],"backends":["web"],"max_unavailable":1,"min_available":2,"serving":3,"policies":{"max_unavailable":{"value":1.0,"is_percent":false},"min_available":null,"wait_for_capacity":"PT10M","lost_after":"PT30S","drain":{"timeout":"PT20S","sticky":"PT0.1S","on_timeout":"halt"},"comeback":{"within":"PT10S","ramp":[],"hold":"PT0S"},"soak":"PT0.2S","gates":[],"on_failure":"halt"},"upgrade":{"steps":1,"has_guard":false},"rollback":{"steps":1,"has_guard":false},"purpose":"upgrade","sticky":{"web":"cookie SRV"},"left":{}}');
INSERT INTO "records" VALUES(2,'web-20261126-091257-2368','2026-11-26T09:12:57.432948+00:00',1403296921,'FileKept','{"fingerprint":"6da3f475aeaec805162452b5871da8a7cc102cf38d0df322c028d050dd6e179e"}');
INSERT INTO "records" VALUES(3,'web-20261126-091257-2368','2026-11-26T09:12:57.433738+00:00',1403297518,'RunBegan','{"by":"alice@host","only":[],"stepwise":false,"overrides":{}}');
INSERT INTO "records" VALUES(4,'web-20261126-091257-2368','2026-11-26T09:12:57.437681+00:00',1403301662,'MemberCalled','{"member":"web1"}');
INSERT INTO "records" VALUES(5,'web-20261126-091257-2368','2026-11-26T09:12:57.441035+00:00',1403303284,'Intended','{"step":{"member":"web1","setting":"drain","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/paused/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(6,'web-20261126-091257-2368','2026-11-26T09:12:57.444433+00:00',1403308142,'MemberSet','{"member":"web1","setting":"drain","workers":{"unix:/srv/poolroll/run/paused/w/lb1/admin.sock":{"pid":28755,"started":1795684376}}}');
INSERT INTO "records" VALUES(7,'web-20261126-091257-2368','2026-11-26T09:12:57.563139+00:00',1403427295,'Intended','{"step":{"member":"web1","setting":"hold","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/paused/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(8,'web-20261126-091257-2368','2026-11-26T09:12:57.567187+00:00',1403431324,'MemberSet','{"member":"web1","setting":"hold","workers":{"unix:/srv/poolroll/run/paused/w/lb1/admin.sock":{"pid":28755,"started":1795684376}}}');
INSERT INTO "records" VALUES(9,'web-20261126-091257-2368','2026-11-26T09:12:57.604386+00:00',1403468571,'Intended','{"step":{"member":"web1","course":"upgrade","index":0,"attempt":0}}');
INSERT INTO "records" VALUES(10,'web-20261126-091257-2368','2026-11-26T09:12:58.246353+00:00',1404110070,'PauseRequested','{"by":"alice@host","request":1}');
INSERT INTO "records" VALUES(11,'web-20261126-091257-2368','2026-11-26T09:12:58.519695+00:00',1404383198,'StepEnded','{"member":"web1","index":0,"attempt":0,"passed":true,"lost":false,"detail":"step 1 (/bin/sh) ended with exit code 0","output":"","seconds":0.893}');
INSERT INTO "records" VALUES(12,'web-20261126-091257-2368','2026-11-26T09:12:58.520369+00:00',1404384571,'Intended','{"step":{"member":"web1","course":"upgrade"}}');
INSERT INTO "records" VALUES(13,'web-20261126-091257-2368','2026-11-26T09:12:58.585407+00:00',1404449162,'Validated','{"member":"web1","passed":true,"detail":"http http://127.0.0.1:38453/health: passed"}');
INSERT INTO "records" VALUES(14,'web-20261126-091257-2368','2026-11-26T09:12:58.586694+00:00',1404450346,'Intended','{"step":{"member":"web1","setting":"check","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/paused/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(15,'web-20261126-091257-2368','2026-11-26T09:12:58.589423+00:00',1404453621,'MemberSet','{"member":"web1","setting":"check","workers":{"unix:/srv/poolroll/run/paused/w/lb1/admin.sock":{"pid":28755,"started":1795684376}}}');
INSERT INTO "records" VALUES(16,'web-20261126-091257-2368','2026-11-26T09:12:58.644169+00:00',1404508279,'Intended','{"step":{"member":"web1","setting":"put back","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/paused/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(17,'web-20261126-091257-2368','2026-11-26T09:12:58.646736+00:00',1404510919,'MemberSet','{"member":"web1","setting":"put back","workers":{"unix:/srv/poolroll/run/paused/w/lb1/admin.sock":{"pid":28755,"started":1795684376}}}');
INSERT INTO "records" VALUES(18,'web-20261126-091257-2368','2026-11-26T09:12:58.664953+00:00',1404528730,'MemberReturned','{"member":"web1"}');
INSERT INTO "records" VALUES(19,'web-20261126-091257-2368','2026-11-26T09:12:58.868889+00:00',1404732580,'SoakEnded','{"member":"web1","note":"0 requests"}');
INSERT INTO "records" VALUES(20,'web-20261126-091257-2368','2026-11-26T09:12:59.492856+00:00',1405356489,'ResumeRequested','{"by":"alice@host","reason":"looks well","request":2}');
INSERT INTO "records" VALUES(21,'web-20261126-091257-2368','2026-11-26T09:12:59.493815+00:00',1405358021,'MemberCalled','{"member":"web2"}');
INSERT INTO "records" VALUES(22,'web-20261126-091257-2368','2026-11-26T09:12:59.496872+00:00',1405360295,'MemberLeft','{"member":"web2","why":"was put out of rotation by somebody else (web at unix:/srv/poolroll/run/paused/w/lb1/admin.sock)"}');
INSERT INTO "records" VALUES(23,'web-20261126-091257-2368','2026-11-26T09:12:59.497468+00:00',1405361701,'MemberCalled','{"member":"web3"}');
INSERT INTO "records" VALUES(24,'web-20261126-091257-2368','2026-11-26T09:12:59.499057+00:00',1405363051,'CapacityShort','{"serving":1,"where":"web at unix:/srv/poolroll/run/paused/w/lb1/admin.sock"}');
INSERT INTO "records" VALUES(25,'web-20261126-091257-2368','2026-11-26T09:12:59.600830+00:00',1405464645,'CapacityBack','{"serving":2}');
INSERT INTO "records" VALUES(26,'web-20261126-091257-2368','2026-11-26T09:12:59.602500+00:00',1405466108,'Intended','{"step":{"member":"web3","setting":"drain","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/paused/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(27,'web-20261126-091257-2368','2026-11-26T09:12:59.605684+00:00',1405469850,'MemberSet','{"member":"web3","setting":"drain","workers":{"unix:/srv/poolroll/run/paused/w/lb1/admin.sock":{"pid":28755,"started":1795684376}}}');
INSERT INTO "records" VALUES(28,'web-20261126-091257-2368','2026-11-26T09:12:59.724817+00:00',1405588846,'Intended','{"step":{"member":"web3","setting":"hold","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/paused/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(29,'web-20261126-091257-2368','2026-11-26T09:12:59.728728+00:00',1405592867,'MemberSet','{"member":"web3","setting":"hold","workers":{"unix:/srv/poolroll/run/paused/w/lb1/admin.sock":{"pid":28755,"started":1795684376}}}');
INSERT INTO "records" VALUES(30,'web-20261126-091257-2368','2026-11-26T09:12:59.765367+00:00',1405629546,'Intended','{"step":{"member":"web3","course":"upgrade","index":0,"attempt":0}}');
INSERT INTO "records" VALUES(31,'web-20261126-091257-2368','2026-11-26T09:12:59.928108+00:00',1405792231,'StepEnded','{"member":"web3","index":0,"attempt":0,"passed":true,"lost":false,"detail":"step 1 (/bin/sh) ended with exit code 0","output":"","seconds":0.141}');
INSERT INTO "records" VALUES(32,'web-20261126-091257-2368','2026-11-26T09:12:59.929039+00:00',1405793233,'Intended','{"step":{"member":"web3","course":"upgrade"}}');
INSERT INTO "records" VALUES(33,'web-20261126-091257-2368','2026-11-26T09:12:59.934424+00:00',1405798642,'Validated','{"member":"web3","passed":true,"detail":"http http://127.0.0.1:43561/health: passed"}');
INSERT INTO "records" VALUES(34,'web-20261126-091257-2368','2026-11-26T09:12:59.935137+00:00',1405799326,'Intended','{"step":{"member":"web3","setting":"check","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/paused/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(35,'web-20261126-091257-2368','2026-11-26T09:12:59.938420+00:00',1405802619,'MemberSet','{"member":"web3","setting":"check","workers":{"unix:/srv/poolroll/run/paused/w/lb1/admin.sock":{"pid":28755,"started":1795684376}}}');
INSERT INTO "records" VALUES(36,'web-20261126-091257-2368','2026-11-26T09:12:59.973649+00:00',1405837761,'Intended','{"step":{"member":"web3","setting":"put back","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/paused/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(37,'web-20261126-091257-2368','2026-11-26T09:12:59.976398+00:00',1405840588,'MemberSet','{"member":"web3","setting":"put back","workers":{"unix:/srv/poolroll/run/paused/w/lb1/admin.sock":{"pid":28755,"started":1795684376}}}');
INSERT INTO "records" VALUES(38,'web-20261126-091257-2368','2026-11-26T09:12:59.994220+00:00',1405858372,'MemberReturned','{"member":"web3"}');
INSERT INTO "records" VALUES(39,'web-20261126-091257-2368','2026-11-26T09:13:00.197513+00:00',1406061650,'SoakEnded','{"member":"web3","note":"0 requests"}');
INSERT INTO "records" VALUES(40,'web-20261126-091257-2368','2026-11-26T09:13:00.199188+00:00',1406062642,'Finished','{"outcome":"done","exit_code":0,"why":"","told":[]}');
CREATE TABLE requests (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        verb TEXT NOT NULL,
        reason TEXT NOT NULL,
        user TEXT NOT NULL,
        wall TEXT NOT NULL,
        acknowledged INTEGER NOT NULL DEFAULT 0
    );
INSERT INTO "requests" VALUES(1,'web','pause','','alice@host','2026-11-26T09:12:58.202659+00:00',1);
INSERT INTO "requests" VALUES(2,'web','resume','looks well','alice@host','2026-11-26T09:12:59.418217+00:00',1);
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
INSERT INTO "rollouts" VALUES(1,'web-20261126-091257-2368','web','apiVersion: poolroll/v1
name: web
vars:
  version: v2
pool:
  haproxy:
    apis:
    - unix:/srv/poolroll/run/paused/w/lb1/admin.sock
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
  - echo "$$0" >> "/srv/poolroll/run/paused/ran"; until [ -e "/srv/poolroll/run/paused/go" ]; do sleep 0.02; done; exec "$$@"
  - ${member.name}
  - /srv/poolroll/.venv/bin/python
  - -I
  - -S
  - /srv/poolroll/adapters/demo/upgrade.py
  - --folder
  - /srv/poolroll/run/paused/w
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
  - /srv/poolroll/run/paused/w
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
','/srv/poolroll/run/paused/w/rollout.yml','{}','2026-11-26T09:12:57.138286+00:00','alice@host','2026-11-26T09:13:00.199979+00:00','done',0);
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
INSERT INTO "sqlite_sequence" VALUES('records',40);
INSERT INTO "sqlite_sequence" VALUES('taken',2);
INSERT INTO "sqlite_sequence" VALUES('requests',2);
COMMIT;
-- job web-20261126-091257-2368/web1/upgrade-0-0
-- job web-20261126-091257-2368/web3/upgrade-0-0
