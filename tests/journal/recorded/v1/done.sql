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
INSERT INTO "records" VALUES(1,'web-20261126-091232-d0b1','2026-11-26T09:12:32.482363+00:00',1378336078,'Plan','{"name":"web","members":[{"name":"web2","address":"127.0.0.1","port":40787,"host":"127.0.0.1","vars":{}},{"name":"web1","address":"127.0.0.1","port":59389,"host":"127.0.0.1","vars":{"rack":"a"}}],"canaries":["web2"],"instances":["unix:/srv/poolroll/run/done/w/lb1/admin.sock"],"backends":["web"],"max_unavailable":1,"min_available":1,"serving":2,"policies":{"max_unavailable":{"value":1.0,"is_percent":false},"min_available":null,"wait_for_capacity":"PT10M","lost_after":"PT30S","drain":{"timeout":"PT20S","sticky":"PT0.1S","on_timeout":"halt"},"comeback":{"within":"PT10S","ramp":[50],"hold":"PT0.3S"},"soak":"PT0.2S","gates":[{"name":"errors","scope":"member","maximum":0.01,"test":"exact","every":"PT1S","confidence":0.995,"min_errors":3,"min_requests":20,"window":"PT1M","failures":1,"hold":"PT2M","then":"halt","metric":null,"alerts":null,"probe":null},{"name":"pool-errors","scope":"pool","maximum":0.05,"test":"threshold","every":"PT1S","confidence":0.995,"min_errors":3,"min_requests":20,"window":"PT1M","failures":1,"hold":"PT2M","then":"halt","metric":null,"alerts":null,"probe":null},{"name":"limit","scope":"member","maximum":1.0,"test":"exact","every":"PT1S","confidence":0.99,"min_errors":3,"min_requests":20,"window":"PT1M","failures":1,"hold":"PT2M","then":"halt","metric":{"servers":[{"url":"http://127.0.0.1:59121","username":null,"password":null,"bearer":{"inline":"***","env":null,"file":null},"headers":{},"ca":null,"cert":null,"key":null,"server_name":null,"verify":true,"timeout":"PT1.5S"}],"query":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"${member.name}\",code=\"5xx\"}[${window}])) / sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"${member.name}\"}[${window}]))","errors":"","requests":"","baseline":"","baseline_errors":"","baseline_requests":"","traffic":"","evidence":"up{job=\"haproxy\"}","reduce":null,"max_age":null,"window_max":"PT5M","maximum":0.01,"minimum":null,"max_increase":null,"is_ratio":true},"alerts":null,"probe":null},{"name":"beside","scope":"member","maximum":1.0,"test":"exact","every":"PT1S","confidence":0.99,"min_errors":3,"min_requests":5,"window":"PT1M","failures":1,"hold":"PT2M","then":"halt","metric":{"servers":[{"url":"http://127.0.0.1:59121","username":null,"password":null,"bearer":null,"headers":{},"ca":null,"cert":null,"key":null,"server_name":null,"verify":true,"timeout":"PT1.5S"}],"query":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"${member.name}\",code=\"5xx\"}[${window}])) / sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"${member.name}\"}[${window}]))","errors":"","requests":"","baseline":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server!=\"${member.name}\",code=\"5xx\"}[${window}])) / sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server!=\"${member.name}\"}[${window}]))","baseline_errors":"","baseline_requests":"","traffic":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"${member.name}\"}[${window}]))","evidence":"up{job=\"haproxy\"}","reduce":null,"max_age":null,"window_max":"PT5M","maximum":null,"minimum":null,"max_increase":0.005,"is_ratio":true},"alerts":null,"probe":null},{"name":"counts","scope":"member","maximum":1.0,"test":"exact","every":"PT1S","confidence":0.99,"min_errors":3,"min_requests":20,"window":"PT1M","failures":1,"hold":"PT2M","then":"halt","metric":{"servers":[{"url":"http://127.0.0.1:59121","username":null,"password":null,"bearer":null,"headers":{"X-Tenant":{"inline":null,"env":null,"file":"/srv/poolroll/run/done/s0/token"}},"ca":null,"cert":null,"key":null,"server_name":null,"verify":true,"timeout":"PT1.5S"}],"query":"","errors":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"${member.name}\",code=\"5xx\"}[${window}]))","requests":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"${member.name}\"}[${window}]))","baseline":"","baseline_errors":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server!=\"${member.name}\",code=\"5xx\"}[${window}]))","baseline_requests":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server!=\"${member.name}\"}[${window}]))","traffic":"","evidence":"up{job=\"haproxy\"}","reduce":null,"max_age":null,"window_max":"PT5M","maximum":null,"minimum":null,"max_increase":null,"is_ratio":true},"alerts":null,"probe":null},{"name":"up","scope":"pool","maximum":1.0,"test":"exact","every":"PT1S","confidence":0.99,"min_errors":3,"min_requests":20,"window":"PT1M","failures":1,"hold":"PT2M","then":"halt","metric":{"servers":[{"url":"http://127.0.0.1:59121","username":"poolroll","password":{"inline":"***","env":null,"file":null},"bearer":null,"headers":{},"ca":null,"cert":null,"key":null,"server_name":null,"verify":true,"timeout":"PT1.5S"}],"query":"up","errors":"","requests":"","baseline":"","baseline_errors":"","baseline_requests":"","traffic":"","evidence":"up{job=\"haproxy\"}","reduce":"min","max_age":null,"window_max":"PT5M","maximum":null,"minimum":1.0,"max_increase":null,"is_ratio":false},"alerts":null,"probe":null},{"name":"pages","scope":"pool","maximum":1.0,"test":"exact","every":"PT1S","confidence":0.99,"min_errors":3,"min_requests":20,"window":"PT1M","failures":1,"hold":"PT2M","then":"halt","metric":null,"alerts":{"servers":[{"url":"http://127.0.0.1:59121","username":null,"password":null,"bearer":{"inline":null,"env":"PAGER_TOKEN","file":null},"headers":{},"ca":null,"cert":null,"key":null,"server_name":null,"verify":true,"timeout":"PT1.5S"}],"matchers":[{"label":"severity","sign":"=","value":"page"}],"counts_preexisting":false},"probe":null}],"on_failure":"halt"},"upgrade":{"steps":2,"has_guard":true},"rollback":{"steps":1,"has_guard":false},"purpose":"upgrade","sticky":{"web":"cookie SRV"},"left":{}}');
INSERT INTO "records" VALUES(2,'web-20261126-091232-d0b1','2026-11-26T09:12:32.483539+00:00',1378347526,'FileKept','{"fingerprint":"1af7fbe321a5cd1ee1a606d55023e5fe3cb6dcad8b5559cacf8a8a2f2997dfc8"}');
INSERT INTO "records" VALUES(3,'web-20261126-091232-d0b1','2026-11-26T09:12:32.488632+00:00',1378352252,'RunBegan','{"by":"alice@host","only":[],"stepwise":false,"overrides":{}}');
INSERT INTO "records" VALUES(4,'web-20261126-091232-d0b1','2026-11-26T09:12:32.498879+00:00',1378362243,'GateSampled','{"gate":"pool-errors","member":null,"verdict":"inconclusive","reason":"no data: not one request yet","errors":0,"total":0,"value":null,"limit":0.05,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(5,'web-20261126-091232-d0b1','2026-11-26T09:12:32.509505+00:00',1378373635,'GateSampled','{"gate":"pages","member":null,"verdict":"pass","reason":"no alert fires","errors":0,"total":0,"value":0.0,"limit":0.0,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(6,'web-20261126-091232-d0b1','2026-11-26T09:12:32.513149+00:00',1378377360,'GateSampled','{"gate":"up","member":null,"verdict":"inconclusive","reason":"too early: 1, 0.0049s after the return; a pass counts from 2s on (scrapes come every 0.5s)","errors":0,"total":0,"value":1.0,"limit":1.0,"baseline":null,"queries":{"query":"up","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:32.503000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(7,'web-20261126-091232-d0b1','2026-11-26T09:12:33.502683+00:00',1379366882,'GateSampled','{"gate":"pool-errors","member":null,"verdict":"inconclusive","reason":"too early: none of 100 requests failed in the first 1s; a pass counts from 5s on","errors":0,"total":100,"value":0.0,"limit":0.05,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(8,'web-20261126-091232-d0b1','2026-11-26T09:12:33.516617+00:00',1379380801,'GateSampled','{"gate":"pages","member":null,"verdict":"pass","reason":"no alert fires","errors":0,"total":0,"value":0.0,"limit":0.0,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(9,'web-20261126-091232-d0b1','2026-11-26T09:12:33.525451+00:00',1379389645,'GateSampled','{"gate":"up","member":null,"verdict":"inconclusive","reason":"too early: 1, 1.03s after the return; a pass counts from 2s on (scrapes come every 0.5s)","errors":0,"total":0,"value":1.0,"limit":1.0,"baseline":null,"queries":{"query":"up","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:33.522000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(10,'web-20261126-091232-d0b1','2026-11-26T09:12:34.512385+00:00',1380376590,'GateSampled','{"gate":"pool-errors","member":null,"verdict":"inconclusive","reason":"too early: none of 201 requests failed in the first 2s; a pass counts from 5s on","errors":0,"total":201,"value":0.0,"limit":0.05,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(11,'web-20261126-091232-d0b1','2026-11-26T09:12:34.522122+00:00',1380386315,'GateSampled','{"gate":"pages","member":null,"verdict":"pass","reason":"no alert fires","errors":0,"total":0,"value":0.0,"limit":0.0,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(12,'web-20261126-091232-d0b1','2026-11-26T09:12:34.538183+00:00',1380402375,'GateSampled','{"gate":"up","member":null,"verdict":"pass","reason":"1","errors":0,"total":0,"value":1.0,"limit":1.0,"baseline":null,"queries":{"query":"up","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:34.531000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(13,'web-20261126-091232-d0b1','2026-11-26T09:12:35.528066+00:00',1381392254,'GateSampled','{"gate":"pool-errors","member":null,"verdict":"inconclusive","reason":"too early: none of 293 requests failed in the first 3s; a pass counts from 5s on","errors":0,"total":293,"value":0.0,"limit":0.05,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(14,'web-20261126-091232-d0b1','2026-11-26T09:12:35.533500+00:00',1381397723,'GateSampled','{"gate":"pages","member":null,"verdict":"pass","reason":"no alert fires","errors":0,"total":0,"value":0.0,"limit":0.0,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(15,'web-20261126-091232-d0b1','2026-11-26T09:12:35.547080+00:00',1381411270,'GateSampled','{"gate":"up","member":null,"verdict":"pass","reason":"1","errors":0,"total":0,"value":1.0,"limit":1.0,"baseline":null,"queries":{"query":"up","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:35.544000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(16,'web-20261126-091232-d0b1','2026-11-26T09:12:36.539418+00:00',1382403554,'GateSampled','{"gate":"pool-errors","member":null,"verdict":"inconclusive","reason":"too early: none of 393 requests failed in the first 4s; a pass counts from 5s on","errors":0,"total":393,"value":0.0,"limit":0.05,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(17,'web-20261126-091232-d0b1','2026-11-26T09:12:36.545038+00:00',1382409263,'GateSampled','{"gate":"pages","member":null,"verdict":"pass","reason":"no alert fires","errors":0,"total":0,"value":0.0,"limit":0.0,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(18,'web-20261126-091232-d0b1','2026-11-26T09:12:36.565136+00:00',1382429325,'GateSampled','{"gate":"up","member":null,"verdict":"pass","reason":"1","errors":0,"total":0,"value":1.0,"limit":1.0,"baseline":null,"queries":{"query":"up","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:36.561000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(19,'web-20261126-091232-d0b1','2026-11-26T09:12:37.548722+00:00',1383412912,'GateSampled','{"gate":"pool-errors","member":null,"verdict":"pass","reason":"none of 495 requests failed","errors":0,"total":495,"value":0.0,"limit":0.05,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(20,'web-20261126-091232-d0b1','2026-11-26T09:12:37.553535+00:00',1383416094,'Intended','{"step":{"member":"web2","course":"upgrade","serial":0}}');
INSERT INTO "records" VALUES(21,'web-20261126-091232-d0b1','2026-11-26T09:12:37.565504+00:00',1383429720,'GateSampled','{"gate":"pages","member":null,"verdict":"pass","reason":"no alert fires","errors":0,"total":0,"value":0.0,"limit":0.0,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(22,'web-20261126-091232-d0b1','2026-11-26T09:12:37.577948+00:00',1383442142,'GateSampled','{"gate":"up","member":null,"verdict":"pass","reason":"1","errors":0,"total":0,"value":1.0,"limit":1.0,"baseline":null,"queries":{"query":"up","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:37.574000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(23,'web-20261126-091232-d0b1','2026-11-26T09:12:37.651213+00:00',1383514885,'GuardAnswered','{"member":"web2","answer":"upgrade needed","detail":"`unless` ended with exit code 1"}');
INSERT INTO "records" VALUES(24,'web-20261126-091232-d0b1','2026-11-26T09:12:37.661606+00:00',1383521338,'Intended','{"step":{"member":"web2","setting":"drain","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/done/w/lb1/admin.sock","backend":"web"},"weight":50,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(25,'web-20261126-091232-d0b1','2026-11-26T09:12:37.667029+00:00',1383530512,'MemberSet','{"member":"web2","setting":"drain","workers":{"unix:/srv/poolroll/run/done/w/lb1/admin.sock":{"pid":27895,"started":1795684345}}}');
INSERT INTO "records" VALUES(26,'web-20261126-091232-d0b1','2026-11-26T09:12:37.784951+00:00',1383649110,'Intended','{"step":{"member":"web2","setting":"hold","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/done/w/lb1/admin.sock","backend":"web"},"weight":50,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(27,'web-20261126-091232-d0b1','2026-11-26T09:12:37.798873+00:00',1383663006,'MemberSet','{"member":"web2","setting":"hold","workers":{"unix:/srv/poolroll/run/done/w/lb1/admin.sock":{"pid":27895,"started":1795684345}}}');
INSERT INTO "records" VALUES(28,'web-20261126-091232-d0b1','2026-11-26T09:12:37.826303+00:00',1383690487,'Intended','{"step":{"member":"web2","course":"upgrade","index":0,"attempt":0}}');
INSERT INTO "records" VALUES(29,'web-20261126-091232-d0b1','2026-11-26T09:12:37.917560+00:00',1383781090,'StepEnded','{"member":"web2","index":0,"attempt":0,"passed":true,"lost":false,"detail":"step 1 (/bin/true) ended with exit code 0","output":"","seconds":0.029}');
INSERT INTO "records" VALUES(30,'web-20261126-091232-d0b1','2026-11-26T09:12:37.920784+00:00',1383784961,'Intended','{"step":{"member":"web2","course":"upgrade","index":1,"attempt":0}}');
INSERT INTO "records" VALUES(31,'web-20261126-091232-d0b1','2026-11-26T09:12:38.153244+00:00',1384017376,'StepEnded','{"member":"web2","index":1,"attempt":0,"passed":true,"lost":false,"detail":"step 2 (/srv/poolroll/.venv/bin/python) ended with exit code 0","output":"","seconds":0.199}');
INSERT INTO "records" VALUES(32,'web-20261126-091232-d0b1','2026-11-26T09:12:38.160255+00:00',1384024415,'Intended','{"step":{"member":"web2","course":"upgrade","serial":1}}');
INSERT INTO "records" VALUES(33,'web-20261126-091232-d0b1','2026-11-26T09:12:38.247571+00:00',1384111721,'GuardAnswered','{"member":"web2","answer":"already there","detail":"`unless` ended with exit code 0"}');
INSERT INTO "records" VALUES(34,'web-20261126-091232-d0b1','2026-11-26T09:12:38.252392+00:00',1384116557,'Intended','{"step":{"member":"web2","course":"upgrade"}}');
INSERT INTO "records" VALUES(35,'web-20261126-091232-d0b1','2026-11-26T09:12:38.266479+00:00',1384130284,'Validated','{"member":"web2","passed":true,"detail":"http http://127.0.0.1:40787/health: passed"}');
INSERT INTO "records" VALUES(36,'web-20261126-091232-d0b1','2026-11-26T09:12:38.271579+00:00',1384135743,'Intended','{"step":{"member":"web2","setting":"check","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/done/w/lb1/admin.sock","backend":"web"},"weight":50,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(37,'web-20261126-091232-d0b1','2026-11-26T09:12:38.277019+00:00',1384141196,'MemberSet','{"member":"web2","setting":"check","workers":{"unix:/srv/poolroll/run/done/w/lb1/admin.sock":{"pid":27895,"started":1795684345}}}');
INSERT INTO "records" VALUES(38,'web-20261126-091232-d0b1','2026-11-26T09:12:38.306588+00:00',1384170702,'Intended','{"step":{"member":"web2","setting":"put back","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/done/w/lb1/admin.sock","backend":"web"},"weight":50,"agent":false}]},"share":50}}');
INSERT INTO "records" VALUES(39,'web-20261126-091232-d0b1','2026-11-26T09:12:38.314625+00:00',1384178782,'MemberSet','{"member":"web2","setting":"put back","workers":{"unix:/srv/poolroll/run/done/w/lb1/admin.sock":{"pid":27895,"started":1795684345}}}');
INSERT INTO "records" VALUES(40,'web-20261126-091232-d0b1','2026-11-26T09:12:38.327972+00:00',1384191700,'MemberReturned','{"member":"web2"}');
INSERT INTO "records" VALUES(41,'web-20261126-091232-d0b1','2026-11-26T09:12:38.332071+00:00',1384196286,'GateSampled','{"gate":"errors","member":"web2","verdict":"inconclusive","reason":"no data: not one request yet","errors":0,"total":0,"value":null,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(42,'web-20261126-091232-d0b1','2026-11-26T09:12:38.552259+00:00',1384416455,'GateSampled','{"gate":"limit","member":"web2","verdict":"inconclusive","reason":"too early: 0 %, 0.173s after the return; a pass counts from 2s on (scrapes come every 0.5s)","errors":0,"total":0,"value":0.0,"limit":0.01,"baseline":null,"queries":{"query":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web2\",code=\"5xx\"}[1s])) / sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web2\"}[1s]))","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:38.524000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(43,'web-20261126-091232-d0b1','2026-11-26T09:12:38.554130+00:00',1384418333,'GateSampled','{"gate":"beside","member":"web2","verdict":"inconclusive","reason":"too early: 0 %, against 0 % of the baseline, 0.173s after the return; a pass counts from 2s on (scrapes come every 0.5s)","errors":0,"total":0,"value":0.0,"limit":0.005,"baseline":0.0,"queries":{"query":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web2\",code=\"5xx\"}[1s])) / sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web2\"}[1s]))","baseline":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server!=\"web2\",code=\"5xx\"}[1s])) / sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server!=\"web2\"}[1s]))","traffic":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web2\"}[1s]))","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:38.525000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(44,'web-20261126-091232-d0b1','2026-11-26T09:12:38.555975+00:00',1384420188,'GateSampled','{"gate":"counts","member":"web2","verdict":"inconclusive","reason":"too little traffic: 6 requests, and 20 are needed to judge","errors":0,"total":0,"value":null,"limit":null,"baseline":null,"queries":{"errors":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web2\",code=\"5xx\"}[1s]))","requests":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web2\"}[1s]))","baseline_errors":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server!=\"web2\",code=\"5xx\"}[1s]))","baseline_requests":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server!=\"web2\"}[1s]))","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:38.524000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(45,'web-20261126-091232-d0b1','2026-11-26T09:12:38.557835+00:00',1384422058,'GateSampled','{"gate":"pool-errors","member":null,"verdict":"pass","reason":"none of 583 requests failed","errors":0,"total":583,"value":0.0,"limit":0.05,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(46,'web-20261126-091232-d0b1','2026-11-26T09:12:38.574823+00:00',1384439016,'GateSampled','{"gate":"pages","member":null,"verdict":"pass","reason":"no alert fires","errors":0,"total":0,"value":0.0,"limit":0.0,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(47,'web-20261126-091232-d0b1','2026-11-26T09:12:38.592247+00:00',1384456441,'GateSampled','{"gate":"up","member":null,"verdict":"pass","reason":"1","errors":0,"total":0,"value":1.0,"limit":1.0,"baseline":null,"queries":{"query":"up","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:38.585000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(48,'web-20261126-091232-d0b1','2026-11-26T09:12:39.363456+00:00',1385227626,'GateSampled','{"gate":"errors","member":"web2","verdict":"pass","reason":"none of 28 requests failed","errors":0,"total":28,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(49,'web-20261126-091232-d0b1','2026-11-26T09:12:39.567279+00:00',1385431481,'GateSampled','{"gate":"pool-errors","member":null,"verdict":"pass","reason":"none of 691 requests failed","errors":0,"total":691,"value":0.0,"limit":0.05,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(50,'web-20261126-091232-d0b1','2026-11-26T09:12:39.597631+00:00',1385461823,'GateSampled','{"gate":"pages","member":null,"verdict":"pass","reason":"no alert fires","errors":0,"total":0,"value":0.0,"limit":0.0,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(51,'web-20261126-091232-d0b1','2026-11-26T09:12:39.600284+00:00',1385464507,'GateSampled','{"gate":"limit","member":"web2","verdict":"inconclusive","reason":"too early: 0 %, 1.23s after the return; a pass counts from 2s on (scrapes come every 0.5s)","errors":0,"total":0,"value":0.0,"limit":0.01,"baseline":null,"queries":{"query":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web2\",code=\"5xx\"}[1s])) / sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web2\"}[1s]))","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:39.576000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(52,'web-20261126-091232-d0b1','2026-11-26T09:12:39.602055+00:00',1385466284,'GateSampled','{"gate":"beside","member":"web2","verdict":"inconclusive","reason":"too early: 0 %, against 0 % of the baseline, 1.23s after the return; a pass counts from 2s on (scrapes come every 0.5s)","errors":0,"total":0,"value":0.0,"limit":0.005,"baseline":0.0,"queries":{"query":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web2\",code=\"5xx\"}[1s])) / sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web2\"}[1s]))","baseline":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server!=\"web2\",code=\"5xx\"}[1s])) / sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server!=\"web2\"}[1s]))","traffic":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web2\"}[1s]))","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:39.576000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(53,'web-20261126-091232-d0b1','2026-11-26T09:12:39.603864+00:00',1385468095,'GateSampled','{"gate":"counts","member":"web2","verdict":"inconclusive","reason":"too early: 0 of 32 requests failed (0 %), against 0 of 68 (0 %) of the baseline, 1.23s after the return; a pass counts from 2s on (scrapes come every 0.5s)","errors":0,"total":32,"value":0.0,"limit":null,"baseline":0.0,"queries":{"errors":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web2\",code=\"5xx\"}[1s]))","requests":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web2\"}[1s]))","baseline_errors":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server!=\"web2\",code=\"5xx\"}[1s]))","baseline_requests":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server!=\"web2\"}[1s]))","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:39.576000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(54,'web-20261126-091232-d0b1','2026-11-26T09:12:39.613133+00:00',1385477359,'GateSampled','{"gate":"up","member":null,"verdict":"pass","reason":"1","errors":0,"total":0,"value":1.0,"limit":1.0,"baseline":null,"queries":{"query":"up","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:39.609000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(55,'web-20261126-091232-d0b1','2026-11-26T09:12:40.364553+00:00',1386228722,'GateSampled','{"gate":"errors","member":"web2","verdict":"pass","reason":"none of 61 requests failed","errors":0,"total":61,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(56,'web-20261126-091232-d0b1','2026-11-26T09:12:40.602759+00:00',1386466948,'GateSampled','{"gate":"pages","member":null,"verdict":"pass","reason":"no alert fires","errors":0,"total":0,"value":0.0,"limit":0.0,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(57,'web-20261126-091232-d0b1','2026-11-26T09:12:40.604013+00:00',1386468193,'GateSampled','{"gate":"pool-errors","member":null,"verdict":"pass","reason":"none of 792 requests failed","errors":0,"total":792,"value":0.0,"limit":0.05,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(58,'web-20261126-091232-d0b1','2026-11-26T09:12:40.644217+00:00',1386508397,'GateSampled','{"gate":"limit","member":"web2","verdict":"pass","reason":"0 %","errors":0,"total":0,"value":0.0,"limit":0.01,"baseline":null,"queries":{"query":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web2\",code=\"5xx\"}[2s])) / sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web2\"}[2s]))","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:40.618000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(59,'web-20261126-091232-d0b1','2026-11-26T09:12:40.646786+00:00',1386510999,'GateSampled','{"gate":"beside","member":"web2","verdict":"pass","reason":"0 %, against 0 % of the baseline","errors":0,"total":0,"value":0.0,"limit":0.005,"baseline":0.0,"queries":{"query":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web2\",code=\"5xx\"}[2s])) / sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web2\"}[2s]))","baseline":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server!=\"web2\",code=\"5xx\"}[2s])) / sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server!=\"web2\"}[2s]))","traffic":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web2\"}[2s]))","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:40.618000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(60,'web-20261126-091232-d0b1','2026-11-26T09:12:40.649993+00:00',1386514205,'GateSampled','{"gate":"counts","member":"web2","verdict":"pass","reason":"0 of 67 requests failed (0 %), against 0 of 135 (0 %) of the baseline","errors":0,"total":67,"value":0.0,"limit":null,"baseline":0.0,"queries":{"errors":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web2\",code=\"5xx\"}[2s]))","requests":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web2\"}[2s]))","baseline_errors":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server!=\"web2\",code=\"5xx\"}[2s]))","baseline_requests":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server!=\"web2\"}[2s]))","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:40.618000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(61,'web-20261126-091232-d0b1','2026-11-26T09:12:40.651622+00:00',1386515753,'Intended','{"step":{"member":"web2","setting":"put back","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/done/w/lb1/admin.sock","backend":"web"},"weight":50,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(62,'web-20261126-091232-d0b1','2026-11-26T09:12:40.654082+00:00',1386518306,'GateSampled','{"gate":"up","member":null,"verdict":"pass","reason":"1","errors":0,"total":0,"value":1.0,"limit":1.0,"baseline":null,"queries":{"query":"up","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:40.634000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(63,'web-20261126-091232-d0b1','2026-11-26T09:12:40.662826+00:00',1386526990,'MemberSet','{"member":"web2","setting":"put back","workers":{"unix:/srv/poolroll/run/done/w/lb1/admin.sock":{"pid":27895,"started":1795684345}}}');
INSERT INTO "records" VALUES(64,'web-20261126-091232-d0b1','2026-11-26T09:12:40.913077+00:00',1386776833,'RampEnded','{"member":"web2"}');
INSERT INTO "records" VALUES(65,'web-20261126-091232-d0b1','2026-11-26T09:12:41.123563+00:00',1386987254,'SoakEnded','{"member":"web2","note":"90 requests"}');
INSERT INTO "records" VALUES(66,'web-20261126-091232-d0b1','2026-11-26T09:12:41.128229+00:00',1386992383,'Intended','{"step":{"member":"web1","course":"upgrade","serial":0}}');
INSERT INTO "records" VALUES(67,'web-20261126-091232-d0b1','2026-11-26T09:12:41.207209+00:00',1387071323,'GuardAnswered','{"member":"web1","answer":"upgrade needed","detail":"`unless` ended with exit code 1"}');
INSERT INTO "records" VALUES(68,'web-20261126-091232-d0b1','2026-11-26T09:12:41.214833+00:00',1387077777,'Intended','{"step":{"member":"web1","setting":"drain","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/done/w/lb1/admin.sock","backend":"web"},"weight":50,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(69,'web-20261126-091232-d0b1','2026-11-26T09:12:41.224292+00:00',1387088414,'MemberSet','{"member":"web1","setting":"drain","workers":{"unix:/srv/poolroll/run/done/w/lb1/admin.sock":{"pid":27895,"started":1795684345}}}');
INSERT INTO "records" VALUES(70,'web-20261126-091232-d0b1','2026-11-26T09:12:41.337888+00:00',1387202046,'Intended','{"step":{"member":"web1","setting":"hold","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/done/w/lb1/admin.sock","backend":"web"},"weight":50,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(71,'web-20261126-091232-d0b1','2026-11-26T09:12:41.343389+00:00',1387207512,'MemberSet','{"member":"web1","setting":"hold","workers":{"unix:/srv/poolroll/run/done/w/lb1/admin.sock":{"pid":27895,"started":1795684345}}}');
INSERT INTO "records" VALUES(72,'web-20261126-091232-d0b1','2026-11-26T09:12:41.381471+00:00',1387245630,'Intended','{"step":{"member":"web1","course":"upgrade","index":0,"attempt":0}}');
INSERT INTO "records" VALUES(73,'web-20261126-091232-d0b1','2026-11-26T09:12:41.437048+00:00',1387301183,'StepEnded','{"member":"web1","index":0,"attempt":0,"passed":true,"lost":false,"detail":"step 1 (/bin/true) ended with exit code 0","output":"","seconds":0.009}');
INSERT INTO "records" VALUES(74,'web-20261126-091232-d0b1','2026-11-26T09:12:41.440271+00:00',1387304433,'Intended','{"step":{"member":"web1","course":"upgrade","index":1,"attempt":0}}');
INSERT INTO "records" VALUES(75,'web-20261126-091232-d0b1','2026-11-26T09:12:41.612801+00:00',1387476986,'GateSampled','{"gate":"pages","member":null,"verdict":"pass","reason":"no alert fires","errors":0,"total":0,"value":0.0,"limit":0.0,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(76,'web-20261126-091232-d0b1','2026-11-26T09:12:41.624208+00:00',1387488396,'GateSampled','{"gate":"pool-errors","member":null,"verdict":"pass","reason":"none of 888 requests failed","errors":0,"total":888,"value":0.0,"limit":0.05,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(77,'web-20261126-091232-d0b1','2026-11-26T09:12:41.665771+00:00',1387529879,'StepEnded','{"member":"web1","index":1,"attempt":0,"passed":true,"lost":false,"detail":"step 2 (/srv/poolroll/.venv/bin/python) ended with exit code 0","output":"","seconds":0.192}');
INSERT INTO "records" VALUES(78,'web-20261126-091232-d0b1','2026-11-26T09:12:41.668120+00:00',1387532307,'Intended','{"step":{"member":"web1","course":"upgrade","serial":1}}');
INSERT INTO "records" VALUES(79,'web-20261126-091232-d0b1','2026-11-26T09:12:41.683049+00:00',1387547239,'GateSampled','{"gate":"up","member":null,"verdict":"pass","reason":"1","errors":0,"total":0,"value":1.0,"limit":1.0,"baseline":null,"queries":{"query":"up","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:41.658000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(80,'web-20261126-091232-d0b1','2026-11-26T09:12:41.757837+00:00',1387621993,'GuardAnswered','{"member":"web1","answer":"already there","detail":"`unless` ended with exit code 0"}');
INSERT INTO "records" VALUES(81,'web-20261126-091232-d0b1','2026-11-26T09:12:41.759159+00:00',1387623349,'Intended','{"step":{"member":"web1","course":"upgrade"}}');
INSERT INTO "records" VALUES(82,'web-20261126-091232-d0b1','2026-11-26T09:12:41.767845+00:00',1387631963,'Validated','{"member":"web1","passed":true,"detail":"http http://127.0.0.1:59389/health: passed"}');
INSERT INTO "records" VALUES(83,'web-20261126-091232-d0b1','2026-11-26T09:12:41.772172+00:00',1387636318,'Intended','{"step":{"member":"web1","setting":"check","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/done/w/lb1/admin.sock","backend":"web"},"weight":50,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(84,'web-20261126-091232-d0b1','2026-11-26T09:12:41.778752+00:00',1387642895,'MemberSet','{"member":"web1","setting":"check","workers":{"unix:/srv/poolroll/run/done/w/lb1/admin.sock":{"pid":27895,"started":1795684345}}}');
INSERT INTO "records" VALUES(85,'web-20261126-091232-d0b1','2026-11-26T09:12:41.804567+00:00',1387668684,'Intended','{"step":{"member":"web1","setting":"put back","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/done/w/lb1/admin.sock","backend":"web"},"weight":50,"agent":false}]},"share":50}}');
INSERT INTO "records" VALUES(86,'web-20261126-091232-d0b1','2026-11-26T09:12:41.816208+00:00',1387680356,'MemberSet','{"member":"web1","setting":"put back","workers":{"unix:/srv/poolroll/run/done/w/lb1/admin.sock":{"pid":27895,"started":1795684345}}}');
INSERT INTO "records" VALUES(87,'web-20261126-091232-d0b1','2026-11-26T09:12:41.824167+00:00',1387688344,'MemberReturned','{"member":"web1"}');
INSERT INTO "records" VALUES(88,'web-20261126-091232-d0b1','2026-11-26T09:12:41.828094+00:00',1387692309,'GateSampled','{"gate":"errors","member":"web1","verdict":"inconclusive","reason":"no data: not one request yet","errors":0,"total":0,"value":null,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(89,'web-20261126-091232-d0b1','2026-11-26T09:12:42.630970+00:00',1388495164,'GateSampled','{"gate":"pages","member":null,"verdict":"pass","reason":"no alert fires","errors":0,"total":0,"value":0.0,"limit":0.0,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(90,'web-20261126-091232-d0b1','2026-11-26T09:12:42.635998+00:00',1388500214,'GateSampled','{"gate":"pool-errors","member":null,"verdict":"pass","reason":"none of 997 requests failed","errors":0,"total":997,"value":0.0,"limit":0.05,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(91,'web-20261126-091232-d0b1','2026-11-26T09:12:42.652550+00:00',1388516761,'GateSampled','{"gate":"limit","member":"web1","verdict":"inconclusive","reason":"too early: 0 %, 0.823s after the return; a pass counts from 2s on (scrapes come every 0.5s)","errors":0,"total":0,"value":0.0,"limit":0.01,"baseline":null,"queries":{"query":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web1\",code=\"5xx\"}[1s])) / sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web1\"}[1s]))","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:42.649000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(92,'web-20261126-091232-d0b1','2026-11-26T09:12:42.686030+00:00',1388550221,'GateSampled','{"gate":"beside","member":"web1","verdict":"inconclusive","reason":"too early: 0 %, against 0 % of the baseline, 0.832s after the return; a pass counts from 2s on (scrapes come every 0.5s)","errors":0,"total":0,"value":0.0,"limit":0.005,"baseline":0.0,"queries":{"query":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web1\",code=\"5xx\"}[1s])) / sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web1\"}[1s]))","baseline":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server!=\"web1\",code=\"5xx\"}[1s])) / sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server!=\"web1\"}[1s]))","traffic":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web1\"}[1s]))","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:42.661000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(93,'web-20261126-091232-d0b1','2026-11-26T09:12:42.692077+00:00',1388556278,'GateSampled','{"gate":"counts","member":"web1","verdict":"inconclusive","reason":"too early: 0 of 32 requests failed (0 %), against 0 of 68 (0 %) of the baseline, 0.832s after the return; a pass counts from 2s on (scrapes come every 0.5s)","errors":0,"total":32,"value":0.0,"limit":null,"baseline":0.0,"queries":{"errors":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web1\",code=\"5xx\"}[1s]))","requests":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web1\"}[1s]))","baseline_errors":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server!=\"web1\",code=\"5xx\"}[1s]))","baseline_requests":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server!=\"web1\"}[1s]))","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:42.664000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(94,'web-20261126-091232-d0b1','2026-11-26T09:12:42.701191+00:00',1388565402,'GateSampled','{"gate":"up","member":null,"verdict":"pass","reason":"1","errors":0,"total":0,"value":1.0,"limit":1.0,"baseline":null,"queries":{"query":"up","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:42.698000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(95,'web-20261126-091232-d0b1','2026-11-26T09:12:42.871819+00:00',1388735955,'GateSampled','{"gate":"errors","member":"web1","verdict":"pass","reason":"none of 30 requests failed","errors":0,"total":30,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(96,'web-20261126-091232-d0b1','2026-11-26T09:12:43.642396+00:00',1389506571,'GateSampled','{"gate":"pages","member":null,"verdict":"pass","reason":"no alert fires","errors":0,"total":0,"value":0.0,"limit":0.0,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(97,'web-20261126-091232-d0b1','2026-11-26T09:12:43.648108+00:00',1389512300,'GateSampled','{"gate":"pool-errors","member":null,"verdict":"pass","reason":"none of 1097 requests failed","errors":0,"total":1097,"value":0.0,"limit":0.05,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(98,'web-20261126-091232-d0b1','2026-11-26T09:12:43.662106+00:00',1389526295,'GateSampled','{"gate":"limit","member":"web1","verdict":"inconclusive","reason":"too early: 0 %, 1.83s after the return; a pass counts from 2s on (scrapes come every 0.5s)","errors":0,"total":0,"value":0.0,"limit":0.01,"baseline":null,"queries":{"query":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web1\",code=\"5xx\"}[1s])) / sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web1\"}[1s]))","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:43.658000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(99,'web-20261126-091232-d0b1','2026-11-26T09:12:43.736196+00:00',1389600382,'GateSampled','{"gate":"beside","member":"web1","verdict":"inconclusive","reason":"too early: 0 %, against 0 % of the baseline, 1.87s after the return; a pass counts from 2s on (scrapes come every 0.5s)","errors":0,"total":0,"value":0.0,"limit":0.005,"baseline":0.0,"queries":{"query":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web1\",code=\"5xx\"}[1s])) / sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web1\"}[1s]))","baseline":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server!=\"web1\",code=\"5xx\"}[1s])) / sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server!=\"web1\"}[1s]))","traffic":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web1\"}[1s]))","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:43.709000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(100,'web-20261126-091232-d0b1','2026-11-26T09:12:43.739931+00:00',1389604129,'GateSampled','{"gate":"counts","member":"web1","verdict":"inconclusive","reason":"too early: 0 of 34 requests failed (0 %), against 0 of 66 (0 %) of the baseline, 1.87s after the return; a pass counts from 2s on (scrapes come every 0.5s)","errors":0,"total":34,"value":0.0,"limit":null,"baseline":0.0,"queries":{"errors":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web1\",code=\"5xx\"}[1s]))","requests":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web1\"}[1s]))","baseline_errors":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server!=\"web1\",code=\"5xx\"}[1s]))","baseline_requests":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server!=\"web1\"}[1s]))","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:43.710000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(101,'web-20261126-091232-d0b1','2026-11-26T09:12:43.743934+00:00',1389608129,'GateSampled','{"gate":"up","member":null,"verdict":"pass","reason":"1","errors":0,"total":0,"value":1.0,"limit":1.0,"baseline":null,"queries":{"query":"up","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:43.719000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(102,'web-20261126-091232-d0b1','2026-11-26T09:12:43.900102+00:00',1389764270,'GateSampled','{"gate":"errors","member":"web1","verdict":"pass","reason":"none of 64 requests failed","errors":0,"total":64,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(103,'web-20261126-091232-d0b1','2026-11-26T09:12:44.655416+00:00',1390519600,'GateSampled','{"gate":"pages","member":null,"verdict":"pass","reason":"no alert fires","errors":0,"total":0,"value":0.0,"limit":0.0,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(104,'web-20261126-091232-d0b1','2026-11-26T09:12:44.660070+00:00',1390524274,'GateSampled','{"gate":"pool-errors","member":null,"verdict":"pass","reason":"none of 1197 requests failed","errors":0,"total":1197,"value":0.0,"limit":0.05,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(105,'web-20261126-091232-d0b1','2026-11-26T09:12:44.674624+00:00',1390538812,'GateSampled','{"gate":"limit","member":"web1","verdict":"pass","reason":"0 %","errors":0,"total":0,"value":0.0,"limit":0.01,"baseline":null,"queries":{"query":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web1\",code=\"5xx\"}[2s])) / sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web1\"}[2s]))","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:44.670000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(106,'web-20261126-091232-d0b1','2026-11-26T09:12:44.791830+00:00',1390655967,'GateSampled','{"gate":"up","member":null,"verdict":"pass","reason":"1","errors":0,"total":0,"value":1.0,"limit":1.0,"baseline":null,"queries":{"query":"up","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:44.768000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(107,'web-20261126-091232-d0b1','2026-11-26T09:12:44.796473+00:00',1390660683,'GateSampled','{"gate":"counts","member":"web1","verdict":"pass","reason":"0 of 67 requests failed (0 %), against 0 of 132 (0 %) of the baseline","errors":0,"total":67,"value":0.0,"limit":null,"baseline":0.0,"queries":{"errors":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web1\",code=\"5xx\"}[2s]))","requests":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web1\"}[2s]))","baseline_errors":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server!=\"web1\",code=\"5xx\"}[2s]))","baseline_requests":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server!=\"web1\"}[2s]))","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:44.763000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(108,'web-20261126-091232-d0b1','2026-11-26T09:12:44.800943+00:00',1390665161,'GateSampled','{"gate":"beside","member":"web1","verdict":"pass","reason":"0 %, against 0 % of the baseline","errors":0,"total":0,"value":0.0,"limit":0.005,"baseline":0.0,"queries":{"query":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web1\",code=\"5xx\"}[2s])) / sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web1\"}[2s]))","baseline":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server!=\"web1\",code=\"5xx\"}[2s])) / sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server!=\"web1\"}[2s]))","traffic":"sum(increase(haproxy_server_http_responses_total{proxy=\"web\",server=\"web1\"}[2s]))","evidence":"up{job=\"haproxy\"}"},"evidence_at":"2026-11-26T09:12:44.761000+00:00","alerts":[]}');
INSERT INTO "records" VALUES(109,'web-20261126-091232-d0b1','2026-11-26T09:12:44.802051+00:00',1390666203,'Intended','{"step":{"member":"web1","setting":"put back","found":{"lines":[{"key":{"instance":"unix:/srv/poolroll/run/done/w/lb1/admin.sock","backend":"web"},"weight":50,"agent":false}]},"share":100}}');
INSERT INTO "records" VALUES(110,'web-20261126-091232-d0b1','2026-11-26T09:12:44.809564+00:00',1390673736,'MemberSet','{"member":"web1","setting":"put back","workers":{"unix:/srv/poolroll/run/done/w/lb1/admin.sock":{"pid":27895,"started":1795684345}}}');
INSERT INTO "records" VALUES(111,'web-20261126-091232-d0b1','2026-11-26T09:12:44.912355+00:00',1390776530,'GateSampled','{"gate":"errors","member":"web1","verdict":"pass","reason":"none of 97 requests failed","errors":0,"total":97,"value":0.0,"limit":0.01,"baseline":null,"queries":{},"evidence_at":null,"alerts":[]}');
INSERT INTO "records" VALUES(112,'web-20261126-091232-d0b1','2026-11-26T09:12:44.968933+00:00',1390833100,'RampEnded','{"member":"web1"}');
INSERT INTO "records" VALUES(113,'web-20261126-091232-d0b1','2026-11-26T09:12:45.175205+00:00',1391039328,'SoakEnded','{"member":"web1","note":"108 requests"}');
INSERT INTO "records" VALUES(114,'web-20261126-091232-d0b1','2026-11-26T09:12:45.176784+00:00',1391040456,'Finished','{"outcome":"done","exit_code":0,"why":"","told":[]}');
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
INSERT INTO "rollouts" VALUES(1,'web-20261126-091232-d0b1','web','apiVersion: poolroll/v1
name: web
vars:
  version: v2
pool:
  haproxy:
    apis:
    - unix:/srv/poolroll/run/done/w/lb1/admin.sock
    backends:
    - web
  members:
    expect: 2
    vars:
      web1:
        rack: a
  canaries:
  - web2
drain:
  timeout: 20s
  sticky: 100ms
upgrade:
  timeout: 20s
  unless:
    command:
    - /srv/poolroll/.venv/bin/python
    - -I
    - -S
    - /srv/poolroll/adapters/demo/upgrade.py
    - --folder
    - /srv/poolroll/run/done/w
    - --member
    - ${member.name}
    - --is
    - v2
    go_on:
    - 1
  steps:
  - command:
    - /bin/true
  - command:
    - /srv/poolroll/.venv/bin/python
    - -I
    - -S
    - /srv/poolroll/adapters/demo/upgrade.py
    - --folder
    - /srv/poolroll/run/done/w
    - --member
    - ${member.name}
    - --to
    - v2
    - --takes-ms
    - ''0''
    - --wait
rollback:
  command:
  - /srv/poolroll/.venv/bin/python
  - -I
  - -S
  - /srv/poolroll/adapters/demo/upgrade.py
  - --folder
  - /srv/poolroll/run/done/w
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
  - 50%
  hold: 300ms
soak: 200ms
gates:
- name: errors
  haproxy:
    measure: error_ratio
  max: 1%
  every: 1s
- name: pool-errors
  haproxy:
    measure: error_ratio
    scope: pool
  max: 5%
  test: threshold
  every: 1s
- name: limit
  prometheus:
    url: http://127.0.0.1:59121
    evidence: up{job="haproxy"}
    timeout: 1500ms
    query: sum(increase(haproxy_server_http_responses_total{proxy="web",server="${member.name}",code="5xx"}[${window}])) / sum(increase(haproxy_server_http_responses_total{proxy="web",server="${member.name}"}[${window}]))
    auth:
      bearer: "***"
  every: 1s
  max: 1%
- name: beside
  prometheus:
    url: http://127.0.0.1:59121
    evidence: up{job="haproxy"}
    timeout: 1500ms
    query: sum(increase(haproxy_server_http_responses_total{proxy="web",server="${member.name}",code="5xx"}[${window}])) / sum(increase(haproxy_server_http_responses_total{proxy="web",server="${member.name}"}[${window}]))
    baseline: sum(increase(haproxy_server_http_responses_total{proxy="web",server!="${member.name}",code="5xx"}[${window}])) / sum(increase(haproxy_server_http_responses_total{proxy="web",server!="${member.name}"}[${window}]))
    traffic: sum(increase(haproxy_server_http_responses_total{proxy="web",server="${member.name}"}[${window}]))
  every: 1s
  max_increase: 0.5%
  min_requests: 5
- name: counts
  prometheus:
    url: http://127.0.0.1:59121
    evidence: up{job="haproxy"}
    timeout: 1500ms
    errors: sum(increase(haproxy_server_http_responses_total{proxy="web",server="${member.name}",code="5xx"}[${window}]))
    requests: sum(increase(haproxy_server_http_responses_total{proxy="web",server="${member.name}"}[${window}]))
    baseline:
      errors: sum(increase(haproxy_server_http_responses_total{proxy="web",server!="${member.name}",code="5xx"}[${window}]))
      requests: sum(increase(haproxy_server_http_responses_total{proxy="web",server!="${member.name}"}[${window}]))
    headers:
      X-Tenant:
        file: /srv/poolroll/run/done/s0/token
  every: 1s
- name: up
  prometheus:
    url: http://127.0.0.1:59121
    evidence: up{job="haproxy"}
    timeout: 1500ms
    query: up
    reduce: min
    auth:
      basic:
        username: poolroll
        password: "***"
  every: 1s
  min: 1
- name: pages
  alerts:
    url: http://127.0.0.1:59121
    timeout: 1500ms
    matchers:
    - severity="page"
    auth:
      bearer:
        env: PAGER_TOKEN
  every: 1s
owner: web-team, ext. 4711
runbook: https://wiki.example.net/web
','/srv/poolroll/run/done/w/rollout.yml','{}','2026-11-26T09:12:32.359017+00:00','alice@host','2026-11-26T09:12:45.182459+00:00','done',0);
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
INSERT INTO "sqlite_sequence" VALUES('records',114);
INSERT INTO "sqlite_sequence" VALUES('taken',2);
COMMIT;
-- job web-20261126-091232-d0b1/web1/upgrade-0-0
-- job web-20261126-091232-d0b1/web1/upgrade-1-0
-- job web-20261126-091232-d0b1/web2/upgrade-0-0
-- job web-20261126-091232-d0b1/web2/upgrade-1-0
