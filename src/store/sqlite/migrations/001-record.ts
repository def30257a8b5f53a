/**
 * The record: runs, events, attempts, artifacts, and the queue beside them. What the state tables of the core allow
 * stands here as constraints, so that the store refuses what a caller without the guard would write.
 */
import { ATTEMPT_MOVES, REPEATABLE_ENDS, RUN_MOVES, WORKER_MODES, isTerminal } from '../../../core/states.ts';

const listed = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(', ');

const statesOf = <S extends string>(moves: Readonly<Record<S, readonly S[]>>): readonly S[] =>
  Object.keys(moves) as S[];

function isMove<S extends string>(moves: Readonly<Record<S, readonly S[]>>): string {
  const cases = statesOf(moves)
    .filter((state) => !isTerminal(moves, state))
    .map((state) => `when '${state}' then new.state in (${listed(moves[state])})`);
  return `case old.state ${cases.join(' ')} else 0 end`;
}

const endedRun = listed(statesOf(RUN_MOVES).filter((state) => isTerminal(RUN_MOVES, state)));
/** Attempts have one state that is no end, so this says all about their moves, and costs half of the whole table. */
const endedAttempt = listed(statesOf(ATTEMPT_MOVES).filter((state) => isTerminal(ATTEMPT_MOVES, state)));

export const record = `
create table workers (
  key integer primary key,
  id text not null unique,
  host text not null,
  pid integer not null,
  version text not null,
  mode text not null default 'active' check (mode in (${listed(WORKER_MODES)})),
  beats integer not null default 0,
  stopped integer not null default 0 check (stopped in (0, 1))
) strict;

create table definition_sets (
  digest text primary key,
  body text not null
) strict;

create table runs (
  key integer primary key,
  id text not null unique,
  state text not null check (state in (${listed(statesOf(RUN_MOVES))})),
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
  signature_key text,
  check ((ended_at is not null) = (state in (${endedRun}))),
  check (ended_at is null or holder is null),
  check ((signature is null) = (signature_key is null))
) strict;

create index runs_unfinished on runs (priority, key, holder, paused, wake_at) where ended_at is null;
create index runs_held on runs (holder) where holder is not null;

create trigger run_moves before update of state on runs
when not (${isMove(RUN_MOVES)})
begin
  select raise(abort, 'a run cannot go from ' || old.state || ' to ' || new.state);
end;

create trigger run_is_quiet before update of state on runs
when new.state <> 'running' and new.open_attempts <> 0
begin
  select raise(abort, 'a run cannot become ' || new.state || ' while an attempt is running');
end;

create table events (
  position integer primary key,
  run_key integer not null references runs (key),
  seq integer not null check (seq >= 1),
  body text not null,
  hash blob not null check (length(hash) = 32),
  unique (run_key, seq)
) strict;

create table attempts (
  run_key integer not null references runs (key),
  path text not null,
  attempt integer not null check (attempt >= 1),
  retry_of_attempt integer,
  state text not null check (state in (${listed(statesOf(ATTEMPT_MOVES))})),
  started_at integer not null,
  ended_at integer,
  primary key (run_key, path, attempt),
  foreign key (run_key, path, retry_of_attempt) references attempts (run_key, path, attempt),
  check ((attempt = 1) = (retry_of_attempt is null)),
  check (retry_of_attempt is null or retry_of_attempt = attempt - 1),
  check (ended_at is null or ended_at >= started_at),
  check ((ended_at is null) = (state = 'running'))
) strict, without rowid;

create trigger attempt_repeats before insert on attempts
when new.retry_of_attempt is not null
begin
  select raise(abort, 'a step that ended as ' || state || ' is never executed again') from attempts
  where run_key = new.run_key and path = new.path and attempt = new.retry_of_attempt
    and state not in (${listed(REPEATABLE_ENDS)});
end;

create trigger attempt_moves before update of state, started_at, ended_at on attempts
when old.state in (${endedAttempt})
begin
  select raise(abort, 'an attempt cannot go from ' || old.state || ' to ' || new.state);
end;

create table artifacts (
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

create table labels (
  run_key integer not null references runs (key),
  key text not null,
  value text not null,
  primary key (run_key, key)
) strict, without rowid;

create index labels_by_value on labels (key, value, run_key);

create table commands (
  id integer primary key autoincrement,
  run_key integer not null references runs (key),
  type text not null check (type in ('cancel', 'pause', 'resume')),
  sender text not null
) strict;

create index commands_of_run on commands (run_key, id);
`;
