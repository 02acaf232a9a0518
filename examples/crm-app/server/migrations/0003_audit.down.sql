drop table audit_log_head;
drop table audit_log;
