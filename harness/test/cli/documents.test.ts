// SPDX-License-Identifier: GPL-2.0-only
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommanderError, type Command } from 'commander';
import { execa } from 'execa';
import t from 'tap';
import { buildProgram } from '../../cli/program.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const documents = (await execa('git', ['ls-files', '*.md'], { cwd: root })).stdout.split('\n');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

/** Options of other programs that the documents name. */
const FOREIGN = ['--fast', '--slow', '--kernel', '--night', '--setup-only', '--pdeathsig', '--help'];
/** What stands in a document for a value of which only some are allowed. */
const VALUES: Readonly<Record<string, string>> = { FORMAT: 'html', HOLD: 'preempt', N: '8080' };

/** Every command of the real command line; none of them does anything. */
function inertProgram(): Command {
  const program = buildProgram({ signal: new AbortController().signal, setStatus: () => undefined });
  for (const command of commandsOf(program)) {
    command.configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
    if (command.commands.length === 0) command.action(() => undefined);
  }
  return program;
}

function commandsOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap(commandsOf)];
}

const names = inertProgram().commands.map((command) => command.name());
const options = new Set(commandsOf(inertProgram()).flatMap((command) => command.options.map(({ long }) => long)));

interface Shown {
  readonly where: string;
  readonly text: string;
  /** In running text a command may be named without its arguments. */
  readonly inline: boolean;
}

/** Code in a document: indented or fenced lines, and what is between backticks. */
function codeIn(file: string): Shown[] {
  let fenced = false;
  return readFileSync(join(root, file), 'utf8')
    .split('\n')
    .flatMap((line, at): Shown[] => {
      const where = `${file}:${at + 1}`;
      if (line.startsWith('```')) fenced = !fenced;
      if (fenced || line.startsWith('    ')) return [{ where, text: line.trim(), inline: false }];
      return [...line.matchAll(/`([^`]+)`/g)].map((match) => ({ where, text: match[1] as string, inline: true }));
    });
}

const code = documents.flatMap(codeIn);

/** The words of a command line for swaprace; null for any other text. */
function wordsOf({ text, inline }: Shown): string[] | null {
  const [, prefix, line = ''] = /^((?:scripts\/)?swaprace )?(.*)$/.exec(text.replace(/ #.*$/, '')) ?? [];
  const plain = line.replace(/[[\]<>…]|\.\.\./g, '');
  const words = [...plain.matchAll(/"[^"]*"|\S+/g)].map(([word]) => VALUES[word] ?? word.replaceAll('"', ''));
  const isCommand = names.includes(words[0] ?? '') && (prefix !== undefined || (inline && words.length > 1));
  return isCommand ? words : null;
}

t.test('command lines of the documents are understood', async (t) => {
  const lines = code.flatMap((shown) => {
    const words = wordsOf(shown);
    return words === null ? [] : [{ ...shown, words }];
  });
  t.ok(lines.length > 50, `${lines.length} command lines`);
  for (const { where, text, inline, words } of lines) {
    const problem = await inertProgram()
      .parseAsync(words, { from: 'user' })
      .then(
        () => null,
        (error: CommanderError) => error,
      );
    const named = inline && problem?.code === 'commander.missingArgument';
    t.ok(problem === null || named, `${where}: ${text}: ${problem?.message ?? 'parsed'}`);
  }
});

t.test('options that the documents name exist', async (t) => {
  for (const { where, text } of code)
    for (const [option] of text.matchAll(/(?<=^|\s)--[a-z][a-z-]+/g))
      t.ok(options.has(option) || FOREIGN.includes(option), `${where}: ${option}`);
});

t.test('scripts and files that the documents name exist', async (t) => {
  for (const { where, text } of code)
    for (const [, name = ''] of text.matchAll(/npm run ([\w:]+)/g)) t.ok(name in scripts, `${where}: npm run ${name}`);
  const files = new Set((await execa('git', ['ls-files'], { cwd: root })).stdout.split('\n'));
  for (const file of documents)
    for (const [, target = ''] of readFileSync(join(root, file), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)) {
      const path = join(dirname(file), target);
      t.ok(files.has(path) || [...files].some((name) => name.startsWith(`${path}/`)), `${file}: ${target}`);
    }
});

t.test('the check is not vacuous', async (t) => {
  await t.rejects(inertProgram().parseAsync(['report', 'RUN', '--no-such'], { from: 'user' }), CommanderError);
  t.same(wordsOf({ where: '', text: 'scripts/swaprace report RUN --mail   # a reply', inline: false }), [
    'report',
    'RUN',
    '--mail',
  ]);
});
