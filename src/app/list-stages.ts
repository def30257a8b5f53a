import { StemmaError } from '../core/errors.ts';
import { localText } from '../core/json.ts';
import { nearest } from '../core/nearest.ts';
import type { Stage } from '../core/stage.ts';
import type { Catalogue } from './context.ts';

/** A stage as people who write chunks need it. */
export interface StageInfo {
  readonly type: string;
  readonly version: number;
  readonly title: string;
  readonly description: string;
  readonly inputs: readonly { readonly name: string; readonly kind: string; readonly required: boolean }[];
  readonly settings: readonly string[];
  readonly facts: Readonly<Record<string, string>>;
  readonly writes: string;
  readonly calls: string | null;
}

/** Every registered stage, by type. */
export function listStages(app: Catalogue): readonly StageInfo[] {
  return app.stages.map((stage) => infoOf(app, stage)).toSorted((a, b) => a.type.localeCompare(b.type));
}

/** @throws {StemmaError} NOT_FOUND */
export function stageInfo(app: Catalogue, type: string): StageInfo {
  const stage = app.stages.find((candidate) => candidate.type === type);
  if (stage !== undefined) return infoOf(app, stage);
  const near = nearest(
    type,
    app.stages.map((candidate) => candidate.type),
  );
  throw new StemmaError('NOT_FOUND', `There is no stage "${type}".`, {
    hint: near === undefined ? '`stemma stages list` shows them all.' : `Did you mean "${near}"?`,
  });
}

function infoOf(app: Catalogue, stage: Stage): StageInfo {
  const { language } = app.settings;
  const shape = app.catalogue.get(stage.type);
  return {
    type: stage.type,
    version: stage.version,
    title: localText(stage.title, language),
    description: localText(stage.description, language),
    inputs: Object.entries(shape?.inputs ?? {}).map(([name, { kind, required }]) => ({ name, kind, required })),
    settings: [...(shape?.settings ?? [])],
    facts: { ...shape?.facts },
    writes: stage.writes,
    calls: stage.calls ?? null,
  };
}
