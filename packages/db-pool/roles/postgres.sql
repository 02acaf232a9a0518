-- The roles of one application and its database: UTF8, owned by the role that migrates, used by one that may not.
-- Run it as a superuser. Run it again to add what is missing and to set the passwords anew. Passwords come from the
-- environment, because other users of the machine can read arguments:
--
--   APP_PASSWORD=… MIGRATE_PASSWORD=… REPORT_PASSWORD=… BACKUP_PASSWORD=… \
--     psql -X -v name=shop -v app_connections=80 -f roles/postgres.sql postgres
--
--   shop_migrate  owns the database and its tables: migrations
--   shop_app      reads and writes rows, and nothing else: the service
--   shop_report   reads rows and statistics: replicas, reports, slow statements
--   shop_backup   reads rows: pg_dump
--
-- app_connections is for all instances together: instances x pool.max. The same number as one pool's max would refuse
-- the second instance. What is left of max_connections is for migrations, backups and people.
\set ON_ERROR_STOP on
\if :{?name}
\else
  \set name app
\endif
\if :{?app_connections}
\else
  \set app_connections 80
\endif
\if :{?locale}
\else
  \set locale C.UTF-8
\endif
\set migrate :name _migrate
\set app :name _app
\set report :name _report
\set backup :name _backup

-- No password of what follows in the server's log or statistics, whatever is logged otherwise.
select set_config(setting, value, false) as "not logged"
from (values
  ('log_statement', 'none'), ('log_min_duration_statement', '-1'), ('log_min_error_statement', 'panic'),
  ('pg_stat_statements.track_utility', 'off')
) as quiet (setting, value) \g /dev/null

select format('create role %I', role) from unnest(array[:'migrate', :'app', :'report', :'backup']) as role
where not exists (select from pg_roles where rolname = role) \gexec

alter role :"migrate" login nosuperuser nocreatedb nocreaterole noreplication nobypassrls connection limit 5;
alter role :"app" login nosuperuser nocreatedb nocreaterole noreplication nobypassrls connection limit :app_connections;
alter role :"report" login nosuperuser nocreatedb nocreaterole noreplication nobypassrls connection limit 5;
alter role :"backup" login nosuperuser nocreatedb nocreaterole noreplication nobypassrls connection limit 2;

\set migrate_password `printf %s "$MIGRATE_PASSWORD"`
\set app_password `printf %s "$APP_PASSWORD"`
\set report_password `printf %s "$REPORT_PASSWORD"`
\set backup_password `printf %s "$BACKUP_PASSWORD"`
alter role :"migrate" password :'migrate_password';
alter role :"app" password :'app_password';
alter role :"report" password :'report_password';
alter role :"backup" password :'backup_password';

alter role :"report" set default_transaction_read_only = on;
alter role :"backup" set default_transaction_read_only = on;
grant pg_read_all_data, pg_read_all_stats to :"report";
grant pg_read_all_data to :"backup";

select format('create database %I owner %I template template0 encoding ''UTF8'' locale %L', :'name', :'migrate', :'locale')
where not exists (select from pg_database where datname = :'name') \gexec
revoke all on database :"name" from public;
grant connect on database :"name" to :"app", :"report", :"backup";

\connect :"name"
select set_config('log_statement', 'none', false) \g /dev/null

select 'create extension if not exists pg_stat_statements'
where exists (select from pg_available_extensions where name = 'pg_stat_statements') \gexec

alter schema public owner to :"migrate";
revoke create on schema public from public;
grant usage on schema public to :"app", :"report", :"backup";
-- Rows of what is there and of whatever the migrations will make.
grant select, insert, update, delete on all tables in schema public to :"app";
grant usage, select on all sequences in schema public to :"app";
alter default privileges for role :"migrate" in schema public grant select, insert, update, delete on tables to :"app";
alter default privileges for role :"migrate" in schema public grant usage, select on sequences to :"app";
