#!/usr/bin/env node
/** The command `siskin`. */
import { CommanderError } from 'commander';
import { complain, EXIT } from './output.ts';
import { createProgram } from './program.ts';

// `siskin report … | head`: who reads no further is no fault of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  await createProgram().parseAsync();
} catch (thrown) {
  if (thrown instanceof CommanderError) {
    // Commander has said what there is to say: help and version are good, the rest is misuse.
    process.exitCode = thrown.exitCode === 0 ? EXIT.good : EXIT.misuse;
  } else {
    complain(thrown);
    process.exitCode = EXIT.misuse;
  }
}
