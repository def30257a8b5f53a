import { memoryFixture, sqliteFixture } from '../support/store-fixtures.ts';
import { contentDeletionContract } from './content-deletion.contract.ts';
import { installationLogContract } from './installation-log.contract.ts';
import { ledgerContract } from './ledger.contract.ts';
import { ledgerPropertiesContract } from './ledger-properties.contract.ts';
import { queueOrderContract } from './queue-order.contract.ts';
import { queuePropertiesContract } from './queue-properties.contract.ts';
import { routeStatisticsContract } from './route-statistics.contract.ts';
import { runLogContract } from './run-log.contract.ts';
import { storeFaultContract } from './store-fault.contract.ts';
import { workQueueContract } from './work-queue.contract.ts';

for (const [name, open] of [
  ['sqlite', sqliteFixture],
  ['memory', memoryFixture],
] as const) {
  runLogContract(name, open);
  workQueueContract(name, open);
  queueOrderContract(name, open);
  queuePropertiesContract(name, open);
  installationLogContract(name, open);
  ledgerContract(name, open);
  ledgerPropertiesContract(name, open);
  routeStatisticsContract(name, open);
  contentDeletionContract(name, open);
  storeFaultContract(name, open);
}
