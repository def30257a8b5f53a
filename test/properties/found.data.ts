import type { Operation } from '../support/operations.ts';

/** Stories that were told once and came out wrong, and one that chance seldom tells: each is told first every time. */
export const FOUND: readonly (readonly Operation[])[] = [
  // a worker that others had taken for crashed said goodbye, and went from crashed to stopped
  [
    { do: 'freeze', worker: 0 },
    { do: 'employ', worker: 0 },
    { do: 'employ', worker: 1 },
    { do: 'pass', seconds: 4 },
    { do: 'stop', worker: 0 },
  ],
  // another worker obeyed a command before its sender could, and the sender waited for ever with a run that waits
  [
    { do: 'start', config: 'asking', text: 'a small cat' },
    { do: 'freeze', worker: 2 },
    { do: 'employ', worker: 2 },
    { do: 'signal', run: 0, name: 'filled-in' },
  ],
  // a step wrote once more after its run was canceled: a row without an event, whose file was swept
  [
    { do: 'start', config: 'straight', text: 'a small cat' },
    { do: 'start', config: 'straight', text: 'a small cat' },
    { do: 'employ', worker: 1 },
    { do: 'command', run: 0, type: 'resume', carryOn: true },
    { do: 'work', worker: 0 },
    { do: 'command', run: 0, type: 'cancel', carryOn: false },
    { do: 'signal', run: 0, name: 'filled-in' },
    { do: 'thaw', worker: 0 },
    { do: 'start', config: 'straight', text: 'a small cat' },
    { do: 'work', worker: 0 },
  ],
  // the third worker that dies in one step
  [
    { do: 'start', config: 'straight', text: 'a small cat' },
    { do: 'kill', worker: 0 },
    { do: 'employ', worker: 1 },
    { do: 'pass', seconds: 5 },
    { do: 'kill', worker: 1 },
    { do: 'employ', worker: 2 },
    { do: 'pass', seconds: 5 },
    { do: 'kill', worker: 2 },
    { do: 'work', worker: 0 },
  ],
];
