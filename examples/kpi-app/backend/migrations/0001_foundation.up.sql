create table users (
  id uuid primary key,
  email text not null unique check (email = lower(email)),
  name text not null,
  password_hash text not null,
  role text not null check (role in ('admin', 'manager', 'member', 'viewer')),
  -- Tokens of an earlier version have ended.
  token_version integer not null default 0,
  created_at timestamptz not null default now()
);

create table teams (
  id uuid primary key,
  name text not null unique,
  created_at timestamptz not null default now()
);

create table team_members (
  team_id uuid not null references teams (id) on delete cascade,
  user_id uuid not null references users (id) on delete cascade,
  role text not null check (role in ('lead', 'member')),
  primary key (team_id, user_id)
);
create index team_members_user on team_members (user_id);

create table objectives (
  id uuid primary key,
  team_id uuid not null references teams (id),
  owner_id uuid not null references users (id),
  title text not null,
  description text not null default '',
  status text not null check (status in ('draft', 'active', 'done', 'archived')),
  due_on date not null,
  created_at timestamptz not null default now()
);
create index objectives_team on objectives (team_id);
create index objectives_status_due on objectives (status, due_on);

-- Reported numbers are bounded so that no share of a way overflows, underflows or divides by nothing.
create table key_results (
  id uuid primary key,
  objective_id uuid not null references objectives (id) on delete cascade,
  title text not null,
  unit text not null default '',
  start_value double precision not null,
  target_value double precision not null,
  current_value double precision not null,
  position integer not null,
  created_at timestamptz not null default now(),
  check (abs(target_value - start_value) >= 1e-7),
  check (start_value between -1e12 and 1e12 and (start_value = 0 or abs(start_value) >= 1e-6)),
  check (target_value between -1e12 and 1e12 and (target_value = 0 or abs(target_value) >= 1e-6)),
  check (current_value between -1e12 and 1e12 and (current_value = 0 or abs(current_value) >= 1e-6))
);
create index key_results_objective on key_results (objective_id, position);

-- Append only: what somebody reported stays reported.
create table check_ins (
  id uuid primary key,
  key_result_id uuid not null references key_results (id) on delete cascade,
  author_id uuid not null references users (id),
  value double precision not null check (value between -1e12 and 1e12 and (value = 0 or abs(value) >= 1e-6)),
  confidence smallint not null check (confidence between 1 and 10),
  comment text not null default '',
  created_at timestamptz not null default now()
);
create index check_ins_key_result on check_ins (key_result_id, created_at desc);
create index check_ins_created on check_ins (created_at desc);

-- A key result's share of its way, 0 to 1, whether its target lies above or below its start.
create view key_result_progress as
  select
    k.id, k.objective_id,
    least(1, greatest(0, (k.current_value - k.start_value) / (k.target_value - k.start_value))) as progress
  from key_results k;
