/** Free, or held by one of the workers in the list (JSON); due, or with mail. ?1 the list, ?2 now. */
export const CLAIMABLE = `ended_at is null
  and (holder is null or holder in (select value from json_each(?1)))
  and ((paused = 0 and (wake_at is null or wake_at <= ?2))
    or exists (select 1 from commands where run_key = runs.key))`;
