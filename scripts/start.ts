/** `npm start`: everything at once, live; with `--once`, the whole story, headless. */
import { parseArgs } from 'node:util';
import { live } from './live.ts';
import { story } from './story.ts';

const HELP = `npm start [-- options]

  --once               tell the whole story headless, print one JSON object last, and exit
  --port N             port of the collector and its report page (default 4100; 0: any)
  --demo-port N        port of the demo page (default 4101; 0: any)
  --data DIR           folder of keys, counts and models (default .siskin; --once uses a new one)
  --devices N          simulated devices (default 32)
  --help
`;

function fail(message: string): never {
  console.error(`siskin: ${message}`);
  process.exit(2);
}

function read() {
  try {
    return parseArgs({
      options: {
        once: { type: 'boolean', default: false },
        port: { type: 'string', default: '4100' },
        'demo-port': { type: 'string', default: '4101' },
        data: { type: 'string', default: '.siskin' },
        devices: { type: 'string', default: '32' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return fail(`${(error as Error).message} (npm start -- --help lists the options)`);
  }
}

function whole(name: string, text: string, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > most)
    fail(`--${name} takes a whole number from 0 to ${most}, not "${text}"`);
  return value;
}

const options = read();
if (options.help) {
  console.log(HELP);
  process.exit(0);
}
const devices = whole('devices', options.devices, 200);
try {
  if (options.once) await story(devices);
  else {
    await live({
      ports: {
        collector: whole('port', options.port, 65535),
        demo: whole('demo-port', options['demo-port'], 65535),
      },
      data: options.data,
      devices,
    });
  }
} catch (error) {
  fail((error as Error).message);
}
