/** Where this page's SDK options come from: a file beside the page, and its own address. */
import { type Backend, SiskinError, type SiskinOptions } from '@siskin/sdk';

export const CONFIG_URL = '/siskin-demo.json';

/**
 * The file's options, overridden by the address: `?backends=wasm,cpu&windowSeconds=5`. Only how the
 * page runs can be overridden, not whom it trusts or talks to: a link must not point it elsewhere.
 */
export function optionsFrom(file: SiskinOptions, query: URLSearchParams): SiskinOptions {
  const options: SiskinOptions = { ...file };
  const backends = query.get('backends');
  // What a backend may be called, and what a number may be, is for the SDK to say.
  if (backends !== null) options.backends = backends.split(',') as Backend[];
  for (const name of ['windowSeconds', 'pollSeconds'] as const) {
    const text = query.get(name);
    if (text !== null) options[name] = Number(text);
  }
  for (const name of ['allowSoftwareGpu', 'consent'] as const) {
    const text = query.get(name);
    if (text !== null) options[name] = text !== '0' && text !== 'false';
  }
  return options;
}

/** @throws SiskinError `config_invalid` if the file is missing or is not JSON. */
export async function readOptions(): Promise<SiskinOptions> {
  let file: SiskinOptions;
  try {
    const response = await fetch(CONFIG_URL, { cache: 'no-store' });
    if (!response.ok) throw new Error(`${CONFIG_URL} answered ${response.status}`);
    file = (await response.json()) as SiskinOptions;
  } catch (cause) {
    throw new SiskinError(
      'config_invalid',
      `the page found no options at ${CONFIG_URL}: start it with \`npm start\``,
      { cause },
    );
  }
  return optionsFrom(file, new URLSearchParams(location.search));
}
