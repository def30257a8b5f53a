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

/** The same as one readable text, for the run's `work/` folder. */
export const promptDocument = ({ instructions, prompt }: AssembledPrompt): string =>
  instructions === '' ? `${prompt}\n` : `${instructions}\n\n---\n\n${prompt}\n`;
