drop view key_result_progress;
drop table check_ins;
drop table key_results;
drop table objectives;
drop table team_members;
drop table teams;
drop table users;
