/**
 * Read models: what lists and search ask. They are filled from events and never constrain them; each says up to which
 * position of the log it has come, so that it can be thrown away and filled again at any time.
 */
export const readModels = `
create table projections (
  name text primary key,
  position integer not null check (position >= 0)
) strict, without rowid;

create table run_list (
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

create index run_list_newest on run_list (created_at, run_key);
create index run_list_by_state on run_list (state, created_at, run_key);
create index run_list_by_config on run_list (config, created_at, run_key);

create table searched_texts (
  key integer primary key,
  run_key integer not null,
  artifact text not null
) strict;

create index searched_texts_of_run on searched_texts (run_key);

create virtual table run_texts using fts5 (
  body, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
);
`;
