/**
 * Read models for costs, medians and metrics. Every attempt has a row; what calls have used is also summed up as they
 * end, so that a question about money does not read a million attempts.
 */
const SUMS = `
  calls integer not null default 0,
  cost_micro_usd integer not null default 0,
  tokens_in integer not null default 0,
  tokens_out integer not null default 0,
  unpriced integer not null default 0,
  estimated integer not null default 0`;

export const statistics = `
create index run_list_by_parent on run_list (parent, run_key) where parent is not null;

create table statistics_runs (
  run_key integer primary key,
  id text not null,
  config text not null,
  room text not null
) strict;

create table attempt_statistics (
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

create index attempt_statistics_durations on attempt_statistics (stage, candidate, ended_at, duration_ms)
where state = 'succeeded';
create index attempt_statistics_calls
on attempt_statistics (ended_at, provider, model, state, duration_ms, cost_micro_usd)
where provider is not null;

create table cost_sums (
  day text not null,
  config text not null,
  room text not null,
  path text not null,
  stage text not null,
  provider text not null,
  model text not null,${SUMS},
  primary key (day, config, room, path, stage, provider, model)
) strict, without rowid;

create table run_costs (
  run_key integer not null,
  day text not null,${SUMS},
  primary key (run_key, day)
) strict, without rowid;
`;
