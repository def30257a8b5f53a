import { beforeAll, describe, expect, it } from 'vitest';
import { openTestApp } from '../../test/support/app.ts';
import type { Definitions, Resolved } from '../core/definitions.ts';
import { toHex } from '../core/ids.ts';
import type { Digest, Sha256 } from '../core/ids.ts';
import type { DefinitionSet } from '../core/ports.ts';
import { chunksUsed, collectDefinitions, digestOf } from './definition-set.ts';

const USED = { config: 'dada', pipeline: 'text-to-media', profile: 'offline', outputs: ['text'] };

let definitions: Definitions;
let digest: Digest;
beforeAll(async () => {
  await using app = await openTestApp();
  ({ definitions } = await app.definitions.load());
  ({ digest } = app);
});

const namesOf = (set: DefinitionSet): string[] => set.files.map(({ kind, id }) => `${kind}/${id}`);
const collect = (own: Partial<typeof USED> = {}, from = definitions): DefinitionSet =>
  collectDefinitions(from, { ...USED, ...own }, digest);

/** The same definitions with another text in one of them. */
function edited<T extends Resolved>(all: ReadonlyMap<string, T>, id: string): ReadonlyMap<string, T> {
  const found = all.get(id);
  if (found === undefined) throw new Error(`there is no ${id}`);
  const text = `${found.text}# one more line\n`;
  return new Map([...all, [id, { ...found, text, digest: toHex(digest.sha256(text)) as Sha256 }]]);
}

describe('the definitions of a run', () => {
  it('are those it uses and no others, with the chunk of each output', () => {
    expect(namesOf(collect())).toEqual([
      'chunks/generate-text',
      'chunks/intercept',
      'chunks/optimize-for-medium',
      'chunks/safety-input',
      'chunks/safety-output',
      'chunks/translate-to-working-language',
      'configs/dada',
      'outputs/text',
      'pipelines/text-to-media',
      'profiles/offline',
    ]);
    expect(namesOf(collect({ outputs: ['text', 'image'] }))).toEqual(
      expect.arrayContaining(['chunks/generate-image', 'chunks/generate-text', 'outputs/image', 'outputs/text']),
    );
  });

  it('hold the texts as they were written', () => {
    for (const { text, digest: own } of collect().files) expect(toHex(digest.sha256(text))).toBe(own);
  });

  it('pass over what does not exist', () => {
    expect(namesOf(collect({ pipeline: 'nowhere', outputs: ['nothing'] }))).toEqual([
      'configs/dada',
      'profiles/offline',
    ]);
    expect(namesOf(collect({ outputs: ['nothing'] }))).not.toContain('chunks/output.chunk');
  });

  it('have the pipelines inside the pipeline, with what those use', async () => {
    const definitionsOf = {
      'pipelines/outer.yaml':
        'title: Outer\nsteps:\n  - { id: part, pipeline: middle }\n  - { id: more, pipeline: text-to-text }\n',
      'pipelines/middle.yaml':
        'title: Middle\nsteps:\n  - { id: part, pipeline: text-to-text }\n  - { id: hand, use: whisper }\n',
    };
    await using app = await openTestApp({ definitions: definitionsOf });
    const loaded = await app.definitions.load();
    const names = namesOf(collect({ pipeline: 'outer' }, loaded.definitions));
    expect(names.filter((name) => name.startsWith('pipelines/'))).toEqual([
      'pipelines/middle',
      'pipelines/outer',
      'pipelines/text-to-text',
    ]);
    expect(names).toEqual(expect.arrayContaining(['chunks/whisper', 'chunks/intercept', 'chunks/generate-text']));
  });

  it('have the chunks of steps inside steps, and of the outputs where the pipeline makes them', () => {
    const stagesOf = (pipeline: string, outputs: readonly string[]): string[] =>
      chunksUsed(definitions, { pipeline, outputs }).map(({ stage }) => stage);
    const inside = stagesOf('stille-post', []);
    expect(inside).toEqual(expect.arrayContaining(['safety.input', 'text.interception', 'safety.output']));
    expect(inside).not.toContain('text.output');
    expect(stagesOf('stille-post', ['text', 'image'])).toEqual([...inside, 'text.output', 'media.image']);
    expect(stagesOf('nowhere', ['text'])).toEqual([]);
  });
});

describe('the digest of a set of definitions', () => {
  it('is the same every time, whatever the order and the number of mentions', () => {
    const both = collect({ outputs: ['image', 'text'] });
    expect(collect({ outputs: ['image', 'text'] })).toEqual(both);
    expect(collect({ outputs: ['text', 'image', 'text'] })).toEqual(both);
    const { chunks, outputs } = definitions;
    const reversed = {
      ...definitions,
      chunks: new Map([...chunks].toReversed()),
      outputs: new Map([...outputs].toReversed()),
    };
    expect(collect({ outputs: ['image', 'text'] }, reversed)).toEqual(both);
  });

  it('changes with the text of any definition', () => {
    const before = collect().digest;
    const changed = [
      { ...definitions, chunks: edited(definitions.chunks, 'intercept') },
      { ...definitions, configs: edited(definitions.configs, 'dada') },
      { ...definitions, outputs: edited(definitions.outputs, 'text') },
      { ...definitions, pipelines: edited(definitions.pipelines, 'text-to-media') },
      { ...definitions, profiles: edited(definitions.profiles, 'offline') },
    ];
    expect(new Set([before, ...changed.map((all) => collect({}, all).digest)]).size).toBe(6);
  });

  it('changes with a kind, an id and an origin too', () => {
    const { files } = collect();
    const [first, ...others] = files;
    if (first === undefined) throw new Error('the set is empty');
    const swapped = [{ kind: 'configs' }, { id: 'other' }, { origin: 'admin' }].map((own) =>
      digestOf([{ ...first, ...own }, ...others], digest),
    );
    expect(new Set([digestOf(files, digest), ...swapped]).size).toBe(4);
  });

  it('stays with the definitions that the run does not use', () => {
    const other = { ...definitions, configs: edited(definitions.configs, 'bauhaus') };
    expect(collect({}, other).digest).toBe(collect().digest);
  });
});
