"""Replies of a HAProxy 2.6, cut down to the columns in use; a ready server a1 in backend web."""

INFO = """Name: HAProxy
Version: 2.6.12
Pid: 77
Uptime_sec: 5
Stopping: 0
Start_time_sec: 1700000000"""

STATE = (
    "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight"
    " srv_check_state srv_agent_state srv_port\n"
    "3 web 1 a1 127.0.0.1 2 0 50 6 0 80"
)

STAT = (
    "# pxname,svname,qcur,scur,stot,econ,eresp,wretr,wredis,bck,iid,sid,throttle,tracked,type,"
    "hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,req_tot,srv_abrt,cookie,mode,algo,\n"
    "web,a1,0,1,9,0,0,0,0,0,3,1,,,2,7,0,0,2,0,9,0,a1,http,,\n"
    "web,BACKEND,0,1,9,0,0,0,0,0,3,0,,,1,7,0,0,2,0,9,0,SRV,http,roundrobin,"
)
