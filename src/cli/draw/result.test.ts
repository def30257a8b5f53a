import { describe, expect, it } from 'vitest';
import { RUN, SHA } from '../../../test/support/told-run.ts';
import type { RunResult } from '../../app/run-result.ts';
import { drawHints, drawResult } from './result.ts';
import { createStyle } from './style.ts';

const options = { style: createStyle({ colour: false, unicode: true }), width: 80, language: 'de' };

const result: RunResult = {
  runId: RUN,
  traceId: RUN.replaceAll('-', ''),
  state: 'succeeded',
  config: 'dada',
  pipeline: 'text-to-media',
  profile: 'offline',
  safety: 'youth',
  text: 'Ein Turm\nam Meer',
  outputs: [
    {
      index: 1,
      config: 'image',
      state: 'succeeded',
      artifacts: [
        { id: 'a', type: 'output_image', mediaType: 'image/png', path: '/data/a.png', sha256: SHA, sizeBytes: 1 },
      ],
    },
  ],
  blocked: null,
  error: null,
  cost: { microUsd: 0, tokensIn: 0, tokensOut: 0, unpriced: 0 },
  durationMs: 812,
};

const error = {
  code: 'PROVIDER_TIMEOUT',
  type: 'StemmaError',
  message: 'Der Dienst hat nicht rechtzeitig geantwortet.',
  stackHash: null,
  retryable: true,
  retryAfterMs: null,
  facts: {},
  detail: null,
};

describe('the result of a run', () => {
  it('is the text as it is, then every file on a line of its own', () => {
    expect(drawResult(result, options)).toBe('Ein Turm\nam Meer\n\n/data/a.png\n');
  });

  it('names the outputs that are not there', () => {
    const failed = { index: 2, config: 'offline-image', state: 'failed', artifacts: [] } as const;
    expect(drawResult({ ...result, outputs: [...result.outputs, failed] }, options)).toContain(
      '/data/a.png\nAusgabe 2 (offline-image): nicht gelungen\n',
    );
  });

  it('is the gate alone when a protection rule stopped the run', () => {
    const blocked = {
      stage: 1,
      code: 'SAFETY_BLOCKED',
      check: 'age',
      heading: 'Das passt noch nicht',
      message: 'Hier geht es nicht weiter.',
      why: 'Darum.',
      protection: 'Dich.',
      suggestion: 'Etwas anderes.',
      terms: ['Geheimwort'],
    };
    const text = drawResult({ ...result, state: 'blocked', outputs: [], blocked, error }, options);
    expect(text).toMatch(/^═+\n\n {3}Das passt noch nicht\n\n {3}Hier geht es nicht weiter\.\n/u);
    expect(text).not.toContain('Ein Turm');
    expect(text).not.toContain('Geheimwort');
  });

  it('says what failed, its code, and where it stands what to do', () => {
    const text = drawResult({ ...result, state: 'failed', text: null, outputs: [], error }, options);
    expect(text).toBe(
      'Der Dienst hat nicht rechtzeitig geantwortet.\nPROVIDER_TIMEOUT · Was zu tun ist: docs/errors/PROVIDER_TIMEOUT.md\n',
    );
  });

  it('cannot steer the terminal', () => {
    expect(drawResult({ ...result, text: '\u001B]0;x\u0007' }, options)).toContain('␛]0;x␇');
  });
});

describe('hints', () => {
  it('name the commands that go on from here', () => {
    expect(drawHints(result, { ...options, width: 100 })).toContain(
      `stemma runs tree ${RUN}  wie der Text entstanden ist\n`,
    );
    expect(drawHints({ ...result, state: 'paused' }, options)).toMatch(/^stemma runs resume /u);
    expect(drawHints({ ...result, state: 'pending' }, options)).toMatch(/^stemma worker /u);
    expect(drawHints({ ...result, state: 'waiting', waitingFor: 'person' }, options)).toMatch(/^stemma reviews list /u);
    expect(drawHints({ ...result, state: 'waiting', waitingFor: 'signal' }, options)).toMatch(/^stemma runs signal /u);
    expect(drawHints({ ...result, state: 'failed' }, options)).toContain('stemma doctor');
  });
});
