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
INSERT INTO "records" VALUES(1,'web-20261126-091310-da44','2026-11-26T09:13:11.141011+00:00',1416998079,'Plan','{"name":"web","members":[{"name":"web1","address":"127.0.0.1","port":43463,"host":"127.0.0.1","vars":{"behaviour":"{}"}},{"name":"web2","address":"127.0.0.1","port":47141,"host":"127.0.0.1","vars":{"behaviour":"{\"fail_every\": 3}"}},{"name":"web3","address":"127.0.0.1","port":34925,"host":"127.0.0.1","vars":{"behaviour":"{}"}}],"canaries":[],"instances":["unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock"],"backends":["web"],"max_unavailable":1,"min_available":2,"serving":3,"policies":{"max_unavailable":{"value":1.0,"is_percent":false},"min_available":null,"wait_for_capacity":"PT10M","lost_after":"PT30S","drain":{"timeout":"PT20S","sticky":"PT0.1S","on_timeout":"halt"},"comeback":{"within":"PT10S","ramp":[],"hold":"PT0S"},"soak":"PT1S","gates":[{"name":"errors","scope":"member","maximum":0.01,"test":"exact","every":"PT0.1S","confidence":0.995,"min_errors":3,"min_requests":20,"window":"PT1M","failures":1,"hold":"PT2M","then":"halt","metric":null,"alerts":null,"probe":null}],"on_failure":"rollback_all"},"upgrade":{"steps":1,"has_guard":false},"rollback":{"steps":1,"has_guard":false},"purpose":"upgrade","sticky":{"web":"cookie SRV"},"left":{}}');
INSERT INTO "records" VALUES(2,'web-20261126-091310-da44','2026-11-26T09:13:11.142677+00:00',1417006086,'FileKept','{"fingerprint":"a614484e48471706f49dac82156879439ed5452d94fa390ffa918d44eaa837f4"}');
INSERT INTO "records" VALUES(3,'web-20261126-091310-da44','2026-11-26T09:13:11.143706+00:00',1417007509,'RunBegan','{"by":"alice@host","only":[],"stepwise":false,"overrides":{}}');
INSERT INTO "records" VALUES(4,'web-20261126-091310-da44','2026-11-26T09:13:11.147424+00:00',1417011439,'MemberCalled','{"member":"web1"}');
INSERT INTO "records" VALUES(5,'web-20261126-091310-da44','2026-11-26T09:13:11.152883+00:00',1417013749,'Intended','{"step":{"member":"web1","setting":"drain","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(6,'web-20261126-091310-da44','2026-11-26T09:13:11.160524+00:00',1417023619,'MemberSet','{"member":"web1","setting":"drain","workers":{"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock":{"pid":29077,"started":1795684390}}}');
INSERT INTO "records" VALUES(7,'web-20261126-091310-da44','2026-11-26T09:13:11.279568+00:00',1417143720,'Intended','{"step":{"member":"web1","setting":"hold","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(8,'web-20261126-091310-da44','2026-11-26T09:13:11.284151+00:00',1417148281,'MemberSet','{"member":"web1","setting":"hold","workers":{"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock":{"pid":29077,"started":1795684390}}}');
INSERT INTO "records" VALUES(9,'web-20261126-091310-da44','2026-11-26T09:13:11.320735+00:00',1417184919,'Intended','{"step":{"member":"web1","course":"upgrade","index":0,"attempt":0}}');
INSERT INTO "records" VALUES(10,'web-20261126-091310-da44','2026-11-26T09:13:11.681391+00:00',1417544965,'StepEnded','{"member":"web1","index":0,"attempt":0,"passed":true,"lost":false,"detail":"step 1 (/bin/sh) ended with exit code 0","output":"","seconds":0.198}');
INSERT INTO "records" VALUES(11,'web-20261126-091310-da44','2026-11-26T09:13:11.684131+00:00',1417548314,'Intended','{"step":{"member":"web1","course":"upgrade"}}');
INSERT INTO "records" VALUES(12,'web-20261126-091310-da44','2026-11-26T09:13:11.779495+00:00',1417643270,'Validated','{"member":"web1","passed":true,"detail":"http http://127.0.0.1:43463/health: passed"}');
INSERT INTO "records" VALUES(13,'web-20261126-091310-da44','2026-11-26T09:13:11.781062+00:00',1417645241,'Intended','{"step":{"member":"web1","setting":"check","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(14,'web-20261126-091310-da44','2026-11-26T09:13:11.786742+00:00',1417650910,'MemberSet','{"member":"web1","setting":"check","workers":{"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock":{"pid":29077,"started":1795684390}}}');
INSERT INTO "records" VALUES(15,'web-20261126-091310-da44','2026-11-26T09:13:11.837652+00:00',1417701760,'Intended','{"step":{"member":"web1","setting":"put back","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(16,'web-20261126-091310-da44','2026-11-26T09:13:11.842599+00:00',1417706744,'MemberSet','{"member":"web1","setting":"put back","workers":{"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock":{"pid":29077,"started":1795684390}}}');
INSERT INTO "records" VALUES(17,'web-20261126-091310-da44','2026-11-26T09:13:11.858589+00:00',1417722356,'MemberReturned','{"member":"web1"}');
INSERT INTO "records" VALUES(18,'web-20261126-091310-da44','2026-11-26T09:13:11.862197+00:00',1417725516,'GateSampled','{"gate":"errors","member":"web1","verdict":"pass","reason":"none of 1 request failed","errors":0,"total":1,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(19,'web-20261126-091310-da44','2026-11-26T09:13:12.010265+00:00',1417874451,'GateSampled','{"gate":"errors","member":"web1","verdict":"pass","reason":"none of 7 requests failed","errors":0,"total":7,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(20,'web-20261126-091310-da44','2026-11-26T09:13:12.112075+00:00',1417976282,'GateSampled','{"gate":"errors","member":"web1","verdict":"pass","reason":"none of 18 requests failed","errors":0,"total":18,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(21,'web-20261126-091310-da44','2026-11-26T09:13:12.251293+00:00',1418115502,'GateSampled','{"gate":"errors","member":"web1","verdict":"pass","reason":"none of 27 requests failed","errors":0,"total":27,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(22,'web-20261126-091310-da44','2026-11-26T09:13:12.352329+00:00',1418216534,'GateSampled','{"gate":"errors","member":"web1","verdict":"pass","reason":"none of 33 requests failed","errors":0,"total":33,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(23,'web-20261126-091310-da44','2026-11-26T09:13:12.452941+00:00',1418317150,'GateSampled','{"gate":"errors","member":"web1","verdict":"pass","reason":"none of 40 requests failed","errors":0,"total":40,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(24,'web-20261126-091310-da44','2026-11-26T09:13:12.553825+00:00',1418418037,'GateSampled','{"gate":"errors","member":"web1","verdict":"pass","reason":"none of 47 requests failed","errors":0,"total":47,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(25,'web-20261126-091310-da44','2026-11-26T09:13:12.655038+00:00',1418519247,'GateSampled','{"gate":"errors","member":"web1","verdict":"pass","reason":"none of 54 requests failed","errors":0,"total":54,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(26,'web-20261126-091310-da44','2026-11-26T09:13:12.755994+00:00',1418620204,'GateSampled','{"gate":"errors","member":"web1","verdict":"pass","reason":"none of 60 requests failed","errors":0,"total":60,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(27,'web-20261126-091310-da44','2026-11-26T09:13:12.859323+00:00',1418723506,'GateSampled','{"gate":"errors","member":"web1","verdict":"pass","reason":"none of 64 requests failed","errors":0,"total":64,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(28,'web-20261126-091310-da44','2026-11-26T09:13:12.864508+00:00',1418728233,'SoakEnded','{"member":"web1","note":"64 requests"}');
INSERT INTO "records" VALUES(29,'web-20261126-091310-da44','2026-11-26T09:13:12.868109+00:00',1418732301,'MemberCalled','{"member":"web2"}');
INSERT INTO "records" VALUES(30,'web-20261126-091310-da44','2026-11-26T09:13:12.875866+00:00',1418737743,'Intended','{"step":{"member":"web2","setting":"drain","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(31,'web-20261126-091310-da44','2026-11-26T09:13:12.882157+00:00',1418746325,'MemberSet','{"member":"web2","setting":"drain","workers":{"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock":{"pid":29077,"started":1795684390}}}');
INSERT INTO "records" VALUES(32,'web-20261126-091310-da44','2026-11-26T09:13:12.998345+00:00',1418862510,'Intended','{"step":{"member":"web2","setting":"hold","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(33,'web-20261126-091310-da44','2026-11-26T09:13:13.004884+00:00',1418869017,'MemberSet','{"member":"web2","setting":"hold","workers":{"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock":{"pid":29077,"started":1795684390}}}');
INSERT INTO "records" VALUES(34,'web-20261126-091310-da44','2026-11-26T09:13:13.040652+00:00',1418904829,'Intended','{"step":{"member":"web2","course":"upgrade","index":0,"attempt":0}}');
INSERT INTO "records" VALUES(35,'web-20261126-091310-da44','2026-11-26T09:13:13.237274+00:00',1419101397,'StepEnded','{"member":"web2","index":0,"attempt":0,"passed":true,"lost":false,"detail":"step 1 (/bin/sh) ended with exit code 0","output":"","seconds":0.148}');
INSERT INTO "records" VALUES(36,'web-20261126-091310-da44','2026-11-26T09:13:13.237992+00:00',1419102195,'Intended','{"step":{"member":"web2","course":"upgrade"}}');
INSERT INTO "records" VALUES(37,'web-20261126-091310-da44','2026-11-26T09:13:13.243100+00:00',1419107323,'Validated','{"member":"web2","passed":true,"detail":"http http://127.0.0.1:47141/health: passed"}');
INSERT INTO "records" VALUES(38,'web-20261126-091310-da44','2026-11-26T09:13:13.243992+00:00',1419108184,'Intended','{"step":{"member":"web2","setting":"check","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(39,'web-20261126-091310-da44','2026-11-26T09:13:13.253178+00:00',1419117369,'MemberSet','{"member":"web2","setting":"check","workers":{"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock":{"pid":29077,"started":1795684390}}}');
INSERT INTO "records" VALUES(40,'web-20261126-091310-da44','2026-11-26T09:13:13.283682+00:00',1419147795,'Intended','{"step":{"member":"web2","setting":"put back","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(41,'web-20261126-091310-da44','2026-11-26T09:13:13.290087+00:00',1419154254,'MemberSet','{"member":"web2","setting":"put back","workers":{"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock":{"pid":29077,"started":1795684390}}}');
INSERT INTO "records" VALUES(42,'web-20261126-091310-da44','2026-11-26T09:13:13.304616+00:00',1419168769,'MemberReturned','{"member":"web2"}');
INSERT INTO "records" VALUES(43,'web-20261126-091310-da44','2026-11-26T09:13:13.309657+00:00',1419173872,'GateSampled','{"gate":"errors","member":"web2","verdict":"pass","reason":"none of 1 request failed","errors":0,"total":1,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(44,'web-20261126-091310-da44','2026-11-26T09:13:13.457328+00:00',1419321516,'GateSampled','{"gate":"errors","member":"web2","verdict":"inconclusive","reason":"too little traffic: 2 of 7 requests failed (28.6 %)","errors":2,"total":7,"value":0.2857142857142857,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(45,'web-20261126-091310-da44','2026-11-26T09:13:13.559325+00:00',1419423538,'GateSampled','{"gate":"errors","member":"web2","verdict":"fail","reason":"6 of 18 requests failed (33.3 %)","errors":6,"total":18,"value":0.3333333333333333,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(46,'web-20261126-091310-da44','2026-11-26T09:13:13.564740+00:00',1419428251,'Halted','{"cause":"gate","seen":"gate ''errors'': 6 of 18 requests failed (33.3 %) since the return of web2","limit":"at most 1 % of the requests may fail, beyond chance (99.5 % sure, from 3 errors on)","member":"web2","gate":"errors","condemned":["web2"]}');
INSERT INTO "records" VALUES(47,'web-20261126-091310-da44','2026-11-26T09:13:13.575843+00:00',1419433247,'Intended','{"step":{"member":"web2","setting":"remove","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(48,'web-20261126-091310-da44','2026-11-26T09:13:13.585976+00:00',1419450124,'MemberSet','{"member":"web2","setting":"remove","workers":{"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock":{"pid":29077,"started":1795684390}}}');
INSERT INTO "records" VALUES(49,'web-20261126-091310-da44','2026-11-26T09:13:13.591859+00:00',1419455564,'RollbackBegan','{"members":["web2","web1"]}');
INSERT INTO "records" VALUES(50,'web-20261126-091310-da44','2026-11-26T09:13:13.596775+00:00',1419460994,'MemberCalled','{"member":"web2"}');
INSERT INTO "records" VALUES(51,'web-20261126-091310-da44','2026-11-26T09:13:13.602524+00:00',1419466456,'MemberFoundOut','{"member":"web2"}');
INSERT INTO "records" VALUES(52,'web-20261126-091310-da44','2026-11-26T09:13:13.605473+00:00',1419469648,'Intended','{"step":{"member":"web2","setting":"hold","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(53,'web-20261126-091310-da44','2026-11-26T09:13:13.613529+00:00',1419477709,'MemberSet','{"member":"web2","setting":"hold","workers":{"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock":{"pid":29077,"started":1795684390}}}');
INSERT INTO "records" VALUES(54,'web-20261126-091310-da44','2026-11-26T09:13:13.644429+00:00',1419508586,'Intended','{"step":{"member":"web2","course":"rollback","index":0,"attempt":1}}');
INSERT INTO "records" VALUES(55,'web-20261126-091310-da44','2026-11-26T09:13:13.877539+00:00',1419741668,'StepEnded','{"member":"web2","index":0,"attempt":1,"passed":true,"lost":false,"detail":"step 1 (/srv/poolroll/.venv/bin/python) ended with exit code 0","output":"","seconds":0.189}');
INSERT INTO "records" VALUES(56,'web-20261126-091310-da44','2026-11-26T09:13:13.880060+00:00',1419744259,'Intended','{"step":{"member":"web2","course":"rollback"}}');
INSERT INTO "records" VALUES(57,'web-20261126-091310-da44','2026-11-26T09:13:13.889325+00:00',1419753519,'Validated','{"member":"web2","passed":true,"detail":"http http://127.0.0.1:47141/health: passed"}');
INSERT INTO "records" VALUES(58,'web-20261126-091310-da44','2026-11-26T09:13:13.891174+00:00',1419755344,'Intended','{"step":{"member":"web2","setting":"check","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(59,'web-20261126-091310-da44','2026-11-26T09:13:13.898690+00:00',1419762835,'MemberSet','{"member":"web2","setting":"check","workers":{"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock":{"pid":29077,"started":1795684390}}}');
INSERT INTO "records" VALUES(60,'web-20261126-091310-da44','2026-11-26T09:13:13.951474+00:00',1419815575,'Intended','{"step":{"member":"web2","setting":"put back","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(61,'web-20261126-091310-da44','2026-11-26T09:13:13.958245+00:00',1419822430,'MemberSet','{"member":"web2","setting":"put back","workers":{"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock":{"pid":29077,"started":1795684390}}}');
INSERT INTO "records" VALUES(62,'web-20261126-091310-da44','2026-11-26T09:13:13.973286+00:00',1419837427,'MemberReturned','{"member":"web2"}');
INSERT INTO "records" VALUES(63,'web-20261126-091310-da44','2026-11-26T09:13:13.979046+00:00',1419843262,'GateSampled','{"gate":"errors","member":"web2","verdict":"pass","reason":"none of 1 request failed","errors":0,"total":1,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(64,'web-20261126-091310-da44','2026-11-26T09:13:14.126911+00:00',1419991122,'GateSampled','{"gate":"errors","member":"web2","verdict":"pass","reason":"none of 11 requests failed","errors":0,"total":11,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(65,'web-20261126-091310-da44','2026-11-26T09:13:14.228316+00:00',1420092500,'GateSampled','{"gate":"errors","member":"web2","verdict":"pass","reason":"none of 14 requests failed","errors":0,"total":14,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(66,'web-20261126-091310-da44','2026-11-26T09:13:14.330494+00:00',1420194706,'GateSampled','{"gate":"errors","member":"web2","verdict":"pass","reason":"none of 24 requests failed","errors":0,"total":24,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(67,'web-20261126-091310-da44','2026-11-26T09:13:14.432212+00:00',1420296414,'GateSampled','{"gate":"errors","member":"web2","verdict":"pass","reason":"none of 28 requests failed","errors":0,"total":28,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(68,'web-20261126-091310-da44','2026-11-26T09:13:14.536006+00:00',1420400186,'GateSampled','{"gate":"errors","member":"web2","verdict":"pass","reason":"none of 35 requests failed","errors":0,"total":35,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(69,'web-20261126-091310-da44','2026-11-26T09:13:14.654951+00:00',1420519135,'GateSampled','{"gate":"errors","member":"web2","verdict":"pass","reason":"none of 43 requests failed","errors":0,"total":43,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(70,'web-20261126-091310-da44','2026-11-26T09:13:14.757475+00:00',1420621662,'GateSampled','{"gate":"errors","member":"web2","verdict":"pass","reason":"none of 49 requests failed","errors":0,"total":49,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(71,'web-20261126-091310-da44','2026-11-26T09:13:14.860407+00:00',1420724621,'GateSampled','{"gate":"errors","member":"web2","verdict":"pass","reason":"none of 60 requests failed","errors":0,"total":60,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(72,'web-20261126-091310-da44','2026-11-26T09:13:14.962255+00:00',1420826471,'GateSampled','{"gate":"errors","member":"web2","verdict":"pass","reason":"none of 66 requests failed","errors":0,"total":66,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(73,'web-20261126-091310-da44','2026-11-26T09:13:15.013389+00:00',1420877563,'SoakEnded','{"member":"web2","note":"70 requests"}');
INSERT INTO "records" VALUES(74,'web-20261126-091310-da44','2026-11-26T09:13:15.018444+00:00',1420882655,'MemberCalled','{"member":"web1"}');
INSERT INTO "records" VALUES(75,'web-20261126-091310-da44','2026-11-26T09:13:15.026465+00:00',1420886398,'Intended','{"step":{"member":"web1","setting":"drain","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(76,'web-20261126-091310-da44','2026-11-26T09:13:15.029803+00:00',1420893995,'MemberSet','{"member":"web1","setting":"drain","workers":{"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock":{"pid":29077,"started":1795684390}}}');
INSERT INTO "records" VALUES(77,'web-20261126-091310-da44','2026-11-26T09:13:15.147327+00:00',1421011494,'Intended','{"step":{"member":"web1","setting":"hold","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(78,'web-20261126-091310-da44','2026-11-26T09:13:15.157857+00:00',1421021991,'MemberSet','{"member":"web1","setting":"hold","workers":{"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock":{"pid":29077,"started":1795684390}}}');
INSERT INTO "records" VALUES(79,'web-20261126-091310-da44','2026-11-26T09:13:15.189243+00:00',1421053430,'Intended','{"step":{"member":"web1","course":"rollback","index":0,"attempt":1}}');
INSERT INTO "records" VALUES(80,'web-20261126-091310-da44','2026-11-26T09:13:15.477171+00:00',1421341302,'StepEnded','{"member":"web1","index":0,"attempt":1,"passed":true,"lost":false,"detail":"step 1 (/srv/poolroll/.venv/bin/python) ended with exit code 0","output":"","seconds":0.237}');
INSERT INTO "records" VALUES(81,'web-20261126-091310-da44','2026-11-26T09:13:15.480097+00:00',1421344292,'Intended','{"step":{"member":"web1","course":"rollback"}}');
INSERT INTO "records" VALUES(82,'web-20261126-091310-da44','2026-11-26T09:13:15.491104+00:00',1421355307,'Validated','{"member":"web1","passed":true,"detail":"http http://127.0.0.1:43463/health: passed"}');
INSERT INTO "records" VALUES(83,'web-20261126-091310-da44','2026-11-26T09:13:15.500077+00:00',1421364239,'Intended','{"step":{"member":"web1","setting":"check","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(84,'web-20261126-091310-da44','2026-11-26T09:13:15.505151+00:00',1421369331,'MemberSet','{"member":"web1","setting":"check","workers":{"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock":{"pid":29077,"started":1795684390}}}');
INSERT INTO "records" VALUES(85,'web-20261126-091310-da44','2026-11-26T09:13:15.529358+00:00',1421393480,'Intended','{"step":{"member":"web1","setting":"put back","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock","backend":"web"},"weight":1,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(86,'web-20261126-091310-da44','2026-11-26T09:13:15.537969+00:00',1421402112,'MemberSet','{"member":"web1","setting":"put back","workers":{"unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock":{"pid":29077,"started":1795684390}}}');
INSERT INTO "records" VALUES(87,'web-20261126-091310-da44','2026-11-26T09:13:15.549482+00:00',1421413641,'MemberReturned','{"member":"web1"}');
INSERT INTO "records" VALUES(88,'web-20261126-091310-da44','2026-11-26T09:13:15.559905+00:00',1421424111,'GateSampled','{"gate":"errors","member":"web1","verdict":"pass","reason":"none of 1 request failed","errors":0,"total":1,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(89,'web-20261126-091310-da44','2026-11-26T09:13:15.702268+00:00',1421566448,'GateSampled','{"gate":"errors","member":"web1","verdict":"pass","reason":"none of 7 requests failed","errors":0,"total":7,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(90,'web-20261126-091310-da44','2026-11-26T09:13:15.804842+00:00',1421669014,'GateSampled','{"gate":"errors","member":"web1","verdict":"pass","reason":"none of 14 requests failed","errors":0,"total":14,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(91,'web-20261126-091310-da44','2026-11-26T09:13:15.906806+00:00',1421770987,'GateSampled','{"gate":"errors","member":"web1","verdict":"pass","reason":"none of 21 requests failed","errors":0,"total":21,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(92,'web-20261126-091310-da44','2026-11-26T09:13:16.011046+00:00',1421875229,'GateSampled','{"gate":"errors","member":"web1","verdict":"pass","reason":"none of 28 requests failed","errors":0,"total":28,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(93,'web-20261126-091310-da44','2026-11-26T09:13:16.126240+00:00',1421990427,'GateSampled','{"gate":"errors","member":"web1","verdict":"pass","reason":"none of 36 requests failed","errors":0,"total":36,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(94,'web-20261126-091310-da44','2026-11-26T09:13:16.230268+00:00',1422094448,'GateSampled','{"gate":"errors","member":"web1","verdict":"pass","reason":"none of 43 requests failed","errors":0,"total":43,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(95,'web-20261126-091310-da44','2026-11-26T09:13:16.330937+00:00',1422195148,'GateSampled','{"gate":"errors","member":"web1","verdict":"pass","reason":"none of 53 requests failed","errors":0,"total":53,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(96,'web-20261126-091310-da44','2026-11-26T09:13:16.431196+00:00',1422295377,'GateSampled','{"gate":"errors","member":"web1","verdict":"pass","reason":"none of 56 requests failed","errors":0,"total":56,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(97,'web-20261126-091310-da44','2026-11-26T09:13:16.533035+00:00',1422397245,'GateSampled','{"gate":"errors","member":"web1","verdict":"pass","reason":"none of 66 requests failed","errors":0,"total":66,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(98,'web-20261126-091310-da44','2026-11-26T09:13:16.583865+00:00',1422447998,'SoakEnded','{"member":"web1","note":"70 requests"}');
INSERT INTO "records" VALUES(99,'web-20261126-091310-da44','2026-11-26T09:13:16.587920+00:00',1422451511,'Finished','{"outcome":"halted","exit_code":4,"why":"gate ''errors'': 6 of 18 requests failed (33.3 %) since the return of web2","told":["SEEN      gate ''errors'': 6 of 18 requests failed (33.3 %) since the return of web2","LIMIT     at most 1 % of the requests may fail, beyond chance (99.5 % sure, from 3 errors on)","MEMBERS   web1, web2: rolled back, in rotation","          web3: in rotation, untouched","USERS     not failing now; at most 6 requests failed at 09:13:13 UTC","CAN WAIT  yes: 3 members serve, the floor is 2","NEXT      to go on:  poolroll resume web --reason ''…'' --state /srv/poolroll/run/rolled_back/state, then poolroll run /srv/poolroll/run/rolled_back/w/rollout.yml --state /srv/poolroll/run/rolled_back/state","          to end it: poolroll abort web --state /srv/poolroll/run/rolled_back/state   (--restore also puts back what passes its validation)","          to go back: poolroll rollback /srv/poolroll/run/rolled_back/w/rollout.yml --state /srv/poolroll/run/rolled_back/state"]}');
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
INSERT INTO "rollouts" VALUES(1,'web-20261126-091310-da44','web','apiVersion: poolroll/v1
name: web
vars:
  version: v2
pool:
  haproxy:
    apis:
    - unix:/srv/poolroll/run/rolled_back/w/lb1/admin.sock
    backends:
    - web
  members:
    expect: 3
    vars:
      web1:
        behaviour: ''{}''
      web2:
        behaviour: ''{"fail_every": 3}''
      web3:
        behaviour: ''{}''
drain:
  timeout: 20s
  sticky: 100ms
upgrade:
  command:
  - /bin/sh
  - -c
  - echo "$$0" >> "/srv/poolroll/run/rolled_back/ran"; exec "$$@"
  - ${member.name}
  - /srv/poolroll/.venv/bin/python
  - -I
  - -S
  - /srv/poolroll/adapters/demo/upgrade.py
  - --folder
  - /srv/poolroll/run/rolled_back/w
  - --member
  - ${member.name}
  - --to
  - v2
  - --takes-ms
  - ''0''
  - --behaviour
  - ${member.vars.behaviour}
  - --wait
  timeout: 20s
rollback:
  command:
  - /srv/poolroll/.venv/bin/python
  - -I
  - -S
  - /srv/poolroll/adapters/demo/upgrade.py
  - --folder
  - /srv/poolroll/run/rolled_back/w
  - --member
  - ${member.name}
  - --to
  - v1
  - --takes-ms
  - ''0''
  - --behaviour
  - ''{"fail_every": 0}''
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
soak: 1s
gates:
- name: errors
  haproxy:
    measure: error_ratio
    scope: member
  max: 1%
  every: 100ms
on_failure: rollback_all
','/srv/poolroll/run/rolled_back/w/rollout.yml','{}','2026-11-26T09:13:10.822873+00:00','alice@host',NULL,NULL,NULL);
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
INSERT INTO "sqlite_sequence" VALUES('records',99);
INSERT INTO "sqlite_sequence" VALUES('taken',4);
COMMIT;
-- job web-20261126-091310-da44/web1/rollback-0-1
-- job web-20261126-091310-da44/web1/upgrade-0-0
-- job web-20261126-091310-da44/web2/rollback-0-1
-- job web-20261126-091310-da44/web2/upgrade-0-0
