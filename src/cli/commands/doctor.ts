import { Command } from 'commander';
import type { Finding } from '../../app/doctor.ts';
import { Exit } from '../host.ts';
import { examples } from '../examples.ts';
import type { GlobalFlags, Host } from '../host.ts';
import { styleOf, widthOf, write, writeJson } from '../output.ts';

/** Looks whether everything is well. */
export const doctorCommand = (host: Host): Command =>
  new Command('doctor')
    .description('Look whether everything a run needs is well.')
    .addHelpText('after', examples('stemma doctor', 'stemma doctor --rebuild'))
    .option('--rebuild', 'make the lists anew from the events')
    .option('--json', 'print one JSON document')
    .action(async (_flags: GlobalFlags, self: Command) => {
      const { data, json, rebuild: wanted } = self.optsWithGlobals<GlobalFlags & { rebuild?: boolean }>();
      if (wanted === true) return rebuildLists(host, { data, json });
      const { findings, language } = await lookAround(host, data);
      const ok = findings.every((finding) => finding.ok);
      if (json === true) writeJson({ ok, node: process.version, findings });
      else {
        const { drawFindings } = await import('../draw/tables.ts');
        write(drawFindings(findings, { style: styleOf(process.stdout), width: widthOf(process.stdout), language }));
      }
      if (!ok) throw new Exit(1);
    });

async function rebuildLists(host: Host, { data, json }: GlobalFlags): Promise<void> {
  const { rebuild } = await import('../../app/doctor.ts');
  await using app = await host.openApp({ data });
  const { events } = await rebuild(app);
  if (json === true) writeJson({ rebuilt: true, events });
  else write(`Lists made anew from ${events} events.`);
}

/** A store that does not open is a finding like any other. */
async function lookAround(
  host: Host,
  data: string | undefined,
): Promise<{ findings: readonly Finding[]; language: string }> {
  const { examine, examineWithoutStore } = await import('../../app/doctor.ts');
  const catalogue = await host.openCatalogue({ data });
  const { language } = catalogue.settings;
  const opened = await host.openApp({ data }).catch((fault: unknown) => ({ fault }));
  if ('fault' in opened) return { findings: await examineWithoutStore(catalogue, opened.fault), language };
  await using app = opened;
  return { findings: await examine(app), language };
}
