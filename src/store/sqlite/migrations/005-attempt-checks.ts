/**
 * What attempts are held to stays the same, and is said word by word: SQLite makes a table of every list after `in`
 * that has more than two words, anew in each statement, and that was half of what storing an attempt cost.
 */
import { ATTEMPT_MOVES, REPEATABLE_ENDS, isTerminal } from '../../../core/states.ts';
import type { AttemptState } from '../../../core/states.ts';

const isOneOf = (column: string, words: readonly string[]): string =>
  `case ${column} ${words.map((word) => `when '${word}' then 1`).join(' ')} else 0 end`;

const states = Object.keys(ATTEMPT_MOVES) as readonly AttemptState[];
const open = states.filter((state) => !isTerminal(ATTEMPT_MOVES, state));

export const attemptChecks = `
create table every_attempt (
  run_key integer not null references runs (key),
  path text not null,
  attempt integer not null check (attempt >= 1),
  retry_of_attempt integer,
  state text not null check (${isOneOf('state', states)}),
  started_at integer not null,
  ended_at integer,
  candidate text,
  primary key (run_key, path, attempt),
  foreign key (run_key, path, retry_of_attempt) references every_attempt (run_key, path, attempt),
  check ((attempt = 1) = (retry_of_attempt is null)),
  check (retry_of_attempt is null or retry_of_attempt = attempt - 1),
  check (ended_at is null or ended_at >= started_at),
  check ((ended_at is null) = (state = 'running'))
) strict, without rowid;
insert into every_attempt
  select run_key, path, attempt, retry_of_attempt, state, started_at, ended_at, candidate from attempts;
drop table attempts;
alter table every_attempt rename to attempts;
create index attempts_of_candidate on attempts (candidate, started_at) where candidate is not null;
create index attempts_under_way on attempts (candidate) where candidate is not null and ended_at is null;

create trigger attempt_repeats before insert on attempts
when new.retry_of_attempt is not null
begin
  select raise(abort, 'a step that ended as ' || state || ' is never executed again') from attempts
  where run_key = new.run_key and path = new.path and attempt = new.retry_of_attempt
    and not ${isOneOf('state', REPEATABLE_ENDS)};
end;

create trigger attempt_moves before update of state, started_at, ended_at on attempts
when not ${isOneOf('old.state', open)}
begin
  select raise(abort, 'an attempt cannot go from ' || old.state || ' to ' || new.state);
end;
`;
