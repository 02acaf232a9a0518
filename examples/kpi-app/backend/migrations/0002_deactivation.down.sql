alter table users drop column deactivated_at;
