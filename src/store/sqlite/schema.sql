CREATE TABLE workers (
  key integer primary key,
  id text not null unique,
  host text not null,
  pid integer not null,
  version text not null,
  mode text not null default 'active' check (mode in ('active', 'paused', 'draining', 'quarantined')),
  beats integer not null default 0,
  stopped integer not null default 0 check (stopped in (0, 1))
, slots integer not null default 1 check (slots >= 1), crashed integer not null default 0 check (crashed in (0, 1))) strict;

CREATE TABLE definition_sets (
  digest text primary key,
  body text not null
) strict;

CREATE TABLE runs (
  key integer primary key,
  id text not null unique,
  state text not null check (state in ('pending', 'running', 'waiting', 'paused', 'blocked', 'succeeded', 'failed', 'canceled', 'quarantined')),
  seq integer not null check (seq >= 1),
  hash blob not null check (length(hash) = 32),
  at integer not null,
  created_at integer not null,
  ended_at integer,
  open_attempts integer not null default 0 check (open_attempts >= 0),
  lease_token integer not null default 0,
  holder integer references workers (key),
  wake_at integer,
  paused integer not null default 0 check (paused in (0, 1)),
  priority integer not null check (priority between 0 and 3),
  definitions text not null references definition_sets (digest),
  signature text,
  signature_key text, content_deleted integer not null default 0 check (content_deleted in (0, 1)), share text, turn integer not null default 0, class integer not null default 0, class_since integer not null default 0,
  check ((ended_at is not null) = (state in ('blocked', 'succeeded', 'failed', 'canceled', 'quarantined'))),
  check (ended_at is null or holder is null),
  check ((signature is null) = (signature_key is null))
) strict;

CREATE INDEX runs_held on runs (holder) where holder is not null;

CREATE TRIGGER run_moves before update of state on runs
when not (case old.state when 'pending' then new.state in ('running', 'paused', 'failed', 'canceled') when 'running' then new.state in ('waiting', 'paused', 'blocked', 'succeeded', 'failed', 'canceled', 'quarantined') when 'waiting' then new.state in ('running', 'paused', 'blocked', 'failed', 'canceled', 'quarantined') when 'paused' then new.state in ('running', 'canceled') else 0 end)
begin
  select raise(abort, 'a run cannot go from ' || old.state || ' to ' || new.state);
end;

CREATE TRIGGER run_is_quiet before update of state on runs
when new.state <> 'running' and new.open_attempts <> 0
begin
  select raise(abort, 'a run cannot become ' || new.state || ' while an attempt is running');
end;

CREATE TABLE artifacts (
  key integer primary key,
  run_key integer not null references runs (key),
  id text not null,
  step_path text,
  span_id text,
  type text not null,
  media_type text not null,
  language text,
  sha256 text not null,
  salt text not null check (length(salt) = 32 and salt not glob '*[^0-9a-f]*'),
  size_bytes integer not null,
  width integer,
  height integer,
  sources text not null,
  unique (run_key, id)
) strict;

CREATE TABLE labels (
  run_key integer not null references runs (key),
  key text not null,
  value text not null,
  primary key (run_key, key)
) strict, without rowid;

CREATE INDEX labels_by_value on labels (key, value, run_key);

CREATE TABLE sqlite_sequence(name,seq);

CREATE TABLE projections (
  name text primary key,
  position integer not null check (position >= 0)
) strict, without rowid;

CREATE TABLE run_list (
  run_key integer primary key,
  id text not null,
  state text not null,
  config text not null,
  pipeline text not null,
  profile text not null,
  safety text not null,
  created_at integer not null,
  started_at integer,
  ended_at integer,
  duration_ms integer,
  outputs text not null,
  cost_micro_usd integer not null default 0,
  parent text
) strict;

CREATE INDEX run_list_newest on run_list (created_at, run_key);

CREATE INDEX run_list_by_state on run_list (state, created_at, run_key);

CREATE INDEX run_list_by_config on run_list (config, created_at, run_key);

CREATE TABLE searched_texts (
  key integer primary key,
  run_key integer not null,
  artifact text not null
) strict;

CREATE INDEX searched_texts_of_run on searched_texts (run_key);

CREATE VIRTUAL TABLE run_texts using fts5 (
  body, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
);

CREATE TABLE 'run_texts_data'(id INTEGER PRIMARY KEY, block BLOB);

CREATE TABLE 'run_texts_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;

CREATE TABLE 'run_texts_docsize'(id INTEGER PRIMARY KEY, sz BLOB, origin INTEGER);

CREATE TABLE 'run_texts_config'(k PRIMARY KEY, v) WITHOUT ROWID;

CREATE TABLE installation (
  key integer primary key check (key = 1),
  seq integer not null,
  at integer not null,
  hash blob not null check (length(hash) = 32)
) strict;

CREATE TABLE "events" (
  position integer primary key,
  run_key integer references runs (key),
  seq integer not null check (seq >= 1),
  body text not null,
  hash blob not null check (length(hash) = 32),
  unique (run_key, seq)
) strict;

CREATE UNIQUE INDEX events_of_installation on events (seq) where run_key is null;

CREATE INDEX runs_unfinished on runs (class, turn, key, holder, paused, wake_at) where ended_at is null;

CREATE INDEX runs_waiting_longest on runs (class_since) where ended_at is null and class > 0;

CREATE INDEX runs_ended on runs (ended_at) where ended_at is not null;

CREATE TABLE turns (
  class integer not null,
  share text not null,
  turn integer not null,
  primary key (class, share)
) strict, without rowid;

CREATE TABLE rounds (
  class integer primary key,
  turn integer not null
) strict;

CREATE TABLE "commands" (
  id integer primary key autoincrement,
  run_key integer not null references runs (key),
  type text not null check (type in ('cancel', 'pause', 'resume', 'decide', 'signal')),
  sender text not null,
  step_path text,
  word text,
  body any,
  check ((type = 'decide') = (step_path is not null)),
  check ((type in ('decide', 'signal')) = (word is not null))
) strict;

CREATE INDEX commands_of_run on commands (run_key, id);

CREATE TABLE budgets (
  scope text not null check (scope in ('run', 'config', 'room', 'person', 'day')),
  subject text not null,
  limit_micro_usd integer not null check (limit_micro_usd >= 0),
  mode text not null check (mode in ('warn', 'halt', 'ask')),
  primary key (scope, subject)
) strict, without rowid;

CREATE TABLE spendings (
  scope text not null check (scope in ('run', 'config', 'room', 'person', 'day')),
  subject text not null,
  spent_micro_usd integer not null default 0 check (spent_micro_usd >= 0),
  reserved_micro_usd integer not null default 0 check (reserved_micro_usd >= 0),
  limit_micro_usd integer,
  mode text,
  warned integer not null default 0 check (warned in (0, 1)),
  primary key (scope, subject)
) strict, without rowid;

CREATE TABLE reservations (
  id integer primary key autoincrement,
  run_key integer not null references runs (key),
  token integer not null,
  path text not null,
  attempt integer not null,
  cost_micro_usd integer,
  budgets text not null,
  unique (run_key, path, attempt)
) strict;

CREATE TABLE held_permits (
  name text not null,
  reservation integer not null references reservations (id) on delete cascade,
  amount integer not null check (amount >= 0),
  primary key (name, reservation)
) strict, without rowid;

CREATE INDEX held_permits_of_reservation on held_permits (reservation);

CREATE TABLE taken_permits (
  key integer primary key autoincrement,
  name text not null,
  amount integer not null check (amount >= 0),
  taken_at integer not null
) strict;

CREATE INDEX taken_permits_by_name on taken_permits (name);

CREATE INDEX run_list_by_parent on run_list (parent, run_key) where parent is not null;

CREATE TABLE statistics_runs (
  run_key integer primary key,
  id text not null,
  config text not null,
  room text not null
) strict;

CREATE TABLE attempt_statistics (
  run_key integer not null,
  path text not null,
  attempt integer not null,
  stage text not null,
  candidate text,
  started_at integer not null,
  queued_ms real not null,
  state text,
  ended_at integer,
  day text,
  duration_ms real,
  provider text,
  model text,
  tokens_in integer not null default 0,
  tokens_out integer not null default 0,
  cost_micro_usd integer not null default 0,
  priced text,
  primary key (run_key, path, attempt)
) strict, without rowid;

CREATE INDEX attempt_statistics_durations on attempt_statistics (stage, candidate, ended_at, duration_ms)
where state = 'succeeded';

CREATE INDEX attempt_statistics_calls
on attempt_statistics (ended_at, provider, model, state, duration_ms, cost_micro_usd)
where provider is not null;

CREATE TABLE cost_sums (
  day text not null,
  config text not null,
  room text not null,
  path text not null,
  stage text not null,
  provider text not null,
  model text not null,
  calls integer not null default 0,
  cost_micro_usd integer not null default 0,
  tokens_in integer not null default 0,
  tokens_out integer not null default 0,
  unpriced integer not null default 0,
  estimated integer not null default 0,
  primary key (day, config, room, path, stage, provider, model)
) strict, without rowid;

CREATE TABLE run_costs (
  run_key integer not null,
  day text not null,
  calls integer not null default 0,
  cost_micro_usd integer not null default 0,
  tokens_in integer not null default 0,
  tokens_out integer not null default 0,
  unpriced integer not null default 0,
  estimated integer not null default 0,
  primary key (run_key, day)
) strict, without rowid;

CREATE TABLE "attempts" (
  run_key integer not null references runs (key),
  path text not null,
  attempt integer not null check (attempt >= 1),
  retry_of_attempt integer,
  state text not null check (case state when 'running' then 1 when 'succeeded' then 1 when 'blocked' then 1 when 'suspended' then 1 when 'failed' then 1 when 'timedOut' then 1 when 'canceled' then 1 when 'abandoned' then 1 else 0 end),
  started_at integer not null,
  ended_at integer,
  candidate text,
  primary key (run_key, path, attempt),
  foreign key (run_key, path, retry_of_attempt) references "attempts" (run_key, path, attempt),
  check ((attempt = 1) = (retry_of_attempt is null)),
  check (retry_of_attempt is null or retry_of_attempt = attempt - 1),
  check (ended_at is null or ended_at >= started_at),
  check ((ended_at is null) = (state = 'running'))
) strict, without rowid;

CREATE INDEX attempts_of_candidate on attempts (candidate, started_at) where candidate is not null;

CREATE INDEX attempts_under_way on attempts (candidate) where candidate is not null and ended_at is null;

CREATE TRIGGER attempt_repeats before insert on attempts
when new.retry_of_attempt is not null
begin
  select raise(abort, 'a step that ended as ' || state || ' is never executed again') from attempts
  where run_key = new.run_key and path = new.path and attempt = new.retry_of_attempt
    and not case state when 'failed' then 1 when 'timedOut' then 1 when 'suspended' then 1 when 'abandoned' then 1 else 0 end;
end;

CREATE TRIGGER attempt_moves before update of state, started_at, ended_at on attempts
when not case old.state when 'running' then 1 else 0 end
begin
  select raise(abort, 'an attempt cannot go from ' || old.state || ' to ' || new.state);
end;
