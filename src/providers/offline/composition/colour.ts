/** Colours by the names that a text can use, in a bright and a deep form. */
export const NAMED: Readonly<Record<string, readonly [string, string]>> = {
  red: ['#d8281f', '#8f1414'],
  orange: ['#ee7a1d', '#a8450c'],
  yellow: ['#f6bf12', '#b98205'],
  green: ['#2f8f4e', '#0f4d31'],
  blue: ['#1f55ad', '#112a63'],
  violet: ['#7a3f9d', '#3f1c5c'],
  pink: ['#e8789b', '#a83a62'],
  brown: ['#8a5630', '#4a2a14'],
  white: ['#fbf8ef', '#cfc8b8'],
  black: ['#17151a', '#050507'],
  grey: ['#9b9a96', '#55565a'],
};

/** Two `#rrggbb` colours mixed; `share` of the second, 0 to 1. */
export function mix(first: string, second: string, share: number): string {
  const channel = (at: number): string => {
    const [a, b] = [first, second].map((colour) => Number.parseInt(colour.slice(at, at + 2), 16));
    return Math.round((a ?? 0) * (1 - share) + (b ?? 0) * share)
      .toString(16)
      .padStart(2, '0');
  };
  return `#${channel(1)}${channel(3)}${channel(5)}`;
}

/** How light a colour looks, 0 (black) to 1 (white). */
export function lightness(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  return (r * 0.299 + g * 0.587 + b * 0.114) / 255;
}

export function darker(colour: string, share: number): string {
  return mix(colour, '#07060c', share);
}

export function lighter(colour: string, share: number): string {
  return mix(colour, '#fffbe8', share);
}
