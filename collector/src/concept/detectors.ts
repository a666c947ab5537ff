/**
 * Stream detectors over the error rates of windows, one value a window, with river's defaults. They
 * see order and nothing else: neither how many labels a window has nor which devices they are of.
 * The verdict does not rest on them.
 */
import type { Detections } from '../conceptReport.ts';
import { Adwin } from './adwin.ts';
import { Ddm } from './ddm.ts';
import { PageHinkley } from './pageHinkley.ts';

export interface ErrorRate {
  /** Start of the window, ISO 8601. */
  window: string;
  /** 0 … 1. */
  rate: number;
}

/** @param rates of windows that have labels, the earliest first. */
export function detect(rates: readonly ErrorRate[]): Detections {
  const found: Detections = {
    windows: rates.length,
    pageHinkley: [],
    ddm: { warnings: [], changes: [] },
    adwin: [],
  };
  const pageHinkley = new PageHinkley();
  const ddm = new Ddm();
  const adwin = new Adwin();
  for (const { window, rate } of rates) {
    if (pageHinkley.update(rate)) found.pageHinkley.push(window);
    const told = ddm.update(rate);
    if (told === 'warning') found.ddm.warnings.push(window);
    if (told === 'drift') found.ddm.changes.push(window);
    if (adwin.update(rate)) found.adwin.push(window);
  }
  return found;
}
