import { memoryFixture, sqliteFixture } from '../support/store-fixtures.ts';
import { runLogContract } from './run-log.contract.ts';
import { workQueueContract } from './work-queue.contract.ts';

for (const [name, open] of [
  ['sqlite', sqliteFixture],
  ['memory', memoryFixture],
] as const) {
  runLogContract(name, open);
  workQueueContract(name, open);
}
