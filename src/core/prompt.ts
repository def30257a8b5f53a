/** A named part of a prompt; `task`, `context` and `prompt` are what the studio shows and lets people edit. */
export interface PromptText {
  readonly name: string;
  readonly text: string;
}

/** A prompt as a model gets it. */
export interface AssembledPrompt {
  /** The system prompt: task, context, and the order which language to answer in. */
  readonly instructions: string;
  /** The text to work on. */
  readonly prompt: string;
}

/**
 * The one assembler of all prompts: every part but `prompt` goes into the instructions, in the order of the chunk's
 * template, followed by the order to answer in the text's language.
 */
export function assemblePrompt(parts: readonly PromptText[], language: string | undefined): AssembledPrompt {
  const instructions = parts.filter(({ name }) => name !== 'prompt').map(({ text }) => text.trim());
  if (language !== undefined) instructions.push(`Answer in the language with the ISO 639-1 code "${language}".`);
  const prompt = parts.filter(({ name }) => name === 'prompt').map(({ text }) => text);
  return { instructions: instructions.filter((text) => text !== '').join('\n\n'), prompt: prompt.join('\n\n') };
}

/**
 * The forms in which the texts of one request can reach a model together: in the request's order, with the prompt last
 * as models get it, and assembled with all that the assembler adds. A text alone is its only form.
 */
export function sentForms(texts: readonly PromptText[], language: string | undefined): readonly string[] {
  const own = texts.map(({ text }) => text);
  if (own.length < 2) return own;
  const prompts = texts.filter(({ name }) => name === 'prompt').map(({ text }) => text);
  const assembled = [...texts.filter(({ name }) => name !== 'prompt').map(({ text }) => text), ...prompts];
  const joined = [own, assembled, prompts].flatMap((row) => [row.join(' '), row.join('\n')]);
  return [...new Set([...joined, promptDocument(assemblePrompt(texts, language))])].filter((form) => form !== '');
}

/** The same as one readable text, for the run's `work/` folder. */
export const promptDocument = ({ instructions, prompt }: AssembledPrompt): string =>
  instructions === '' ? `${prompt}\n` : `${instructions}\n\n---\n\n${prompt}\n`;
