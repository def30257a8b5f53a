import { describe, expect, it } from 'vitest';
import { ToldRun } from '../../../test/support/told-run.ts';
import type { ToldEnd } from '../../../test/support/told-run.ts';
import { chronicleOf } from '../../core/chronicle.ts';
import type { ChronicleSource } from '../../core/chronicle.ts';
import type { ArtifactId, Instant } from '../../core/ids.ts';
import { chronicleSchema } from '../../core/shapes.ts';
import type { Chronicle } from '../../core/shapes.ts';
import { widthOf } from './layout.ts';
import { createStyle } from './style.ts';
import { drawTree } from './tree.ts';

const TITLES: Readonly<Record<string, string>> = {
  check: 'Prüfen',
  translate: 'Sprache',
  interception: 'Umschreiben',
  optimize: 'Aufbereiten',
  generate: 'Machen',
};
const title = (path: string): string => {
  const id = path.split('.').at(-1)?.replace(/\[.*/u, '') ?? path;
  return TITLES[id] ?? id;
};
const plain = createStyle({ colour: false, unicode: true });

const MESSAGES: Readonly<Record<string, string>> = {
  'error.PROVIDER_UNREACHABLE.title': 'Der Dienst ist gerade nicht erreichbar.',
  'safety.age.kids.heading': 'Das passt noch nicht',
  'safety.age.kids.why': 'Manche Bilder machen Angst.',
  'safety.age.kids.suggestion': 'Probier andere Wörter.',
};

/** Every chronicle of these tests has the published shape. */
function read(told: ToldRun, own: Partial<ChronicleSource> = {}): Chronicle {
  return chronicleSchema.parse(chronicleOf(told.source({ message: (key) => MESSAGES[key] ?? key, ...own })));
}

type Options = Partial<Parameters<typeof drawTree>[1]>;
const draw = (told: ToldRun, own: Options = {}): string =>
  drawTree(read(told), { style: plain, width: 72, title, language: 'de', ...own });

const INPUT = 'Der alte Leuchtturm träumt vom Meer';
const OFFLINE: ToldEnd = { provider: 'offline', model: 'telephone@1' };
const begun = (text = INPUT): ToldRun =>
  new ToldRun({ lang: 'de' }, [{ type: 'input', text }])
    .begin()
    .step('check', 'safety.input')
    .step('translate', 'text.translate', {
      facts: { from: 'de' },
      makes: [{ type: 'translation', text }],
    });
const hand = (told: ToldRun, round: number, text: string): ToldRun =>
  told.step(`interception[${round}]`, 'text.interception', {
    ...OFFLINE,
    makes: [{ type: 'interception', text }],
  });
const picture = (told: ToldRun, index: number): ToldRun =>
  told
    .skip(`outputs[${index}].optimize`, 'condition')
    .step(`outputs[${index}].check`, 'safety.output')
    .step(`outputs[${index}].generate`, 'media.image', {
      ...OFFLINE,
      makes: [{ type: 'output_image', row: { width: 640, height: 480, sizeBytes: 12_345 } }],
    });

const FAULT = { code: 'PROVIDER_UNREACHABLE', type: 'StemmaError', facts: {} };

describe('a run that came to its end', () => {
  const told = hand(
    hand(begun(), 1, 'Der kalte Leuchtturm träumt vom Meer'),
    2,
    'Der kalte Leuchtwurm träumt vom Meer',
  );
  const text = draw(picture(told, 1).finish('succeeded'));

  it('is a trunk of lettered versions that forks into its outputs', () => {
    expect(text).toBe(`Dada · fertig in 1,4 s · Schutzstufe Kinder · Startzahl 7 · …6e2d4b10

● A    Der alte Leuchtturm träumt vom Meer
│      deine Eingabe
│
│      ✓ geprüft: Prüfen
│
○ B    wie A · Sprache: Deutsch                                    40 ms
│
○ C¹   Der kalte Leuchtturm träumt vom Meer
│      alte → kalte                          offline/telephone@1 · 40 ms
│
○ C²   Der kalte Leuchtwurm träumt vom Meer
│      Leuchtturm → Leuchtwurm               offline/telephone@1 · 40 ms
│      4 von 6 Wörtern der Eingabe sind noch da
│
└─ 1   Bild
       – Aufbereiten: hier nicht nötig
       ✓ geprüft: Prüfen
       ○ 05_output_image.png · image/png · 640 × 480 · 12 kB
         offline/telephone@1 · 40 ms
`);
  });

  it('speaks English to everyone whose language has no words here', () => {
    const french = draw(hand(begun(), 1, 'Ein Turm').finish('succeeded'), { language: 'fr' });
    expect(french).toContain('Dada · done in');
    expect(french).toContain('the same as A · language: German');
  });

  it('never goes over the edge, however narrow the terminal is', () => {
    for (const width of [24, 40, 80, 120])
      for (const line of draw(told, { width }).split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(width);
  });

  it('needs nothing but ASCII for its marks where the terminal has no other signs', () => {
    const ascii = draw(hand(begun('Ein Turm'), 1, 'Ein Wurm').finish('succeeded'), {
      style: createStyle({ colour: false, unicode: false }),
      language: 'en',
      title: () => 'Look',
    });
    expect(ascii).toMatch(/^[\n -~]*$/u);
    expect(ascii).toContain('Turm -> Wurm');
  });

  it('has the words of the input in the ink of the person and those of a hand in its own', () => {
    const coloured = draw(hand(begun(), 1, 'Der kalte Leuchtturm träumt vom Meer').finish('succeeded'), {
      style: createStyle({ colour: true, unicode: true }),
    });
    expect(coloured).toContain('Der \u001B[4m\u001B[36mkalte\u001B[39m\u001B[24m Leuchtturm');
  });
});

describe('a question to a person', () => {
  const question = { type: 'review', text: 'Darf das an die Wand?\n' };
  const asked = () => begun().start('ask', { stage: 'flow.review' });

  it('is told as long as it waits for its answer', () => {
    const told = asked();
    const { id } = told.artifact(question);
    const wait = { for: 'person' as const, options: ['approve', 'reject'], question: id };
    const text = draw(told.end('ask', { state: 'suspended', wait, makes: [question] }));
    expect(text).toContain('◷      ask (Darf das an die Wand?): wartet\n');
  });

  it('shows what was chosen, and whether somebody chose', () => {
    const decided = (facts: ToldEnd['facts']) =>
      draw(
        asked()
          .end('ask', { ...(facts && { facts }) })
          .finish('succeeded'),
      );
    expect(decided({ choice: 'approve' })).toContain('✓ ask: approve\n');
    expect(decided({ choice: 'later', expired: true })).toContain(
      '✓ ask: later (niemand hat rechtzeitig geantwortet)\n',
    );
    expect(decided({})).toContain('✓ ask\n');
  });
});

describe('a text', () => {
  it('that ends with a line break leaves no gap', () => {
    expect(draw(begun('Ein Turm\n'))).toContain('● A    Ein Turm\n│      deine Eingabe');
  });

  const long = Array.from({ length: 80 }, (_, at) => `Wort${at}`).join(' ');

  it('is cut to three lines, unless all of it is asked for', () => {
    const told = begun(long).finish('succeeded');
    expect(draw(told)).toContain(' …\n');
    expect(draw(told)).not.toContain('Wort79');
    expect(draw(told, { full: true })).toContain('Wort79');
  });

  it('is quoted in a row when it is verse of more lines', () => {
    const told = hand(begun(), 1, 'eins\nzwei\ndrei\nvier').finish('succeeded');
    expect(draw(told)).toContain('eins / zwei / drei / vier');
    expect(draw(told, { full: true })).toContain('eins\n       zwei');
  });

  it('cannot steer the terminal or turn the reading order', () => {
    const steering = '\u001B[2Jweg\u0007 \u202Etxt\u009B31m';
    const text = draw(hand(begun(steering), 1, `${steering} neu`).finish('succeeded'));
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202E]/u);
    expect(text).toContain('␛[2Jweg␇');
  });

  it('that has been deleted is said to be deleted', () => {
    const chronicle = read(begun().finish('succeeded'), { texts: new Map() });
    const deleted: Chronicle = { ...chronicle, run: { ...chronicle.run, content: 'deleted' } };
    expect(drawTree(deleted, { style: plain, width: 72, title, language: 'de' })).toContain(
      'der Inhalt wurde gelöscht',
    );
  });
});

describe('a run that goes on', () => {
  it('shows what runs, why it is the second attempt, and how much is still to come', () => {
    const told = begun()
      .start('interception[1]')
      .end('interception[1]', { state: 'failed', fault: FAULT, retryAt: 1 as Instant })
      .start('interception[1]', {}, 2);
    const text = draw(told);
    expect(text).toContain('läuft seit');
    expect(text).toContain('noch etwa ');
    expect(text).toContain('↻ zweiter Versuch: Der Dienst ist gerade nicht erreichbar');
    expect(text).toContain('┊\n◌      Umschreiben läuft …');
    expect(text).toMatch(/◌ +noch 3 Schritte\n$/u);
  });

  it('says that it is paused, and how to go on', () => {
    expect(draw(begun().say({ type: 'run.paused', data: {} }))).toContain('◷      pausiert; `stemma runs resume');
  });

  it('says that a worker went away', () => {
    const told = begun()
      .start('interception[1]')
      .end('interception[1]', { state: 'abandoned' })
      .start('interception[1]', {}, 2);
    expect(draw(told)).toContain('zweiter Versuch: der Arbeitsprozess davor ist verschwunden');
  });
});

describe('a run that did not come to its end', () => {
  it('ends before a gate with kind words when a protection rule stopped it', () => {
    const told = new ToldRun({ lang: 'de' }, [{ type: 'input', text: 'Etwas' }])
      .begin()
      .start('check', { stage: 'safety.input' })
      .verdict('check', { decision: 'block' })
      .end('check', { state: 'blocked', facts: { check: 'age' } })
      .skip('translate', 'dependency')
      .skip('interception', 'dependency')
      .finish('blocked');
    const text = draw(told);
    expect(text).toContain('║ Prüfen: angehalten (nicht für dieses Alter)');
    expect(text).toMatch(/\n│\n╧═+\n\n {3}Das passt noch nicht\n/u);
    expect(text).toContain('Warum\n   Manche Bilder machen Angst.');
    expect(text).toContain('Was du versuchen kannst\n   Probier andere Wörter.');
    expect(text).toContain('Nicht mehr begonnen: Sprache, Umschreiben');
    expect(text).not.toMatch(/fehler|error/iu);
  });

  it('does not show a text by a hand that was stopped, nor the words it is made of', () => {
    const told = hand(begun(), 1, 'Der alte Leuchtturm träumt Schlimmes');
    const own = told.artifacts.findLast(({ type }) => type === 'interception');
    told
      .start('outputs[1].check', { stage: 'safety.output', inputs: [own?.id ?? ('none' as ArtifactId)] })
      .end('outputs[1].check', { state: 'blocked', facts: { check: 'age' } })
      .finish('blocked');
    expect(draw(told)).not.toContain('Schlimmes');
    expect(draw(told)).toContain('wird nicht gezeigt');
  });

  it('says plainly what failed, while the other outputs go on', () => {
    const told = hand(begun(), 1, 'Ein Turm')
      .step('outputs[1].generate', 'media.image', { state: 'failed', fault: FAULT })
      .skip('outputs[2].optimize', 'dependency');
    const text = draw(picture(told, 3).finish('succeeded'));
    expect(text).toContain('├─ 1   Bild\n│      × Machen: nicht gelungen: Der Dienst ist gerade nicht erreichbar');
    expect(text).toContain(
      '├─ 2   Ausgabe\n│      – Aufbereiten: nicht begonnen, weil ein Schritt davor nicht\n│        fertig wurde',
    );
    expect(text).toContain('└─ 3   Bild');
  });

  it('ends with the message and the code of its error', () => {
    expect(draw(begun().finish('failed', { fault: FAULT }))).toContain(
      '×      Der Dienst ist gerade nicht erreichbar.\n       PROVIDER_UNREACHABLE\n',
    );
    expect(draw(begun().finish('canceled'))).toContain('×      hier abgebrochen');
    expect(draw(begun().finish('quarantined'))).toContain('×      beiseitegelegt');
  });
});

describe('outputs', () => {
  it('show the text that was made ready for the medium, each with a letter of its own', () => {
    const told = hand(begun(), 1, 'Ein Turm');
    for (const index of [1, 2])
      told.step(`outputs[${index}].optimize`, 'text.optimize', {
        ...OFFLINE,
        makes: [{ type: 'optimized_prompt', text: `Ein Turm in Blau ${index}` }],
      });
    const text = draw(told.finish('succeeded'));
    expect(text).toContain('│      ○ D¹   Ein Turm in Blau 1');
    expect(text).toContain('       ○ D²   Ein Turm in Blau 2');
  });

  it('name the version that a text output is the same as', () => {
    const told = hand(begun(), 1, 'Ein Turm').step('outputs[1].generate', 'text.output', {
      makes: [{ type: 'output_text', text: 'Ein Turm' }],
    });
    expect(draw(told.finish('succeeded'))).toMatch(
      /└─ 1 {3}Text\n +○ 04_output_text\.txt · wie C · text\/plain · 3 B/u,
    );
  });
});
