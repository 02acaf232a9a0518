-- The audit trail: a chain of records, and its end.
create table if not exists audit_log (seq bigint primary key, recorded_at varchar(32) not null, kind varchar(16) not null, hash char(64) not null, body text not null);
create table if not exists audit_log_head (id int primary key, seq bigint not null, hash varchar(64) not null, log varchar(36) not null, day int not null, since int not null);
insert into audit_log_head (id, seq, hash, log, day, since) values (1, -1, '', '', 0, 0) on conflict do nothing;
