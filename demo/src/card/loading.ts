/** A model on its way: manifest, download, compilation, warm-up. */
import type { Progress } from '@siskin/sdk';
import { part, write } from '../dom.ts';
import { backendName, bytes } from '../format.ts';

export interface Loading {
  show(progress: Progress): void;
  hide(): void;
}

export function createLoading(root: HTMLElement): Loading {
  const text = part(root, 'progress');
  const bar = part<HTMLProgressElement>(root, 'progress-bar');
  const box = part(root, 'loading');
  return {
    show(progress) {
      box.hidden = false;
      write(text, wordsOf(progress));
      if (progress.phase === 'download' && progress.total > 0) {
        bar.max = progress.total;
        bar.value = progress.received;
      } else bar.removeAttribute('value');
    },
    hide() {
      box.hidden = true;
    },
  };
}

function wordsOf(progress: Progress): string {
  switch (progress.phase) {
    case 'manifest':
      return 'Asking which version this device runs…';
    case 'download':
      return `Downloading the model: ${bytes(progress.received)} of ${bytes(progress.total)}`;
    case 'compile':
      return `Preparing the model for ${backendName(progress.backend)}…`;
    case 'warmup':
      return `Checking its answers on ${backendName(progress.backend)}…`;
    case 'ready':
      return 'Ready';
  }
}
