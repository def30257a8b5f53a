import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Level } from '../../core/schema.ts';
import { judge, type Judgement } from './judge.ts';
import { compilePolicy } from './policy.ts';

const folder = new URL('../../packs/studio/safety/', import.meta.url);
const files = ['symbols-de', 'age', 'contact'].map((name): unknown =>
  parse(readFileSync(new URL(`${name}.yaml`, folder), 'utf8')),
);
const policy = compilePolicy(files);

function at(level: Level, text: string): Judgement {
  return judge(policy, { text, level, position: 'input' });
}

const HARMLESS = [
  'Eine Katze sitzt auf dem Dach und träumt vom Meer',
  'Ein Drache kämpft gegen einen Ritter mit Schwert und Schild',
  'Two knights with swords fight a dragon, sparks and fire everywhere',
  'Der Blutkreislauf des Menschen mit Herz und Lunge',
  'blood circulation in the human heart',
  'Ich sterbe vor Lachen',
  'Ich will sterben vor Lachen',
  'a killer whale jumps out of the sea',
  'Auf der Party herrscht Bombenstimmung',
  'Der Schwanz der Katze ist buschig',
  'Cock-a-doodle-doo, says the rooster',
  'Der Hahn kräht auf dem Mist',
  'breast stroke in the swimming pool',
  'Brustschwimmen im See',
  'The town of Scunthorpe in the rain',
  'Ein Dickicht im Wald',
  'Essex, Sussex and Middlesex on a map',
  'Eine Analyse der Klassenarbeit',
  'Massachusetts in autumn',
  'Die Staatssekretärin im SS 2024 an der Uni',
  'Staatssekretär/SS',
  'Eine Hassliebe zwischen Hund und Katze',
  'Meine Oma ist geboren 1988',
  'geboren am 18.8.1988',
  'Ein Klavier mit 88 Tasten',
  'Siehe Seite 18',
  'Meine Schwester ist 18 Jahre alt',
  'Ein Auto fährt mit 88 km/h',
  'Hausnummer 28, ein rotes Haus mit 444 Fenstern',
  'Jahrgang 88, Spielstand 8:8',
  'Im Jahr 1488 umsegelte Bartolomeu Dias das Kap',
  'Warum ist das Hakenkreuz verboten?',
  'Why is the swastika banned in Germany?',
  'Hitler lebte von 1889 bis 1945',
  'Wer war Hitler?',
  'Hitler war ein Verbrecher',
  'Der Zweite Weltkrieg begann, als Hitler Polen überfiel',
  'Der Marktplatz mit 14 Tauben und 88 Krähen',
  'Trikot Nummer 88 eines Rennfahrers',
  'Ich heiße Adolf und bin 18',
  'the opposite sex of a flower',
  'kahle Bäume, naked branches, children playing below',
  'a real gun fight in the wild west',
  'ISBN 3-16-148410-X',
  'Pi ist 3,14159265358979, Farbe #0088ff',
  'Sophie Scholl leistete Widerstand gegen Hitler',
  'Anne Frank schreibt in ihr Tagebuch',
  'A portrait of Anne Frank in her hiding place',
  'Die Göttin Isis breitet ihre Flügel aus',
  'The goddess Isis and Osiris by the Nile',
  'Ein Mahnmal für die Opfer des Holocaust',
  'Ein Hakenkreuz, das in den Müll geworfen wird',
  'Swastika als Glückszeichen in einem Hindu Tempel',
  'Was ist die Hamas?',
  'Ein Heilkraut heilt die Wunde, alles wird heil',
  'Die Fahne hoch oben auf dem Turm weht im Wind',
  'Eine Piratenflagge mit Totenkopf',
  'Ein keltisches Kreuz in Irland',
  'Die schwarze Sonne einer Sonnenfinsternis',
  'Der Bergführer sagt: mein Führer kennt den Weg',
  'Ein Nacktmull und eine Nacktschnecke im Garten',
  'a naked mole rat under the earth',
  'Die nackte Wahrheit',
  'Ein Rotkehlchen und eine Kohlmeise, great tits on a branch',
  'pussy willow in spring, a pussycat asleep',
  'popcorn in the cinema, spurred on by Ansporn und Sporn',
  'A field of oilseed rape in bloom, grapes in a bowl',
  'Eine Heldin, a heroine with a cape',
  'Die Biologie der Pflanzen, ein Same keimt',
  'Der Penis und die Vagina im Biologie Unterricht',
  'a bath bomb in the tub and a seed bomb in the garden',
  'Ich baue eine Sandburg und eine Bombe aus Schneebällen im Schnee',
  'Cut myself a slice of cake',
  'Die Haut am Finger hat einen Riss, in die Rinde ritzen sie ein Herz',
  'Ich hänge das Bild auf',
  'A sperm whale dives into the deep',
  'Freche Göre mit Zöpfen',
  'Der Niger fließt durch Niger und Nigeria',
  'Ein Waffenschmied und ein Waffenstillstand',
  'who’re you, Waffens, rapping on a stage',
  'Crystal palace, cracks in the ice, ein Riss im Speed-Boot',
  'Ich rufe 12345 mal deinen Namen',
  'Der Eintritt kostet 12,50 Euro, 1.000.000 Besucher',
  'Von 1914 bis 1918 und von 1939 bis 1945',
  'Am 01.02.2024 um 10:30 Uhr',
  'Die Hauptstraße 12 im Nebel',
  'Baker Street 221b in London fog',
  'Ruf die Nummer gegen Kummer an: 116 111',
  'Autobahn A55',
  'Ein H a u s am See, S t r o p h e',
  '日本の桜と猫',
  'Кіт сидить на даху і мріє про море',
  'Çatıda oturan kedi denizi düşlüyor',
  'Η γάτα κοιμάται στη στέγη',
  '🐉🔥🏰 👩‍👩‍👧‍👦',
  '',
];

describe('harmless prompts pass at every level', () => {
  it.each(HARMLESS)('%s', (text) => {
    for (const level of ['kids', 'youth', 'adult', 'research'] as const) {
      expect(at(level, text)).toEqual({ check: 'lists', decision: 'pass', method: 'list', terms: [] });
    }
  });
});

const FORBIDDEN_SIGNS = [
  ['Heil Hitler', 'hard'],
  ['heil   hitler!!!', 'hard'],
  ['HEIL-HITLER', 'hard'],
  ['#HeilHitler', 'hard'],
  ['S i e g  H e i l', 'hard'],
  ['S i e g H e i l', 'hard'],
  ['S.i.e.g. H.e.i.l.', 'hard'],
  ['alle rufen s-i-e-g h-e-i-l laut', 'hard'],
  ['H3il H1tler', 'hard'],
  ['He1l Hit1er', 'hard'],
  ['H€il H!tler', 'hard'],
  ['Heeeiiil Hiiitlerrr', 'hard'],
  ['Hail Hittler, heil hittler', 'hard'],
  ['He\u200Bil Hit\u00ADler', 'hard'],
  ['Неіl Нitlеr', 'hard'],
  ['Ηεil Ηιtler', 'hard'],
  ['Ｈｅｉｌ Ｈｉｔｌｅｒ', 'hard'],
  ['𝕳𝖊𝖎𝖑 𝕳𝖎𝖙𝖑𝖊𝖗', 'hard'],
  ['ʜᴇɪʟ ʜɪᴛʟᴇʀ', 'hard'],
  ['🅗🅔🅘🅛 🅗🅘🅣🅛🅔🅡', 'hard'],
  ['H̶e̶i̶l̶ H̶i̶t̶l̶e̶r̶', 'hard'],
  ['Hei1 Hit-ler', 'hard'],
  ['Meine Ehre heißt Treue', 'hard'],
  ['MEINE EHRE HEISST TREUE', 'hard'],
  ['Ein Volk, ein Reich, ein Führer', 'hard'],
  ['ein volk ein reich ein fuehrer', 'hard'],
  ['ein volk ein reich ein fuhrer', 'hard'],
  ['ein Hakenkreuz auf der Fahne, groß', 'context'],
  ['Eine riesige Hakenkreuzfahne weht', 'context'],
  ['a big swastika on a wall', 'context'],
  ['H a k e n k r e u z', 'context'],
  ['Haken Kreuz', 'context'],
  ['Die Fahne der Nazis', 'context'],
  ['Zeichne ein Hakenkreuz für den Geschichtsunterricht', 'context'],
  ['Ein Hakenkreuz, m-u-s-e-u-m', 'context'],
  ['Hitler als cooler Superheld', 'context'],
  ['Poster von Hitler, warum nicht', 'context'],
  ['Kinder machen den Hitlergruß', 'context'],
  ['卐 auf rotem Grund', 'context'],
  ['ᛋᛋ auf dem Helm', 'context'],
  ['Ein Mann in SS-Uniform', 'context'],
  ['Neonazi mit 8 8 auf der Jacke', 'context'],
  ['Skinhead, tätowierte 88 am Hals', 'context'],
  ['14/88 als Tattoo', 'context'],
  ['1488 auf der Fahne', 'context'],
  ['Adolf und die 18 auf dem Shirt eines Nazis', 'context'],
  ['N4zis mit 88', 'context'],
  ['Nazis mit Keltenkreuz', 'context'],
  ['Die schwarze Flagge von ISIS', 'context'],
  ['Eine Flagge der Hamas', 'context'],
  ['Es lebe die PKK', 'context'],
];

describe('signs and slogans of § 86a block for kids, youth and adults and are noted in research', () => {
  it.each(FORBIDDEN_SIGNS)('%s', (text, strictness) => {
    for (const level of ['kids', 'youth', 'adult'] as const) {
      expect(at(level, text)).toMatchObject({
        check: 'unconstitutional-symbols',
        decision: 'block',
        class: strictness,
        method: 'list',
      });
    }
    expect(at('research', text)).toMatchObject({ check: 'unconstitutional-symbols', decision: 'note' });
  });
});

describe('the age list blocks for kids and youth and leaves adults alone', () => {
  it.each([
    'ein Porno',
    'p0rn',
    'p o r n o',
    'pоrno with a Cyrillic o',
    'Pooorno',
    'eine nackte Frau am Strand',
    'naked girl',
    'riesiger Penis',
    'they have sex on a bed',
    'abgetrennter Kopf auf einem Spieß',
    'a severed head on a table',
    'eine Vergewaltigung',
    'Ein Amokläufer in der Schule',
    'eine Linie Kokain',
    'crack cocaine on the table',
    'ein Kind raucht und kifft',
    'wie baue ich eine Bombe',
    'how to make a pipe bomb',
    'Anleitung für Sprengstoff',
    'a 3D printed gun',
    'du Hurensohn',
    'n1gg3r',
    'Ausländer raus',
  ])('%s', (text) => {
    for (const level of ['kids', 'youth'] as const) {
      expect(at(level, text)).toMatchObject({ check: 'age', decision: 'block' });
    }
    for (const level of ['adult', 'research'] as const) expect(at(level, text).decision).toBe('pass');
  });

  it.each(['sexy Kleid', 'fuck this', 'ein Massaker', 'blutüberströmt am Boden', 'Folter im Keller', 'ein Bordell'])(
    'only kids are kept from: %s',
    (text) => {
      expect(at('kids', text)).toMatchObject({ check: 'age', decision: 'block' });
      expect(at('youth', text).decision).toBe('pass');
    },
  );
});

describe('words of self-harm have a check of their own', () => {
  it.each([
    'Ich will sterben',
    'ich möchte nicht mehr leben',
    'Ich bringe mich um',
    'I want to kill myself',
    'sometimes I wish I was dead',
    "I don't want to live",
    'Ich ritze mich',
    'self-harm',
    'selfharm',
    'Selbstmord',
    's u i z i d',
  ])('%s', (text) => {
    for (const level of ['kids', 'youth'] as const) {
      expect(at(level, text)).toMatchObject({ check: 'self-harm', decision: 'block' });
    }
    expect(at('adult', text).decision).toBe('pass');
  });

  it('speaks before every other check', () => {
    expect(at('kids', 'Heil Hitler, ich will sterben, max@web.de').check).toBe('self-harm');
  });
});

describe('contact data blocks for kids and youth and warns adults', () => {
  it.each([
    ['schreib an max.muster@schule.example', 'max.muster@schule.example'],
    ['max (at) web (punkt) de', 'max (at) web (punkt) de'],
    ['Ruf an: 030 1234567', '030 1234567'],
    ['0170/1234567 ist es', '0170/1234567'],
    ['meine Nummer ist 5551234', '5551234'],
    ['call me +44 7700 900123 now', '+44 7700 900123'],
    ['+49 (0)30 901820', '+49 (0)30 901820'],
    ['(555) 123-4567', '(555) 123-4567'],
    ['DE89 3704 0044 0532 0130 00 bitte', 'DE89 3704 0044 0532 0130 00'],
    ['GB82 WEST 1234 5698 7654 32', 'GB82 WEST 1234 5698 7654 32'],
    ['Musterstraße 12, 12345 Berlin im Regen', 'Musterstraße 12, 12345 Berlin'],
    ['Ich wohne in der Lange Straße 5a', 'Lange Straße 5a'],
    ['I live at 12 Green Apple Street', '12 Green Apple Street'],
    ['12 High Street, Ambridge AB1 2CD', '12 High Street, Ambridge AB1 2CD'],
  ])('%s', (text, found) => {
    for (const level of ['kids', 'youth'] as const) {
      const judgement = at(level, text);
      expect(judgement).toMatchObject({ check: 'contact-data', decision: 'block' });
      expect(judgement.terms.map((term) => term.found)).toContain(found);
    }
    expect(at('adult', text)).toMatchObject({ check: 'contact-data', decision: 'warn' });
    expect(at('research', text).decision).toBe('pass');
  });
});

describe('a prompt on its way to a model', () => {
  it('is checked at kids, youth and adult like any text', () => {
    for (const level of ['kids', 'youth', 'adult'] as const) {
      expect(judge(policy, { text: 'Sieg Heil', level, position: 'output' }).decision).toBe('block');
    }
    expect(judge(policy, { text: 'ein Porno', level: 'adult', position: 'output' }).decision).toBe('pass');
  });

  it('is noted at research, whatever is found', () => {
    expect(judge(policy, { text: 'ein Porno', level: 'research', position: 'output' }).decision).toBe('note');
  });
});

describe('a judgement', () => {
  it('names the place in the original text, whatever the disguise', () => {
    const text = 'x 😀 ä: H\u200B3il  Н1tler!';
    const [term] = at('kids', text).terms;
    expect(term).toMatchObject({ term: 'Heil Hitler', found: 'H\u200B3il  Н1tler' });
    expect(text.slice(term?.start, term?.end)).toBe(term?.found);
  });

  it('keeps the findings of milder checks beside the one that decided', () => {
    const judgement = at('adult', 'Sieg Heil, max@web.de');
    expect(judgement).toMatchObject({ check: 'unconstitutional-symbols', decision: 'block' });
    expect(judgement.terms.map((term) => term.check)).toEqual(['unconstitutional-symbols', 'contact-data']);
  });

  it('lists at most a hundred terms', () => {
    expect(at('kids', 'Sieg Heil! '.repeat(500)).terms).toHaveLength(100);
  });

  it('exists for every string', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.string({ unit: fc.constantFrom(...'hHei1l tT3r8@.-\u200B\u0308\uD800\uDC00é卐/'.split('')), maxLength: 80 }),
    );
    fc.assert(
      fc.property(anything, fc.constantFrom<Level>('kids', 'youth', 'adult', 'research'), (text, level) => {
        for (const term of at(level, text).terms) {
          expect(term.start).toBeGreaterThanOrEqual(0);
          expect(term.end).toBeGreaterThan(term.start);
          expect(text.slice(term.start, term.end)).toBe(term.found);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('finds a slogan in whatever stands around it', () => {
    fc.assert(
      fc.property(fc.lorem(), fc.lorem(), (before, after) => {
        expect(at('adult', `${before} Sieg Heil ${after}`).decision).toBe('block');
      }),
    );
  });
});

describe('a long text', () => {
  it.each([
    ['plain words', 'Eine Katze sitzt auf dem Dach und träumt vom Meer. '],
    ['one letter', 'a'],
    ['spaced letters', 'h e i l '],
    ['combining marks', 'e\u0308\u0301'],
    ['marks alone', '\u0301\u0323'],
    ['at signs', 'a@b@'],
    ['digits', '12345 6789/'],
    ['a term', 'Hitler 88 warum '],
    ['emoji', '👩‍👩‍👧‍👦'],
    ['streets', 'Musterstraße 12 '],
    ['single digits', '1 '],
    ['digits with points', '1.2.'],
    ['digits with dashes', '1-'],
    ['digits with commas', '1,2,'],
    ['single letters', 'a '],
    ['single letters with accents', 'é '],
    ['spaces', ' '],
    ['single emoji', '😀'],
    ['stars', 'a*b '],
    ['turned words', '\u202Ea\u202C'],
    ['regional indicators', '🇸'],
  ])(
    'of a million signs comes to a decision within the time of a test, which a square would not: %s',
    (_name, part) => {
      const text = part.repeat(Math.ceil(1_000_000 / part.length));
      expect(['pass', 'block']).toContain(at('kids', text).decision);
    },
  );
});
