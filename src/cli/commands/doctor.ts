import { Command } from 'commander';
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
      await using app = await host.openApp({ data });
      const { examine, rebuild } = await import('../../app/doctor.ts');
      if (wanted === true) {
        const { events } = await rebuild(app);
        if (json === true) writeJson({ rebuilt: true, events });
        else write(`Lists made anew from ${events} events.`);
        return;
      }
      const findings = await examine(app);
      const ok = findings.every((finding) => finding.ok);
      if (json === true) writeJson({ ok, node: process.version, findings });
      else {
        const { drawFindings } = await import('../draw/tables.ts');
        const { language } = app.settings;
        write(drawFindings(findings, { style: styleOf(process.stdout), width: widthOf(process.stdout), language }));
      }
      if (!ok) throw new Exit(1);
    });
