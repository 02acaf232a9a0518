-- Who may not log in any more keeps what they wrote.
alter table users add column deactivated_at datetime(3) null;
