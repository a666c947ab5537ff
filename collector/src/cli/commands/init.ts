import type { Command } from 'commander';
import { createApp } from '../../createApp.ts';
import { outputOf } from '../output.ts';

export function initCommand(program: Command): void {
  program
    .command('init')
    .description('make a data folder and an app in it, with its keys')
    .requiredOption('--data <dir>', 'the data folder; made where there is none')
    .requiredOption('--app <name>', 'the app: 1–64 letters, digits, "_", "." or "-"')
    .option('--json', 'one JSON object instead of text')
    .addHelpText(
      'after',
      `
The admin secret is shown once. It is also kept in DIR/credentials.json, readable by you alone, so
that commands with --data DIR work on this machine; the database holds only its hash.

  $ siskin init --data ./siskin-data --app shop`,
    )
    .action(async ({ data, app, json }: { data: string; app: string; json?: boolean }) => {
      const created = await createApp({ data, app });
      outputOf(json === true).show(
        `App "${app}" is ready in ${data}.

In the page:

  createSiskin({
    collector: 'https://…',            // where \`siskin serve\` will be reached
    app: '${app}',
    key: '${created.writeKey}',
    publicKeys: ['${created.publicKeys[0]}'],
  })

Admin secret, for \`siskin publish\` from elsewhere and for the dashboard (keep it safe):

  ${created.adminSecret}

Models are signed with ${data}/artifact-key.pem. You may keep it elsewhere, and name it to
\`siskin publish\` and \`siskin keys rotate\` with --artifact-key.

Next: siskin serve --data ${data}`,
        created,
      );
    });
}
