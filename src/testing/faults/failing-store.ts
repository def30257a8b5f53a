import { StemmaError } from '../../core/errors.ts';
import { inParallel, oneOf, resultOf } from '../kit-result.ts';
import type { KitResult, OnProgress } from '../kit-result.ts';
import type { KitSession } from '../kit-session.ts';
import type { Tried } from '../process/kit-bench.ts';
import { faultsInTrouble } from './trouble.ts';

const AT_ONCE = 8;
/** The file of a run at whose writing the disk begins to fail, and how often it does. */
const FAILING_FILES = [1, 2, 3, 5, 8, 13];
const FAILURES = 3;
/** Enough runs to fill every page that is free. */
const FILLING = 6;
const FULL_AFTER = 6;
const PLENTY = 2 ** 30;

/** Commits that fail one after another, a full database, a disk that is full or broken: runs go on once it is over. */
export async function failingStore(tried: Tried, onProgress?: OnProgress): Promise<readonly KitResult[]> {
  const commits = await countCommits(tried);
  const all = Array.from({ length: commits }, (_, index) => index + 1);
  const numbers = oneOf(all, tried.oneIn);
  onProgress?.(`${numbers.length} of ${commits} commits fail once each`);
  const failed = await inParallel(numbers, AT_ONCE, (number) =>
    resultOf(`commit ${number} fails`, () => failCommit(tried, number)),
  );
  onProgress?.('the database and the disk of the files are full, and fail');
  const disks = FAILING_FILES.flatMap((file) => (['ENOSPC', 'EIO'] as const).map((code) => ({ file, code })));
  const files = await inParallel(oneOf(disks, tried.oneIn), AT_ONCE, ({ file, code }) =>
    resultOf(`the disk answers ${code} from file ${file} on`, () => failFiles(tried, file, code)),
  );
  return [...failed, ...files, await resultOf('the database is full for a while', () => fillDatabase(tried))];
}

async function countCommits(tried: Tried): Promise<number> {
  let commits = 0;
  const faults = await faultsInTrouble(tried, { session: { seams: { afterCommit: () => void (commits += 1) } } });
  if (faults.length > 0) throw new Error(`Without any trouble: ${faults.join('; ')}`);
  return commits;
}

function failCommit(tried: Tried, number: number): Promise<readonly string[]> {
  let commits = 0;
  const beforeCommit = (): void => {
    commits += 1;
    if (commits === number) throw new StemmaError('STORE_FULL', 'The disk could not be written.');
  };
  return faultsInTrouble(tried, { session: { seams: { beforeCommit } }, named: ['STORE_FULL'] });
}

function failFiles(tried: Tried, from: number, code: 'ENOSPC' | 'EIO'): Promise<readonly string[]> {
  let writes = 0;
  const beforeFileWrite = (): void => {
    writes += 1;
    if (writes >= from && writes < from + FAILURES) throw Object.assign(new Error(`${code}: write`), { code });
  };
  // a broken disk has no code of its own
  const named = code === 'ENOSPC' ? ['STORE_FULL'] : ['STORE_FULL', 'INTERNAL'];
  return faultsInTrouble(tried, { session: { seams: { beforeFileWrite } }, named });
}

async function fillDatabase(tried: Tried): Promise<readonly string[]> {
  let commits = 0;
  let opened: KitSession | undefined;
  let wasFull = false;
  const afterCommit = (): void => {
    commits += 1;
    if (commits === FULL_AFTER + FILLING) opened?.store.sqlite?.limitPages(1);
  };
  const faults = await faultsInTrouble(tried, {
    session: { seams: { afterCommit } },
    runs: Array.from({ length: FILLING }, () => ({})),
    named: ['STORE_FULL'],
    onOpen: (session) => {
      opened = session;
    },
    onBroken: () => {
      wasFull = true;
      opened?.store.sqlite?.limitPages(PLENTY);
    },
  });
  return wasFull || opened?.store.sqlite === undefined ? faults : [...faults, 'the database was never full'];
}
