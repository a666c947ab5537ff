/** What happened on this page, newest first. */
import { element } from './dom.ts';
import { clock } from './format.ts';
import type { EventKind } from './subject.ts';

const KEPT = 60;

export type Log = (kind: EventKind, text: string) => void;

export function createLog(list: HTMLElement): Log {
  let last: { line: string; item: HTMLElement; times: number } | undefined;
  return (kind, text) => {
    const now = new Date();
    const line = `${kind} ${text}`;
    const time = element('time', { datetime: now.toISOString() }, clock(now));
    if (last?.line === line) {
      // A collector that stays away says so at every look; one line is enough.
      last.times++;
      last.item.querySelector('time')?.replaceWith(time);
      last.item.querySelector('.times')?.remove();
      last.item.append(element('span', { class: 'times' }, `×${last.times}`));
      return;
    }
    const item = element(
      'li',
      { 'data-kind': kind },
      time,
      element('span', { class: 'kind' }, kind),
      element('span', { class: 'what' }, text),
    );
    list.prepend(item);
    last = { line, item, times: 1 };
    while (list.childElementCount > KEPT) list.lastElementChild?.remove();
  };
}
