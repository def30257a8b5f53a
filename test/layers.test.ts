import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMPUTED, importsOf, sourceFiles } from './support/source-files.ts';
import type { SourceFile } from './support/source-files.ts';

interface Layer {
  readonly name: string;
  /** Other layers it may import, or one folder of a layer; its own always. */
  readonly layers: readonly string[];
  /** Packages and Node's modules: a name, or a beginning with `*`. */
  readonly packages: readonly string[];
  /** Whether it loads modules that its caller names. */
  readonly loadsModules?: true;
}

/** From the lowest to the highest: what a layer's tests may import ends with the layer itself. */
const LAYERS: readonly Layer[] = [
  { name: 'core', layers: [], packages: ['zod', 'diff'] },
  { name: 'store', layers: ['core'], packages: ['zod', 'node:*', 'kysely', 'yaml'] },
  {
    name: 'providers',
    layers: ['core'],
    packages: [
      'zod',
      'node:*',
      'eld',
      'eld/*',
      '@resvg/resvg-js',
      'sharp',
      '@expo-google-fonts/noto-sans',
      '@expo-google-fonts/noto-sans/*',
    ],
  },
  { name: 'stages', layers: ['core'], packages: ['zod'] },
  { name: 'packs', layers: ['core', 'stages'], packages: ['zod'] },
  { name: 'export', layers: ['core'], packages: ['zod'] },
  { name: 'engine', layers: ['core'], packages: ['zod', 'croner', 'cockatiel', '@opentelemetry/*'] },
  {
    name: 'testing',
    layers: ['core', 'engine', 'store/memory'],
    packages: ['zod', 'node:*', 'vitest'],
    loadsModules: true,
  },
  { name: 'app', layers: ['core', 'engine', 'export'], packages: ['zod'] },
  { name: 'cli', layers: ['core', 'app'], packages: ['zod', 'node:*', 'commander', 'picocolors', 'log-update'] },
  { name: 'index', layers: ['core', 'stages'], packages: ['zod'] },
  {
    name: 'main',
    layers: ['core', 'store', 'providers', 'stages', 'packs', 'export', 'engine', 'app', 'cli'],
    packages: ['zod', 'node:*'],
  },
];

/** `src/core/ids.ts` belongs to core, `src/main.ts` to main. */
const layerNameOf = (path: string): string => (path.split('/')[1] ?? '').replace(/(\.test)?\.ts$/, '');

const isTest = (path: string): boolean => path.endsWith('.test.ts');

const matches = (name: string, pattern: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;

/** Why a file may not import this, or undefined when it may. */
function objection(file: SourceFile, imported: string): string | undefined {
  const name = layerNameOf(file.path);
  const layer = LAYERS.find((one) => one.name === name);
  if (layer === undefined) return `${file.path}: the folder src/${name} is in no layer`;
  if (imported === COMPUTED)
    return layer.loadsModules === true ? undefined : `${file.path}: imports a computed name, which nobody can check`;
  const refused = `${file.path}: ${name} may not import ${imported}`;
  if (!imported.startsWith('.')) {
    const allowed = isTest(file.path) || layer.packages.some((pattern) => matches(imported, pattern));
    return allowed ? undefined : refused;
  }
  const target = posix.join(posix.dirname(file.path), imported);
  if (isTest(file.path) && target.startsWith('test/')) return undefined;
  if (!target.startsWith('src/')) return refused;
  return mayReach(layer, target, isTest(file.path)) ? undefined : refused;
}

function mayReach(layer: Layer, target: string, fromTest: boolean): boolean {
  const name = layerNameOf(target);
  if (name === layer.name || layer.layers.includes(name)) return true;
  if (layer.layers.some((folder) => target.startsWith(`src/${folder}/`))) return true;
  const below = LAYERS.slice(0, LAYERS.indexOf(layer)).map(({ name }) => name);
  return fromTest && below.includes(name);
}

const objections = (files: readonly SourceFile[]): readonly string[] =>
  files.flatMap((file) => {
    const seen = importsOf(file.text).map((imported) => objection(file, imported));
    // A file without imports in an unknown folder is found too.
    const unknown = LAYERS.some(({ name }) => name === layerNameOf(file.path)) ? [] : [objection(file, '')];
    return [...new Set([...seen, ...unknown])].filter((text) => text !== undefined);
  });

const FILES = sourceFiles('src/**/*.{ts,tsx,mts,cts,js,mjs,cjs}');

describe('the layers of src', () => {
  it('are kept by every import', () => {
    expect(objections(FILES)).toEqual([]);
  });

  it('are held against more than a hundred imports', () => {
    expect(FILES.flatMap((file) => importsOf(file.text)).length).toBeGreaterThan(100);
  });

  it('import only downwards', () => {
    const names = LAYERS.map(({ name }) => name);
    for (const [index, layer] of LAYERS.entries())
      for (const lower of layer.layers)
        expect(names.slice(0, index), `${layer.name} → ${lower}`).toContain(lower.split('/')[0]);
  });
});

describe('the check itself', () => {
  const REFUSED: readonly (readonly [string, string])[] = [
    ['src/core/ids.ts', `import { createHash } from 'node:crypto';`],
    ['src/core/ids.ts', `import type { Store } from '../store/store.ts';`],
    ['src/core/ids.ts', `export * from '../engine/engine.ts';`],
    ['src/core/ids.ts', `export { a, type B } from "../engine/engine.ts";`],
    ['src/core/ids.ts', `type X = import('../app/start-run.ts').X;`],
    ['src/core/ids.ts', `import 'yaml';`],
    ['src/core/ids.ts', `const url = 'https://example.org'; import '../engine/engine.ts';`],
    ['src/core/ids.ts', `import {\n  one, // 'first'\n  two,\n} from '../engine/engine.ts';`],
    ['src/engine/engine.ts', `const load = () => import('../store/sqlite/open.ts');`],
    ['src/engine/engine.ts', 'await import(`../store/sqlite/open.ts`, { with: {} });'],
    ['src/engine/engine.ts', `await import(name);`],
    ['src/engine/engine.ts', 'await import(`../${name}.ts`);'],
    ['src/engine/engine.ts', `const fs = require('fs');`],
    ['src/stages/text/reverse.ts', `import { x } from '../../packs/studio/extension.ts';`],
    ['src/cli/run.ts', `import { engine } from '../engine/engine.ts';`],
    ['src/testing/kit.ts', `import { openSqliteLogAndQueue } from '../store/sqlite/open.ts';`],
    ['src/app/start-run.ts', `import data from '../../package.json' with { type: 'json' };`],
    ['src/core/ids.test.ts', `import { engine } from '../engine/engine.ts';`],
    ['src/main.ts', `import { load } from '../test/support/load.ts';`],
    ['src/utils/text.ts', `export const a = 1;`],
    ['src/helpers.ts', `import { isRunId } from './core/ids.ts';`],
  ];
  it.each(REFUSED)('objects to %s with %s', (path, text) => {
    expect(objections([{ path, text }])).toHaveLength(1);
  });

  const ALLOWED: readonly (readonly [string, string])[] = [
    ['src/core/ids.ts', `import { z } from 'zod'; import { a } from './json.ts';`],
    [
      'src/core/ids.ts',
      `// import 'node:fs'\n/* import '../engine/engine.ts' */ export const url = 'https://a.org//x';`,
    ],
    ['src/core/ids.ts', `export const from = 'node:fs'; export function f() { return "import"; }`],
    ['src/store/sqlite/log.ts', `import { DatabaseSync } from 'node:sqlite'; import { Kysely } from 'kysely';`],
    ['src/providers/offline/detect.ts', `import { eld } from 'eld/extrasmall';`],
    [
      'src/engine/engine.test.ts',
      `import { it } from 'vitest'; import '../store/memory/open.ts'; import '../../test/support/a.ts';`,
    ],
    ['src/testing/kit.ts', `import { open } from '../store/memory/open.ts'; const load = () => import(module);`],
    ['src/main.ts', `const open = () => import('./store/sqlite/open.ts');`],
  ];
  it.each(ALLOWED)('accepts %s with %s', (path, text) => {
    expect(objections([{ path, text }])).toEqual([]);
  });
});
