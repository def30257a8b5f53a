/** Steps with steps inside. Only one with `retry` of its own has attempts; these stand in the place of their stage. */
export const CONTAINER_STAGES = { repeat: 'flow.repeat', forEach: 'flow.forEach', pipeline: 'flow.pipeline' } as const;

const STAGES: ReadonlySet<string | null> = new Set(Object.values(CONTAINER_STAGES));

export const isContainerStage = (stage: string | null): boolean => STAGES.has(stage);
