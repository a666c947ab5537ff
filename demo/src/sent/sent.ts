/** What leaves this page — the very counts — and what does not. */
import type { Siskin } from '@siskin/sdk';
import { element, part, write } from '../dom.ts';
import { bytes, plural } from '../format.ts';
import type { EventKind } from '../subject.ts';
import { type SeriesCounts, summarise, type VersionCounts } from './counts.ts';

/** Looking costs the worker a little; a burst of predictions is looked at once. */
const LOOK_MS = 150;

export interface SentOptions {
  section: HTMLElement;
  siskin: Siskin;
  /** Whether counting is allowed to begin with. */
  consent: boolean;
  log(kind: EventKind, text: string): void;
  failed(error: unknown): void;
}

export interface Sent {
  /** Something has been counted or sent: look again. */
  refresh(): void;
}

export function createSent({ section, siskin, consent, log, failed }: SentOptions): Sent {
  const totals = part(section, 'sent-counts');
  const tables = part(section, 'sent-series');
  const raw = part(section, 'sent-raw');
  const allow = part<HTMLInputElement>(section, 'consent');
  const send = part<HTMLButtonElement>(section, 'send-now');
  let isDue = false;

  const look = async () => {
    isDue = false;
    const batches = await siskin.inspect();
    const { series, counts, versions } = summarise(batches);
    const exact = JSON.stringify(batches, null, 1);
    const size = bytes(new TextEncoder().encode(JSON.stringify(batches)).length);
    write(
      totals,
      batches.length === 0
        ? 'Nothing waits.'
        : `${plural(batches.length, 'batch', 'batches')}: ${plural(counts, 'count')} in ${series} series, ${size} before compression`,
    );
    tables.replaceChildren(...versions.map(tableOf));
    write(raw, compact(exact));
  };
  const refresh = () => {
    if (isDue) return;
    isDue = true;
    // Without a worker there is nothing to look at; whoever uses the models hears why.
    setTimeout(() => void look().catch(() => undefined), LOOK_MS);
  };

  send.addEventListener('click', async () => {
    try {
      const { waiting } = await siskin.flush();
      if (waiting > 0) log('sent', `${plural(waiting, 'batch', 'batches')} could not be sent yet`);
    } catch (error) {
      failed(error);
    }
    refresh();
  });
  allow.checked = consent;
  allow.addEventListener('change', async () => {
    try {
      await siskin.setConsent(allow.checked);
      log('you', allow.checked ? 'counting allowed' : 'counting stopped; what waited is deleted');
    } catch (error) {
      failed(error);
    }
    refresh();
  });
  return { refresh };
}

function tableOf({ title, series }: VersionCounts): HTMLTableElement {
  const head = element(
    'tr',
    {},
    element('th', { scope: 'col' }, 'Series'),
    element('th', { scope: 'col' }, 'Counts by bin'),
    element('th', { scope: 'col', class: 'total' }, 'Total'),
  );
  return element(
    'table',
    {},
    element('caption', {}, title),
    element('thead', {}, head),
    element('tbody', {}, ...series.map(rowOf)),
  );
}

function rowOf({ name, bins, total }: SeriesCounts): HTMLTableRowElement {
  const chips = bins.map(([bin, count]) =>
    element('span', { class: 'bin' }, `${bin}`, element('b', {}, `×${count}`)),
  );
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, ...breakable(name)),
    element('td', {}, ...chips),
    element('td', { class: 'total' }, String(total)),
  );
}

/** `input/image/width` may break after a slash where there is no room. */
function breakable(name: string): (Node | string)[] {
  return name.split('/').flatMap((word, i) => (i === 0 ? [word] : ['/', element('wbr'), word]));
}

/** Arrays of numbers on one line: a batch is mostly these. */
function compact(json: string): string {
  return json.replaceAll(/\[[\d\s,]+\]/g, (list) =>
    list.replaceAll(/\s+/g, '').replaceAll(',', ', '),
  );
}
