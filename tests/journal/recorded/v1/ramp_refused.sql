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
INSERT INTO "records" VALUES(1,'web-20261126-091301-cc45','2026-11-26T09:13:01.374630+00:00',1407232627,'Plan','{"name":"web","members":[{"name":"web1","address":"127.0.0.1","port":55563,"host":"127.0.0.1","vars":{}},{"name":"web2","address":"127.0.0.1","port":44067,"host":"127.0.0.1","vars":{}}],"canaries":[],"instances":["unix:/srv/poolroll/run/ramp_refused/w/lb1/admin.sock"],"backends":["web"],"max_unavailable":1,"min_available":1,"serving":2,"policies":{"max_unavailable":{"value":1.0,"is_percent":false},"min_available":null,"wait_for_capacity":"PT10M","lost_after":"PT30S","drain":{"timeout":"PT20S","sticky":"PT0.1S","on_timeout":"halt"},"comeback":{"within":"PT10S","ramp":[10],"hold":"PT0.2S"},"soak":"PT0.2S","gates":[],"on_failure":"halt"},"upgrade":{"steps":1,"has_guard":false},"rollback":{"steps":1,"has_guard":false},"purpose":"upgrade","sticky":{"web":"cookie SRV"},"left":{}}');
INSERT INTO "records" VALUES(2,'web-20261126-091301-cc45','2026-11-26T09:13:01.375907+00:00',1407239872,'FileKept','{"fingerprint":"3b7d7674850c56e1772c8b8d3f7199644980273cdfd821877d80b7a731b12547"}');
INSERT INTO "records" VALUES(3,'web-20261126-091301-cc45','2026-11-26T09:13:01.376739+00:00',1407240565,'RunBegan','{"by":"alice@host","only":[],"stepwise":false,"overrides":{}}');
INSERT INTO "records" VALUES(4,'web-20261126-091301-cc45','2026-11-26T09:13:01.378704+00:00',1407242728,'MemberCalled','{"member":"web1"}');
INSERT INTO "records" VALUES(5,'web-20261126-091301-cc45','2026-11-26T09:13:01.382046+00:00',1407244262,'Intended','{"step":{"member":"web1","setting":"drain","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/ramp_refused/w/lb1/admin.sock","backend":"web"},"weight":50,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(6,'web-20261126-091301-cc45','2026-11-26T09:13:01.385195+00:00',1407248939,'MemberSet','{"member":"web1","setting":"drain","workers":{"unix:/srv/poolroll/run/ramp_refused/w/lb1/admin.sock":{"pid":28893,"started":1795684380}}}');
INSERT INTO "records" VALUES(7,'web-20261126-091301-cc45','2026-11-26T09:13:01.503057+00:00',1407367227,'Intended','{"step":{"member":"web1","setting":"hold","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/ramp_refused/w/lb1/admin.sock","backend":"web"},"weight":50,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(8,'web-20261126-091301-cc45','2026-11-26T09:13:01.505866+00:00',1407370033,'MemberSet','{"member":"web1","setting":"hold","workers":{"unix:/srv/poolroll/run/ramp_refused/w/lb1/admin.sock":{"pid":28893,"started":1795684380}}}');
INSERT INTO "records" VALUES(9,'web-20261126-091301-cc45','2026-11-26T09:13:01.544008+00:00',1407408192,'Intended','{"step":{"member":"web1","course":"upgrade","index":0,"attempt":0}}');
INSERT INTO "records" VALUES(10,'web-20261126-091301-cc45','2026-11-26T09:13:01.698948+00:00',1407562461,'StepEnded','{"member":"web1","index":0,"attempt":0,"passed":true,"lost":false,"detail":"step 1 (/bin/sh) ended with exit code 0","output":"","seconds":0.134}');
INSERT INTO "records" VALUES(11,'web-20261126-091301-cc45','2026-11-26T09:13:01.699645+00:00',1407563848,'Intended','{"step":{"member":"web1","course":"upgrade"}}');
INSERT INTO "records" VALUES(12,'web-20261126-091301-cc45','2026-11-26T09:13:01.758236+00:00',1407622013,'Validated','{"member":"web1","passed":true,"detail":"http http://127.0.0.1:55563/health: passed"}');
INSERT INTO "records" VALUES(13,'web-20261126-091301-cc45','2026-11-26T09:13:01.759091+00:00',1407623273,'Intended','{"step":{"member":"web1","setting":"check","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/ramp_refused/w/lb1/admin.sock","backend":"web"},"weight":50,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(14,'web-20261126-091301-cc45','2026-11-26T09:13:01.761747+00:00',1407625942,'MemberSet','{"member":"web1","setting":"check","workers":{"unix:/srv/poolroll/run/ramp_refused/w/lb1/admin.sock":{"pid":28893,"started":1795684380}}}');
INSERT INTO "records" VALUES(15,'web-20261126-091301-cc45','2026-11-26T09:13:01.817259+00:00',1407681366,'Intended','{"step":{"member":"web1","setting":"put back","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/ramp_refused/w/lb1/admin.sock","backend":"web"},"weight":50,"agent":false}]},"share":10}}');
INSERT INTO "records" VALUES(16,'web-20261126-091301-cc45','2026-11-26T09:13:01.819486+00:00',1407683279,'RampRefused','{"member":"web1","why":"unix:/srv/poolroll/run/ramp_refused/w/lb1/admin.sock: set server web/web1 weight 5: Backend is using a static LB algorithm and only accepts weights ''0%'' and ''100%''."}');
INSERT INTO "records" VALUES(17,'web-20261126-091301-cc45','2026-11-26T09:13:01.820077+00:00',1407684247,'Intended','{"step":{"member":"web1","setting":"put back","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/ramp_refused/w/lb1/admin.sock","backend":"web"},"weight":50,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(18,'web-20261126-091301-cc45','2026-11-26T09:13:01.822315+00:00',1407686512,'MemberSet','{"member":"web1","setting":"put back","workers":{"unix:/srv/poolroll/run/ramp_refused/w/lb1/admin.sock":{"pid":28893,"started":1795684380}}}');
INSERT INTO "records" VALUES(19,'web-20261126-091301-cc45','2026-11-26T09:13:01.838834+00:00',1407702631,'MemberReturned','{"member":"web1"}');
INSERT INTO "records" VALUES(20,'web-20261126-091301-cc45','2026-11-26T09:13:02.042909+00:00',1407906490,'SoakEnded','{"member":"web1","note":"0 requests"}');
INSERT INTO "records" VALUES(21,'web-20261126-091301-cc45','2026-11-26T09:13:02.043850+00:00',1407908053,'MemberCalled','{"member":"web2"}');
INSERT INTO "records" VALUES(22,'web-20261126-091301-cc45','2026-11-26T09:13:02.046064+00:00',1407909771,'Intended','{"step":{"member":"web2","setting":"drain","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/ramp_refused/w/lb1/admin.sock","backend":"web"},"weight":50,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(23,'web-20261126-091301-cc45','2026-11-26T09:13:02.049444+00:00',1407913609,'MemberSet','{"member":"web2","setting":"drain","workers":{"unix:/srv/poolroll/run/ramp_refused/w/lb1/admin.sock":{"pid":28893,"started":1795684380}}}');
INSERT INTO "records" VALUES(24,'web-20261126-091301-cc45','2026-11-26T09:13:02.169099+00:00',1408033247,'Intended','{"step":{"member":"web2","setting":"hold","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/ramp_refused/w/lb1/admin.sock","backend":"web"},"weight":50,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(25,'web-20261126-091301-cc45','2026-11-26T09:13:02.172168+00:00',1408036342,'MemberSet','{"member":"web2","setting":"hold","workers":{"unix:/srv/poolroll/run/ramp_refused/w/lb1/admin.sock":{"pid":28893,"started":1795684380}}}');
INSERT INTO "records" VALUES(26,'web-20261126-091301-cc45','2026-11-26T09:13:02.209802+00:00',1408073989,'Intended','{"step":{"member":"web2","course":"upgrade","index":0,"attempt":0}}');
INSERT INTO "records" VALUES(27,'web-20261126-091301-cc45','2026-11-26T09:13:02.388172+00:00',1408252302,'StepEnded','{"member":"web2","index":0,"attempt":0,"passed":true,"lost":false,"detail":"step 1 (/bin/sh) ended with exit code 0","output":"","seconds":0.154}');
INSERT INTO "records" VALUES(28,'web-20261126-091301-cc45','2026-11-26T09:13:02.388816+00:00',1408253021,'Intended','{"step":{"member":"web2","course":"upgrade"}}');
INSERT INTO "records" VALUES(29,'web-20261126-091301-cc45','2026-11-26T09:13:02.394786+00:00',1408258978,'Validated','{"member":"web2","passed":true,"detail":"http http://127.0.0.1:44067/health: passed"}');
INSERT INTO "records" VALUES(30,'web-20261126-091301-cc45','2026-11-26T09:13:02.395459+00:00',1408259614,'Intended','{"step":{"member":"web2","setting":"check","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/ramp_refused/w/lb1/admin.sock","backend":"web"},"weight":50,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(31,'web-20261126-091301-cc45','2026-11-26T09:13:02.398703+00:00',1408262868,'MemberSet','{"member":"web2","setting":"check","workers":{"unix:/srv/poolroll/run/ramp_refused/w/lb1/admin.sock":{"pid":28893,"started":1795684380}}}');
INSERT INTO "records" VALUES(32,'web-20261126-091301-cc45','2026-11-26T09:13:02.412835+00:00',1408276966,'Intended','{"step":{"member":"web2","setting":"put back","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/ramp_refused/w/lb1/admin.sock","backend":"web"},"weight":50,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(33,'web-20261126-091301-cc45','2026-11-26T09:13:02.415940+00:00',1408280130,'MemberSet','{"member":"web2","setting":"put back","workers":{"unix:/srv/poolroll/run/ramp_refused/w/lb1/admin.sock":{"pid":28893,"started":1795684380}}}');
INSERT INTO "records" VALUES(34,'web-20261126-091301-cc45','2026-11-26T09:13:02.433693+00:00',1408297863,'MemberReturned','{"member":"web2"}');
INSERT INTO "records" VALUES(35,'web-20261126-091301-cc45','2026-11-26T09:13:02.637067+00:00',1408501202,'SoakEnded','{"member":"web2","note":"0 requests"}');
INSERT INTO "records" VALUES(36,'web-20261126-091301-cc45','2026-11-26T09:13:02.638670+00:00',1408502142,'Finished','{"outcome":"done","exit_code":0,"why":"","told":[]}');
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
INSERT INTO "rollouts" VALUES(1,'web-20261126-091301-cc45','web','apiVersion: poolroll/v1
name: web
vars:
  version: v2
pool:
  haproxy:
    apis:
    - unix:/srv/poolroll/run/ramp_refused/w/lb1/admin.sock
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
  - echo "$$0" >> "/srv/poolroll/run/ramp_refused/ran"; exec "$$@"
  - ${member.name}
  - /srv/poolroll/.venv/bin/python
  - -I
  - -S
  - /srv/poolroll/adapters/demo/upgrade.py
  - --folder
  - /srv/poolroll/run/ramp_refused/w
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
  - /srv/poolroll/run/ramp_refused/w
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
  ramp:
  - 10%
  hold: 200ms
soak: 200ms
gates: []
','/srv/poolroll/run/ramp_refused/w/rollout.yml','{}','2026-11-26T09:13:01.067815+00:00','alice@host','2026-11-26T09:13:02.639319+00:00','done',0);
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
INSERT INTO "sqlite_sequence" VALUES('records',36);
INSERT INTO "sqlite_sequence" VALUES('taken',2);
COMMIT;
-- job web-20261126-091301-cc45/web1/upgrade-0-0
-- job web-20261126-091301-cc45/web2/upgrade-0-0
