-- The users of one application and its database, for MySQL 8 and MariaDB 10.6 or later: utf8mb4, changed by the user that
-- migrates, used by one that may not. Run it as an administrator. Run it again to add what is missing and to set the
-- passwords anew. Names and passwords come from standard input, because other users of the machine can read arguments. A password may
-- not hold a quote or a backslash here:
--
--   { printf "set @name = 'shop', @host = '10.0.%%', @app_connections = 80;\n"
--     printf "set @app_password = '%s', @migrate_password = '%s', @report_password = '%s', @backup_password = '%s';\n" \
--       "$APP_PASSWORD" "$MIGRATE_PASSWORD" "$REPORT_PASSWORD" "$BACKUP_PASSWORD"
--     cat roles/mysql.sql
--   } | mysql
--
--   shop_migrate  makes and changes tables: migrations
--   shop_app      reads and writes rows, and nothing else: the service
--   shop_report   reads rows and statistics: replicas, reports, slow statements
--   shop_backup   reads rows and definitions: mysqldump, mariadb-dump
--
-- @app_connections is for all instances together: instances x (pool.max + 1), because a statement is cancelled over a connection
-- of its own, of which each instance has one at a time.
set @name = coalesce(@name, 'app'), @host = coalesce(@host, '%'), @app_connections = coalesce(@app_connections, 80);
set @database = concat('`', replace(@name, '`', '``'), '`');
-- An underscore or percent sign in the database of a GRANT is a wildcard.
set @rows = concat('`', replace(replace(replace(@name, '`', '``'), '_', '\\_'), '%', '\\%'), '`.*');
set @migrate = concat(quote(concat(@name, '_migrate')), '@', quote(@host));
set @app = concat(quote(concat(@name, '_app')), '@', quote(@host));
set @report = concat(quote(concat(@name, '_report')), '@', quote(@host));
set @backup = concat(quote(concat(@name, '_backup')), '@', quote(@host));

set @do = concat('create database if not exists ', @database, ' character set utf8mb4');
prepare statement from @do; execute statement;

-- Users without a password that was passed stop here: quote(null) is no password.
set @do = concat('create user if not exists ', @migrate, ' identified by ', quote(nullif(@migrate_password, '')));
prepare statement from @do; execute statement;
set @do = concat('create user if not exists ', @app, ' identified by ', quote(nullif(@app_password, '')));
prepare statement from @do; execute statement;
set @do = concat('create user if not exists ', @report, ' identified by ', quote(nullif(@report_password, '')));
prepare statement from @do; execute statement;
set @do = concat('create user if not exists ', @backup, ' identified by ', quote(nullif(@backup_password, '')));
prepare statement from @do; execute statement;

set @do = concat('alter user ', @migrate, ' identified by ', quote(@migrate_password), ' with max_user_connections 5');
prepare statement from @do; execute statement;
set @do = concat('alter user ', @app, ' identified by ', quote(@app_password), ' with max_user_connections ', cast(@app_connections as unsigned));
prepare statement from @do; execute statement;
set @do = concat('alter user ', @report, ' identified by ', quote(@report_password), ' with max_user_connections 5');
prepare statement from @do; execute statement;
set @do = concat('alter user ', @backup, ' identified by ', quote(@backup_password), ' with max_user_connections 2');
prepare statement from @do; execute statement;

set @do = concat('grant all privileges on ', @rows, ' to ', @migrate);
prepare statement from @do; execute statement;
set @do = concat('grant select, insert, update, delete, execute on ', @rows, ' to ', @app);
prepare statement from @do; execute statement;
set @do = concat('grant select, show view on ', @rows, ' to ', @report);
prepare statement from @do; execute statement;
set @do = concat('grant select, show view, trigger, event, lock tables on ', @rows, ' to ', @backup);
prepare statement from @do; execute statement;
-- How far a replica is behind, and the statistics of statements and indexes.
set @do = concat('grant /*M! slave monitor *//*!80000 replication client */ on *.* to ', @report);
prepare statement from @do; execute statement;
set @do = concat('grant select on performance_schema.* to ', @report);
prepare statement from @do; execute statement;
-- A service asks a replica how far it is behind.
set @do = concat('grant /*M! slave monitor *//*!80000 replication client */ on *.* to ', @app);
prepare statement from @do; execute statement;

deallocate prepare statement;
set @do = null, @app_password = null, @migrate_password = null, @report_password = null, @backup_password = null;
