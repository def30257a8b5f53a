import { createInterface } from 'node:readline/promises';
import { Exit } from './host.ts';

const INTERRUPTED = 130;

interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/**
 * Asks on the terminal.
 *
 * @returns the answer without the space around it
 * @throws {Exit} for Ctrl-C or Ctrl-D instead of an answer
 */
export async function askPerson(
  question: string,
  { input, output }: Terminal = { input: process.stdin, output: process.stderr },
): Promise<string> {
  const line = createInterface({ input, output, terminal: true });
  try {
    return (await line.question(question)).trim();
  } catch (thrown) {
    if (!(thrown instanceof Error) || thrown.name !== 'AbortError') throw thrown;
    output.write('\n');
    throw new Exit(INTERRUPTED);
  } finally {
    line.close();
  }
}
