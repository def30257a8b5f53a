import type { ArtifactId } from '../core/ids.ts';

/** The texts that were used last, as many as have room: one that is gone is read from its file again. */
export class RecentTexts {
  readonly #mostCharacters: number;
  readonly #texts = new Map<ArtifactId, string>();
  #characters = 0;

  constructor(mostCharacters: number) {
    this.#mostCharacters = mostCharacters;
  }

  get(id: ArtifactId): string | undefined {
    const text = this.#texts.get(id);
    if (text === undefined) return undefined;
    this.#texts.delete(id);
    this.#texts.set(id, text); // the one used last stands last
    return text;
  }

  /** What an id names never changes, so a text that is here already only becomes the last one used. */
  keep(id: ArtifactId, text: string): void {
    if (this.get(id) !== undefined) return;
    this.#texts.set(id, text);
    this.#characters += text.length;
    for (const [oldest, { length }] of this.#texts) {
      if (this.#characters <= this.#mostCharacters) return;
      this.#texts.delete(oldest);
      this.#characters -= length;
    }
  }
}
