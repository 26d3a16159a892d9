// SPDX-License-Identifier: GPL-2.0-only
import { Command, Option } from 'commander';
import { DEFAULT_RACE } from '../model/race.ts';
import { workspace } from '../host/workspace.ts';
import { FORMATS } from '../report/formats.ts';
import { paintFor } from './colour.ts';
import type { CommandContext } from './context.ts';
import { progressTo } from './progress.ts';

const accel = (): Option =>
  new Option('--accel <accelerator>', 'how guests run; auto boots one to see').choices(['auto', 'kvm', 'tcg']);
const offline = (): Option => new Option('--offline', 'fetch nothing: use what is there or say what is missing');
const dryRun = (): Option => new Option('--dry-run', 'print what would be done, and do nothing');
const json = (): Option => new Option('--json', 'print JSON for a program to read');
const results = (): Option => new Option('--results <folder>', 'folder of the runs instead of results/');
const race = (): Option =>
  new Option('--race <name>', 'race to place; interleave races lists them').default(DEFAULT_RACE);
const plan = (): Option => new Option('-p, --plan <plan>', 'plan that names the variants').default('default');

/** The command line. Commands are thin: they parse, call the pipeline, and print. */
export function buildProgram(shell: {
  readonly signal: AbortSignal;
  readonly setStatus: (status: number) => void;
}): Command {
  const context: CommandContext = {
    workspace: workspace(),
    signal: shell.signal,
    setStatus: shell.setStatus,
    emit: progressTo(process.stderr),
    print: (text) => void process.stdout.write(text.endsWith('\n') ? text : `${text}\n`),
    paint: paintFor(process.stdout),
  };
  const program = new Command('swaprace')
    .description('Reproduce, place and measure races of two kernel operations on real Linux kernels.')
    .helpOption('-h, --help', 'show this help')
    .enablePositionalOptions()
    .exitOverride()
    .showHelpAfterError('(swaprace --help lists the commands)');
  const command = (nameAndArguments: string): Command => program.command(nameAndArguments).exitOverride();

  command('run')
    .argument('[plan]', 'plan file, or the name of a shipped plan', 'default')
    .description('build what the plan names, run its trials, judge them, and print the result')
    .addOption(accel())
    .addOption(offline())
    .addOption(dryRun())
    .addOption(json())
    .option('--seed <number>', 'seed of the trials instead of the plan’s')
    .option('--resume <run>', 'go on with a run that was stopped, by the plan that it has')
    .addOption(results())
    .action(async (name: string, flags) => (await import('./commands/run.ts')).runCommand(context, name, flags));

  command('build')
    .argument('[variants...]', 'variants of the plan; all when none is named')
    .description('build kernels into the cache')
    .addOption(plan())
    .addOption(offline())
    .addOption(dryRun())
    .addOption(json())
    .action(async (variants: string[], flags) =>
      (await import('./commands/build.ts')).buildCommand(context, variants, flags),
    );

  command('boot')
    .argument('<variant>', 'variant of the plan')
    .argument('[command...]', 'run this in the guest instead of an interactive shell')
    .description('boot a variant and open a shell in it (plain ssh works too)')
    .addOption(plan())
    .addOption(accel())
    .addOption(offline())
    .addOption(dryRun())
    .option('--append <arguments>', 'further kernel arguments')
    .passThroughOptions()
    .action(async (variant: string, words: string[], flags) =>
      (await import('./commands/boot.ts')).bootCommand(context, variant, words, flags),
    );

  command('stress')
    .argument('<variant>', 'variant of the plan')
    .description('run one trial of a plan’s stress probe on a variant, and judge it')
    .addOption(plan())
    .option('--probe <id>', 'probe of the plan; its first when none is named')
    .option('--seconds <number>', 'length of the race instead of the plan’s')
    .option('--seed <number>', 'seed of the trials instead of the plan’s')
    .addOption(results())
    .addOption(accel())
    .addOption(offline())
    .addOption(dryRun())
    .addOption(json())
    .action(async (variant: string, flags) =>
      (await import('./commands/stress.ts')).stressCommand(context, variant, flags),
    );

  command('try')
    .argument('<series...>', 'mbox, folder of mails or patches, or REPOSITORY#A..B; two to compare versions')
    .description('run a tree without a series and with it, and write the mail to reply with')
    .requiredOption('--tree <tree>', 'repository, folder, tarball, or a source as in docs/plans.md')
    .option('--base <rev>', 'commit of the repository, instead of the base-commit of the series')
    .addOption(race())
    .option('--path <name>', 'operation that is held, instead of the race’s first; interleave paths lists them')
    .option('--per-patch', 'every beginning of the first series as well')
    .option('--save-plan <file>', 'keep the plan that is made, to be run again or changed')
    .addOption(accel())
    .addOption(results())
    .addOption(offline())
    .addOption(dryRun())
    .addOption(json())
    .action(async (series: string[], flags) => (await import('./commands/try.ts')).tryCommand(context, series, flags));

  command('certify')
    .argument('<variant>', 'variant of the plan')
    .description('place a variant at every instruction that matters, by both holds, and say whether it is closed')
    .addOption(plan())
    .addOption(race())
    .option('--path <name>', 'operation that is held, instead of the race’s first; interleave paths lists them')
    .option('--setup <name>', 'how the guest is made ready, instead of the race’s first set-up')
    .option('--control <variant>', 'variant that must show the bug', 'unpatched')
    .option('--mutate', 'place it without each hunk of its series as well, where that builds')
    .addOption(results())
    .addOption(offline())
    .addOption(dryRun())
    .addOption(json())
    .action(async (variant: string, flags) =>
      (await import('./commands/certify.ts')).certifyCommand(context, variant, flags),
    );

  command('nightly')
    .argument('[plans...]', 'plan files, or names of shipped plans', ['default'])
    .description('run plans unattended, resume what was stopped, and say what is new since the nights before')
    .option('--hours <n>', 'end after that time; what is under way goes on in the next night')
    .option('--keep-days <n>', 'remove older runs, but the last good one of each plan and what shows a finding again')
    .option('--keep-runs <n>', 'of each plan')
    .option('--keep-gib <n>', 'of all runs together')
    .option(
      '--notify <command>',
      'shell command that gets the summary on its standard input; may be given again',
      (command: string, all: readonly string[]) => [...all, command],
      [],
    )
    .option('--verbose', 'print every step')
    .addOption(accel())
    .addOption(offline())
    .addOption(results())
    .action(async (plans: string[], flags) =>
      (await import('./commands/nightly.ts')).nightlyCommand(context, plans, flags),
    );

  const interleave = command('interleave').description('place a race with QEMU’s debugger stub (docs/interleave.md)');

  const explores = (command: Command): Command =>
    command
      .addOption(plan())
      .addOption(race())
      .option('--path <name>', 'operation that is held, instead of the race’s first; interleave paths lists them')
      .option('--setup <name>', 'how the guest is made ready, instead of the race’s first set-up')
      .addOption(
        new Option('--hold <kind>', 'freeze the vCPU, or let a real-time thread take it')
          .choices(['preempt', 'stall'])
          .default('preempt'),
      )
      .option('--meanwhile <name>', 'operation that goes on while the thread is held, instead of the race’s contender')
      .addOption(
        new Option('--at <points>', 'functions of the stepped path, or entries of functions after it, past any sleep')
          .choices(['functions', 'entries'])
          .default('functions'),
      )
      .option('--functions <names>', 'with --at entries: of these, with commas, instead of those of the call graph')
      .option('--every <n>', 'every n-th instruction (or entry) instead of functions')
      .option('--all', 'every instruction')
      .option(
        '--merge',
        'with --all: leave out instructions that only their own thread can distinguish from the next, but for a tenth',
      )
      .option('--from <n>', 'first point, counted from the anchor')
      .option('--to <n>', 'last point')
      .option('--repeats <n>', 'attempts at each point; after the hold the CPUs race freely', '3')
      .option(
        '--contender-to <places>',
        'hold the contender at a function[+offset] in its turn, and let the thread go on first; several with commas',
      )
      .option('--sample <n>', 'N of the chosen points (with several places of the contender: of the pairs), at random')
      .option('--seed <text>', 'of the sample, and of the tenth', '1')
      .option('--guests <n>', 'guests side by side, instead of one for each two processors')
      .option('--reuse', 'take a run that is whole, of the same plan and kernels, as it is instead of making it again')
      .addOption(results())
      .addOption(offline())
      .addOption(json());

  explores(interleave.command('explore').exitOverride())
    .argument('<variant>', 'variant of the plan')
    .description('hold an operation at points of its path while another goes on, and print the race map')
    .action(async (variant: string, flags) =>
      (await import('./commands/interleave.ts')).exploreCommand(context, variant, flags),
    );

  explores(interleave.command('compare').exitOverride())
    .argument('<maps...>', 'files that explore --json has printed, or variants, which are explored now')
    .description('print race maps below each other')
    .action(async (maps: string[], flags) =>
      (await import('./commands/interleave.ts')).compareCommand(context, maps, flags),
    );

  interleave
    .command('maps')
    .exitOverride()
    .description('print the maps of the stored runs')
    .option('--html <file>', 'write them as a page instead')
    .addOption(results())
    .addOption(json())
    .action(async (flags) => (await import('./commands/interleave.ts')).mapsCommand(context, flags));

  interleave
    .command('search')
    .exitOverride()
    .argument('<variant>', 'variant of the plan')
    .description('hold threads of the stress workload at random, and minimise what that shows to a schedule')
    .addOption(plan())
    .option('--probe <id>', 'stress probe of the plan; its first when none is named')
    .option('--functions <names>', 'hold at these, with commas, instead of those of the plan’s target')
    .option('--rounds <n>', 'holds at most', '300')
    .option('--findings <n>', 'end after this many findings', '1')
    .option('--seed <text>', 'of all that is chosen', '1')
    .addOption(results())
    .addOption(offline())
    .addOption(json())
    .action(async (variant: string, flags) =>
      (await import('./commands/search.ts')).searchCommand(context, variant, flags),
    );

  interleave
    .command('paths')
    .exitOverride()
    .description('list the operations of a race, and where their paths begin')
    .addOption(race())
    .action(async (flags) => (await import('./commands/interleave.ts')).pathsCommand(context, flags));

  interleave
    .command('races')
    .exitOverride()
    .description('list the races that there are')
    .action(async () => (await import('./commands/interleave.ts')).racesCommand(context));

  interleave
    .command('replay')
    .exitOverride()
    .argument('<schedule>', 'schedule file, or the name of a shipped one')
    .argument('<variant>', 'variant of the plan')
    .description('do what a schedule says, again and again')
    .addOption(plan())
    .option('--attempts <n>', 'how often', '10')
    .option('--keep', 'stop at the hold, and keep the guest until interrupted')
    .option('--gdb', 'as --keep, and say how to attach gdb')
    .option('--dump <file>', 'write the guest’s memory as an ELF core: as the last attempt left it, or at the hold')
    .addOption(offline())
    .addOption(json())
    .action(async (schedule: string, variant: string, flags) =>
      (await import('./commands/replay.ts')).replayCommand(context, schedule, variant, flags),
    );

  command('latency')
    .argument('[variants...]', 'variants of the plan, the first one against the others; all when none is named')
    .description(
      'measure what variants cost real-time threads while the race’s contender loops, and compare (docs/latency.md)',
    )
    .option('-p, --plan <plan>', 'plan with a latency probe', 'latency')
    .option('--instructions', 'count the instructions of one operation on each variant instead, by stepping it')
    .option(
      '--on <machine>',
      'measure the kernel that ssh:HOST runs, as root, without QEMU (docs/latency.md says what it touches)',
    )
    .option('--ssh-config <file>', 'configuration of ssh for --on')
    .option('--swap-dir <folder>', 'folder of that machine for a swap file of its own', '/var/tmp')
    .option('--boots <n>', 'this many boots of each arm, no more and no less')
    .option('--budget <seconds>', 'begin no further boots after this long, instead of the plan’s')
    .option('--seed <number>', 'seed of the design instead of the plan’s')
    .addOption(results())
    .addOption(accel())
    .addOption(offline())
    .addOption(dryRun())
    .addOption(json())
    .action(async (variants: string[], flags) =>
      (await import('./commands/latency.ts')).latencyCommand(context, variants, flags),
    );

  command('compare')
    .argument('<run>', 'folder of a run, or its name below results/')
    .argument('[other]', 'another one, to be compared with the first')
    .description('print the report of a run and what does not follow from its raw files, or compare two latency runs')
    .addOption(json())
    .action(async (run: string, other: string | undefined, flags) =>
      (await import('./commands/compare.ts')).compareCommand(context, run, other, flags),
    );

  command('scan')
    .argument('[log]', 'console log of any kernel; standard input when it is - or missing', '-')
    .description('find the splats in a kernel’s console log, whatever it came through (docs/scan.md)')
    .addOption(json())
    .option('--vmlinux <file>', 'symbolise frames with this vmlinux')
    .option('--check', 'exit with 1 when a splat was found')
    .option('--follow', 'print each splat as soon as it is over, of a log that is still written')
    .action(async (log: string, flags) => (await import('./commands/scan.ts')).scanCommand(context, log, flags));

  command('report')
    .argument('<run>', 'folder of a run, or its name below results/')
    .description('print the report of a finished run, for people or for machines')
    .addOption(new Option('--format <format>', 'form of the report').choices(Object.keys(FORMATS)).default('text'))
    .option('--mail', 'the same as --format mail')
    .option(
      '--tested-by <person>',
      'in a mail: draft a Tested-by line of this "Name <address>" where the evidence supports it',
    )
    .option('-o, --output <file>', 'write it there instead; the status is then 0 whatever the run came to')
    .addOption(json())
    .action(async (run: string, flags) => (await import('./commands/report.ts')).reportCommand(context, run, flags));

  command('history')
    .description('what is new, known and gone across all runs of the results folder')
    .option('--html <file>', 'write the index of all runs there')
    .option('--rebuild', 'read every run again instead of those that changed')
    .addOption(results())
    .addOption(json())
    // The database is a binary that takes a while to load.
    .action(async (flags) => (await import('./commands/history.ts')).historyCommand(context, flags));

  command('serve')
    .description('show the runs and what is under way in a browser of this machine, until Ctrl-C; prints the address')
    .option('--port <number>', 'port on 127.0.0.1; a free one when none is named')
    .addOption(results())
    .action(async (flags) => (await import('./commands/serve.ts')).serveCommand(context, flags));

  command('audit')
    .argument('<run>', 'folder of a run, or its name below results/')
    .description('recompute every figure and verdict of a run from its raw files')
    .addOption(json())
    .action(async (run: string, flags) => (await import('./commands/audit.ts')).auditCommand(context, run, flags));

  command('doctor')
    .description('say what this machine has and lacks')
    .addOption(json())
    .action(async (flags) => (await import('./commands/doctor.ts')).doctorCommand(context, flags));

  return program;
}
