/** The project's own files, and the imports that one of them makes. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT_ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export interface SourceFile {
  /** Relative to the project, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** Every file that matches, in order of its path. */
export function sourceFiles(pattern: string, root = PROJECT_ROOT): readonly SourceFile[] {
  const paths = globSync(pattern, { cwd: root }).map((path) => path.replaceAll('\\', '/'));
  return paths.sort().map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

/** What an import names when it is no literal text, so that no layer test can see where it leads. */
export const COMPUTED = '<computed>';

const STRING = String.raw`'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|` + '`(?:[^`\\\\]|\\\\[^])*`';
const COMMENT_OR_STRING = new RegExp(String.raw`(${STRING})|\/\*[^]*?\*\/|\/\/[^\n]*`, 'g');

/** The source with comments taken out; texts that look like comments stay. */
const withoutComments = (source: string): string =>
  source.replace(COMMENT_OR_STRING, (_match, text: string | undefined) => text ?? ' ');

const QUOTED = String.raw`(['"\`])([^'"\`\n]+)\1`;
const FORMS: readonly RegExp[] = [
  // import x from '…', import type … from '…', export … from '…'
  new RegExp(String.raw`\b(?:import|export)\b[^'"\`;=()]*?\bfrom\s*${QUOTED}`, 'g'),
  // import '…'
  new RegExp(String.raw`\bimport\s*${QUOTED}`, 'g'),
  // import('…') as a value or as a type, require('…')
  new RegExp(String.raw`\b(?:import|require)\s*\(\s*${QUOTED}\s*[,)]`, 'g'),
];
const COMPUTED_IMPORT = new RegExp(String.raw`\bimport\s*\(\s*(?!${QUOTED}\s*[,)])`, 'g');

/** Everything the source imports: static, dynamic, for types only, and passed on by `export … from`. */
export function importsOf(source: string): readonly string[] {
  const code = withoutComments(source);
  const named = FORMS.flatMap((form) => [...code.matchAll(form)].map((match) => match[2] ?? ''));
  return [...named, ...[...code.matchAll(COMPUTED_IMPORT)].map(() => COMPUTED)];
}
