import type { Hour } from '../scene.ts';

export interface Palette {
  /** From the light outwards. */
  readonly sky: readonly string[];
  readonly ground: readonly [string, ...string[]];
  readonly sea: readonly [string, ...string[]];
  readonly things: readonly string[];
  readonly light: string;
  readonly ink: string;
}

const SEA = ['#0e3b5e', '#136f7d', '#1fa08c', '#0a2547', '#7cc3a4'] as const;

export const PALETTES: Readonly<Record<Hour, Palette>> = {
  night: {
    sky: ['#f3d24a', '#7fb2a6', '#2f74b5', '#1d3f93', '#152a66', '#2a1a57', '#0f1440'],
    ground: ['#1c2b4a', '#3a1f5e', '#0d3b45', '#5b2350'],
    sea: ['#0c2d57', '#14557d', '#0a1a3d', '#2187a0', '#5aa6a0'],
    things: ['#e0512b', '#e7a722', '#2fa37c', '#c22f5b', '#4c7fd0'],
    light: '#fbe37a',
    ink: '#080716',
  },
  dusk: {
    sky: ['#ffe07a', '#f9a13a', '#ee5a2a', '#c92a3d', '#8c1f55', '#4a1d5f', '#2b174a'],
    ground: ['#3b1d45', '#6d1f3c', '#1f3a4c', '#94391f'],
    sea: SEA,
    things: ['#127a7f', '#f0b52a', '#2d4fa8', '#e04a2f', '#5e9a3c'],
    light: '#fff0a8',
    ink: '#150a1c',
  },
  dawn: {
    sky: ['#fff2b8', '#f8c78a', '#ef8f86', '#c86a9c', '#7d63ab', '#4b63a8', '#31508f'],
    ground: ['#2f6b4f', '#6a8f3a', '#8a3f5d', '#234a66'],
    sea: ['#2c6f95', '#5aa7b0', '#31508f', '#e79a8c', '#1d4a77'],
    things: ['#c9312f', '#2350a0', '#f2b01e', '#187a5b', '#7a2f86'],
    light: '#fff8d6',
    ink: '#1a1026',
  },
  day: {
    sky: ['#fff1a0', '#f7cf3d', '#8cc9a0', '#3fa7b8', '#2a7fbf', '#2560a6', '#1c4a8f'],
    ground: ['#4f8a2c', '#c7a12a', '#216b4b', '#d0622a'],
    sea: SEA,
    things: ['#d32f2b', '#28409a', '#f39a1c', '#8a2d7c', '#0f7f6a'],
    light: '#fffbe0',
    ink: '#140d18',
  },
};
