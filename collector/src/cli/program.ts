/** The command `siskin`: its subcommands, and how misuse is told. */
import { Command } from 'commander';
import pkg from '../../package.json' with { type: 'json' };
import { compareCommand } from './commands/compare.ts';
import { exportCommand } from './commands/export.ts';
import { initCommand } from './commands/init.ts';
import { judgeCommand } from './commands/judge.ts';
import { keysCommand } from './commands/keys.ts';
import { labelCommand } from './commands/label.ts';
import { profileCommand } from './commands/profile.ts';
import { publishCommand } from './commands/publish.ts';
import { reportCommand } from './commands/report.ts';
import { rolloutCommand } from './commands/rollout.ts';
import { serveCommand } from './commands/serve.ts';
import { verifyCommand } from './commands/verify.ts';

export function createProgram(): Command {
  const program = new Command('siskin')
    .description('Machine learning that runs in the browser and is run like production.')
    .version(pkg.version)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(`${asOneLine(text)} [usage]\n`),
    })
    .addHelpText(
      'after',
      `
Exit codes: 0 good, 1 found something (an alarm), 2 misuse or bad input.

  $ siskin init --data ./siskin-data --app shop
  $ siskin serve --data ./siskin-data
  $ siskin publish models/house/v1 --data ./siskin-data
  $ siskin report house --data ./siskin-data`,
    );
  initCommand(program);
  serveCommand(program);
  profileCommand(program);
  publishCommand(program);
  rolloutCommand(program);
  judgeCommand(program);
  labelCommand(program);
  compareCommand(program);
  reportCommand(program);
  keysCommand(program);
  verifyCommand(program);
  exportCommand(program);
  return program;
}

/** "error: unknown option '--prt'\n(Did you mean --port?)" → "siskin: unknown option '--prt' (Did …)". */
function asOneLine(text: string): string {
  return text
    .trim()
    .replace(/^error: /, 'siskin: ')
    .replaceAll(/\s*\n\s*/g, ' ');
}
