// SPDX-License-Identifier: GPL-2.0-only
/** A guest's SSH port as standard input and output, for ssh(1)'s ProxyCommand. Argument: the port's socket. */
import { pipeline } from 'node:stream/promises';
import { connectPort } from './port.ts';

/** As long as a boot may take. */
const TIMEOUT_MS = 90_000;

const socket = await connectPort(process.argv[2] ?? '', TIMEOUT_MS);
await Promise.all([pipeline(process.stdin, socket), pipeline(socket, process.stdout)]);
