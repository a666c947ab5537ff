/** Collector, report page, demo page and live traffic, until Ctrl-C. */
import { once } from 'node:events';
import { Fleet } from '../demo/fleet/fleet.ts';
import { bringUp } from './stack.ts';

/** When larger houses reach the market, and when version 2 of the digits goes to some devices. */
const DRIFT_AFTER_S = 60;
const CANARY_AFTER_S = 30;

export interface LiveOptions {
  ports: { collector: number; demo: number };
  data: string;
  devices: number;
}

/** Resolves at the signal, rejects if the collector ends before it. */
async function untilStopped(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

export async function live({ ports, data, devices }: LiveOptions): Promise<void> {
  const stop = new AbortController();
  // Once is enough, and a second signal must not end what is stopping the others.
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stop.abort());
  const say = (line: string) => console.log(line);
  const stack = await bringUp({
    data,
    ports,
    window: 10,
    page: { windowSeconds: 10, pollSeconds: 10 },
    say,
  });
  let fleet: Fleet | undefined;
  try {
    say(`starting ${devices} simulated devices …`);
    const running = await Fleet.start(devices, stack.access);
    fleet = running;
    running.run(1000);
    console.log(`
  Live report   ${stack.access.collector}?since=1m
  Demo page     ${stack.site.url}

In ${CANARY_AFTER_S} s version v2 of the digits goes to half of the devices; in ${DRIFT_AFTER_S} s larger
houses reach the market, and the report will say so. Ctrl-C stops everything.
`);
    const later = (seconds: number, what: () => Promise<void> | void) => {
      const timer = setTimeout(() => {
        Promise.resolve(what()).catch((error: Error) => say(error.message));
      }, seconds * 1000);
      stop.signal.addEventListener('abort', () => clearTimeout(timer));
    };
    later(CANARY_AFTER_S, async () => {
      await stack.command('rollout', 'start', 'digits', '--to', 'v2', '--canary', '50');
      say('· digits v2 is in canary on half of the devices');
    });
    later(DRIFT_AFTER_S, () => {
      running.market = 'new';
      say('· larger houses have reached the market: watch the house model in the report');
    });
    await untilStopped(stop.signal);
    say('stopping …');
  } finally {
    await fleet?.stop();
    await stack.stop();
  }
}
