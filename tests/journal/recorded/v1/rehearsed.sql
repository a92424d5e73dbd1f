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
INSERT INTO "records" VALUES(1,'web-20261126-091246-e125','2026-11-26T09:12:46.578263+00:00',1392434558,'Plan','{"name":"web","members":[{"name":"web1","address":"127.0.0.1","port":35781,"host":"127.0.0.1","vars":{}},{"name":"web2","address":"127.0.0.1","port":59721,"host":"127.0.0.1","vars":{}}],"canaries":[],"instances":["unix:/srv/poolroll/run/rehearsed/w/lb1/admin.sock"],"backends":["web"],"max_unavailable":1,"min_available":1,"serving":2,"policies":{"max_unavailable":{"value":1.0,"is_percent":false},"min_available":null,"wait_for_capacity":"PT10M","lost_after":"PT30S","drain":{"timeout":"PT20S","sticky":"PT0.1S","on_timeout":"halt"},"comeback":{"within":"PT10S","ramp":[],"hold":"PT0S"},"soak":"PT0.2S","gates":[],"on_failure":"halt"},"upgrade":{"steps":0,"has_guard":false},"rollback":null,"purpose":"rehearsal","sticky":{"web":"cookie SRV"},"left":{}}');
INSERT INTO "records" VALUES(2,'web-20261126-091246-e125','2026-11-26T09:12:46.584363+00:00',1392448204,'FileKept','{"fingerprint":"d53b816ecea72f781f4e5bdd8af220bd77512f9f22bfe2e8cad5732acf6c4bed"}');
INSERT INTO "records" VALUES(3,'web-20261126-091246-e125','2026-11-26T09:12:46.588489+00:00',1392452124,'RunBegan','{"by":"alice@host","only":[],"stepwise":false,"overrides":{}}');
INSERT INTO "records" VALUES(4,'web-20261126-091246-e125','2026-11-26T09:12:46.593797+00:00',1392457730,'MemberCalled','{"member":"web1"}');
INSERT INTO "records" VALUES(5,'web-20261126-091246-e125','2026-11-26T09:12:46.601549+00:00',1392461128,'Intended','{"step":{"member":"web1","setting":"drain","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/rehearsed/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(6,'web-20261126-091246-e125','2026-11-26T09:12:46.607786+00:00',1392471337,'MemberSet','{"member":"web1","setting":"drain","workers":{"unix:/srv/poolroll/run/rehearsed/w/lb1/admin.sock":{"pid":28639,"started":1795684365}}}');
INSERT INTO "records" VALUES(7,'web-20261126-091246-e125','2026-11-26T09:12:46.721313+00:00',1392585465,'Intended','{"step":{"member":"web1","setting":"hold","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/rehearsed/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(8,'web-20261126-091246-e125','2026-11-26T09:12:46.726189+00:00',1392590337,'MemberSet','{"member":"web1","setting":"hold","workers":{"unix:/srv/poolroll/run/rehearsed/w/lb1/admin.sock":{"pid":28639,"started":1795684365}}}');
INSERT INTO "records" VALUES(9,'web-20261126-091246-e125','2026-11-26T09:12:46.762004+00:00',1392626184,'Intended','{"step":{"member":"web1","course":"upgrade"}}');
INSERT INTO "records" VALUES(10,'web-20261126-091246-e125','2026-11-26T09:12:46.772278+00:00',1392635933,'Validated','{"member":"web1","passed":true,"detail":"http http://127.0.0.1:35781/health: passed"}');
INSERT INTO "records" VALUES(11,'web-20261126-091246-e125','2026-11-26T09:12:46.775343+00:00',1392639514,'Intended','{"step":{"member":"web1","setting":"check","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/rehearsed/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(12,'web-20261126-091246-e125','2026-11-26T09:12:46.782742+00:00',1392646926,'MemberSet','{"member":"web1","setting":"check","workers":{"unix:/srv/poolroll/run/rehearsed/w/lb1/admin.sock":{"pid":28639,"started":1795684365}}}');
INSERT INTO "records" VALUES(13,'web-20261126-091246-e125','2026-11-26T09:12:46.824827+00:00',1392688943,'Intended','{"step":{"member":"web1","setting":"put back","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/rehearsed/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(14,'web-20261126-091246-e125','2026-11-26T09:12:46.830279+00:00',1392694441,'MemberSet','{"member":"web1","setting":"put back","workers":{"unix:/srv/poolroll/run/rehearsed/w/lb1/admin.sock":{"pid":28639,"started":1795684365}}}');
INSERT INTO "records" VALUES(15,'web-20261126-091246-e125','2026-11-26T09:12:46.843713+00:00',1392707463,'MemberReturned','{"member":"web1"}');
INSERT INTO "records" VALUES(16,'web-20261126-091246-e125','2026-11-26T09:12:47.055021+00:00',1392918703,'SoakEnded','{"member":"web1","note":"0 requests"}');
INSERT INTO "records" VALUES(17,'web-20261126-091246-e125','2026-11-26T09:12:47.056137+00:00',1392920343,'MemberCalled','{"member":"web2"}');
INSERT INTO "records" VALUES(18,'web-20261126-091246-e125','2026-11-26T09:12:47.067899+00:00',1392929514,'Intended','{"step":{"member":"web2","setting":"drain","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/rehearsed/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(19,'web-20261126-091246-e125','2026-11-26T09:12:47.075193+00:00',1392939332,'MemberSet','{"member":"web2","setting":"drain","workers":{"unix:/srv/poolroll/run/rehearsed/w/lb1/admin.sock":{"pid":28639,"started":1795684365}}}');
INSERT INTO "records" VALUES(20,'web-20261126-091246-e125','2026-11-26T09:12:47.193141+00:00',1393057306,'Intended','{"step":{"member":"web2","setting":"hold","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/rehearsed/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(21,'web-20261126-091246-e125','2026-11-26T09:12:47.198461+00:00',1393062594,'MemberSet','{"member":"web2","setting":"hold","workers":{"unix:/srv/poolroll/run/rehearsed/w/lb1/admin.sock":{"pid":28639,"started":1795684365}}}');
INSERT INTO "records" VALUES(22,'web-20261126-091246-e125','2026-11-26T09:12:47.234315+00:00',1393098500,'Intended','{"step":{"member":"web2","course":"upgrade"}}');
INSERT INTO "records" VALUES(23,'web-20261126-091246-e125','2026-11-26T09:12:47.243399+00:00',1393107582,'Validated','{"member":"web2","passed":true,"detail":"http http://127.0.0.1:59721/health: passed"}');
INSERT INTO "records" VALUES(24,'web-20261126-091246-e125','2026-11-26T09:12:47.252178+00:00',1393116320,'Intended','{"step":{"member":"web2","setting":"check","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/rehearsed/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(25,'web-20261126-091246-e125','2026-11-26T09:12:47.259214+00:00',1393123359,'MemberSet','{"member":"web2","setting":"check","workers":{"unix:/srv/poolroll/run/rehearsed/w/lb1/admin.sock":{"pid":28639,"started":1795684365}}}');
INSERT INTO "records" VALUES(26,'web-20261126-091246-e125','2026-11-26T09:12:47.320498+00:00',1393184616,'Intended','{"step":{"member":"web2","setting":"put back","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/rehearsed/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(27,'web-20261126-091246-e125','2026-11-26T09:12:47.326131+00:00',1393190304,'MemberSet','{"member":"web2","setting":"put back","workers":{"unix:/srv/poolroll/run/rehearsed/w/lb1/admin.sock":{"pid":28639,"started":1795684365}}}');
INSERT INTO "records" VALUES(28,'web-20261126-091246-e125','2026-11-26T09:12:47.341339+00:00',1393205490,'MemberReturned','{"member":"web2"}');
INSERT INTO "records" VALUES(29,'web-20261126-091246-e125','2026-11-26T09:12:47.546539+00:00',1393410672,'SoakEnded','{"member":"web2","note":"0 requests"}');
INSERT INTO "records" VALUES(30,'web-20261126-091246-e125','2026-11-26T09:12:47.552800+00:00',1393416443,'Finished','{"outcome":"done","exit_code":0,"why":"","told":[]}');
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
INSERT INTO "rollouts" VALUES(1,'web-20261126-091246-e125','web','apiVersion: poolroll/v1
name: web
vars:
  version: v2
pool:
  haproxy:
    apis:
    - unix:/srv/poolroll/run/rehearsed/w/lb1/admin.sock
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
  - echo "$$0" >> "/srv/poolroll/run/rehearsed/ran"; exec "$$@"
  - ${member.name}
  - /srv/poolroll/.venv/bin/python
  - -I
  - -S
  - /srv/poolroll/adapters/demo/upgrade.py
  - --folder
  - /srv/poolroll/run/rehearsed/w
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
  - /srv/poolroll/run/rehearsed/w
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
','/srv/poolroll/run/rehearsed/w/rollout.yml','{"version": "v1"}','2026-11-26T09:12:46.338284+00:00','alice@host','2026-11-26T09:12:47.556181+00:00','done',0);
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
INSERT INTO "sqlite_sequence" VALUES('records',30);
INSERT INTO "sqlite_sequence" VALUES('taken',2);
COMMIT;
