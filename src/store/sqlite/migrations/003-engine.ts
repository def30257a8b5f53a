/** The durable engine: the installation's own log, turns in the queue, mail with a body, permits and budgets. */
import { budgetModeSchema, budgetScopeSchema } from '../../../core/schema.ts';

const listed = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(', ');

export const engine = `
create table installation (
  key integer primary key check (key = 1),
  seq integer not null,
  at integer not null,
  hash blob not null check (length(hash) = 32)
) strict;

create table every_event (
  position integer primary key,
  run_key integer references runs (key),
  seq integer not null check (seq >= 1),
  body text not null,
  hash blob not null check (length(hash) = 32),
  unique (run_key, seq)
) strict;
insert into every_event select position, run_key, seq, body, hash from events;
drop table events;
alter table every_event rename to events;
create unique index events_of_installation on events (seq) where run_key is null;

alter table workers add column slots integer not null default 1 check (slots >= 1);
alter table workers add column crashed integer not null default 0 check (crashed in (0, 1));

alter table attempts add column candidate text;
create index attempts_of_candidate on attempts (candidate, started_at) where candidate is not null;
create index attempts_under_way on attempts (candidate) where candidate is not null and ended_at is null;

alter table runs add column content_deleted integer not null default 0 check (content_deleted in (0, 1));
alter table runs add column share text;
alter table runs add column turn integer not null default 0;
alter table runs add column class integer not null default 0;
alter table runs add column class_since integer not null default 0;
update runs set class = priority, class_since = created_at;
drop index runs_unfinished;
create index runs_unfinished on runs (class, turn, key, holder, paused, wake_at) where ended_at is null;
create index runs_waiting_longest on runs (class_since) where ended_at is null and class > 0;

create index runs_ended on runs (ended_at) where ended_at is not null;

create table turns (
  class integer not null,
  share text not null,
  turn integer not null,
  primary key (class, share)
) strict, without rowid;

create table rounds (
  class integer primary key,
  turn integer not null
) strict;

create table mail (
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
insert into mail (id, run_key, type, sender) select id, run_key, type, sender from commands;
drop table commands;
alter table mail rename to commands;
create index commands_of_run on commands (run_key, id);

create table budgets (
  scope text not null check (scope in (${listed(budgetScopeSchema.options)})),
  subject text not null,
  limit_micro_usd integer not null check (limit_micro_usd >= 0),
  mode text not null check (mode in (${listed(budgetModeSchema.options)})),
  primary key (scope, subject)
) strict, without rowid;

create table spendings (
  scope text not null check (scope in (${listed(budgetScopeSchema.options)})),
  subject text not null,
  spent_micro_usd integer not null default 0 check (spent_micro_usd >= 0),
  reserved_micro_usd integer not null default 0 check (reserved_micro_usd >= 0),
  limit_micro_usd integer,
  mode text,
  warned integer not null default 0 check (warned in (0, 1)),
  primary key (scope, subject)
) strict, without rowid;

create table reservations (
  id integer primary key autoincrement,
  run_key integer not null references runs (key),
  token integer not null,
  path text not null,
  attempt integer not null,
  cost_micro_usd integer,
  budgets text not null,
  unique (run_key, path, attempt)
) strict;

create table held_permits (
  name text not null,
  reservation integer not null references reservations (id) on delete cascade,
  amount integer not null check (amount >= 0),
  primary key (name, reservation)
) strict, without rowid;
create index held_permits_of_reservation on held_permits (reservation);

create table taken_permits (
  key integer primary key autoincrement,
  name text not null,
  amount integer not null check (amount >= 0),
  taken_at integer not null
) strict;
create index taken_permits_by_name on taken_permits (name);
`;
