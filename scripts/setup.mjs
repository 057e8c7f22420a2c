/**
 * Makes an empty clone runnable: packages as the lockfile says, the pinned Node, the web part built.
 *
 * Runs before `npm start`, `npm test` and their like, on whatever Node (18 or newer) and npm (9 or newer) the machine
 * has, so it is plain JavaScript without a dependency. When nothing is to be done it says nothing and takes about 50 ms.
 *
 * No package's own install script runs but that of `node`, which fetches the runtime (`npm rebuild node`); after it,
 * `node` in every npm script is the pinned one, because npm puts node_modules/.bin first on the PATH.
 *
 * What is installed is compared with the lockfile through npm's own record, node_modules/.package-lock.json, so that
 * an `npm install` by hand counts as well. Two set-ups at once: the second waits for the first.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const inRoot = (...parts) => join(root, ...parts);
const pinnedNode = inRoot('node_modules', '.bin', 'node');
const webMark = inRoot('web', 'dist', '.built-from');
const lockFile = inRoot('.cache', 'setup.lock');
const wantsWeb = !process.argv.includes('--no-build');

/** Packages of the lockfile that are missing or of another version; optional ones may be missing (other platforms). */
function findStalePackages() {
  const wanted = JSON.parse(readFileSync(inRoot('package-lock.json'), 'utf8')).packages;
  let installed = {};
  try {
    installed = JSON.parse(readFileSync(inRoot('node_modules', '.package-lock.json'), 'utf8')).packages;
  } catch {
    return ['everything'];
  }
  return Object.entries(wanted)
    .filter(([path, entry]) => {
      if (path === '') return false;
      const found = installed[path];
      if (!found) return !entry.optional && !entry.devOptional;
      return found.version !== entry.version || found.integrity !== entry.integrity;
    })
    .map(([path]) => path.replace(/^.*node_modules\//, ''));
}

function hasPinnedNode() {
  try {
    accessSync(pinnedNode, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** One hash over everything the web part is built from. */
function hashWebSources() {
  const hash = createHash('sha256');
  const add = (path) =>
    hash
      .update(`${relative(root, path).split(sep).join('/')}\0`)
      .update(readFileSync(path))
      .update('\0');
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (entry.name !== 'dist' && entry.name !== 'node_modules') walk(path);
      } else if (entry.isFile() && !/\.test\.tsx?$/.test(entry.name)) add(path);
    }
  };
  walk(inRoot('web'));
  walk(inRoot('contracts'));
  add(inRoot('package-lock.json'));
  return hash.digest('hex');
}

function isWebBuilt(wanted) {
  try {
    return readFileSync(webMark, 'utf8') === wanted && existsSync(inRoot('web', 'dist', 'index.html'));
  } catch {
    return false;
  }
}

const say = (text) => process.stderr.write(`postern: ${text}\n`);

/** Shows what the step does on a terminal as it goes; elsewhere only when it fails. */
async function runStep(title, command, args, options, repair) {
  const startedAt = Date.now();
  const isTerminal = Boolean(process.stderr.isTTY);
  say(`${title} …`);
  const code = await new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let output = '';
    const collect = (chunk) => {
      output = (output + chunk).slice(-200_000);
      if (isTerminal) process.stderr.write(chunk);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => {
      say(`${command} could not be started: ${error.message}`);
      resolve(127);
    });
    child.on('close', (status) => {
      if (status !== 0 && !isTerminal) process.stderr.write(output);
      resolve(status ?? 1);
    });
  });
  if (code !== 0) {
    say(`${title}: failed. ${repair}`);
    releaseLock();
    process.exit(1);
  }
  say(`${title}: done in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
}

/** npm must run on the machine's own Node: `npm ci` deletes the pinned one on its way. */
function npmEnvironment() {
  const env = { ...process.env };
  for (const name of Object.keys(env)) {
    if (/^npm_(lifecycle|package|config_(local_prefix|prefix|global_prefix|noproxy))/i.test(name)) delete env[name];
  }
  const bin = `${sep}node_modules${sep}.bin`;
  env.PATH = (env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.endsWith(bin))
    .join(delimiter);
  return env;
}

let holdsLock = false;

async function takeLock() {
  mkdirSync(inRoot('.cache'), { recursive: true });
  let hasSaidSo = false;
  for (;;) {
    try {
      writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
      holdsLock = true;
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = readLockHolder();
    if (holder !== null && !isAlive(holder)) {
      rmSync(lockFile, { force: true });
      continue;
    }
    if (!hasSaidSo) say(`another set-up is under way (process ${holder}); waiting for it`);
    hasSaidSo = true;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

function readLockHolder() {
  try {
    return Number(readFileSync(lockFile, 'utf8')) || null;
  } catch {
    return null;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function releaseLock() {
  if (holdsLock) rmSync(lockFile, { force: true });
  holdsLock = false;
}

async function installPackages() {
  const online = 'Is the machine online, and may it reach the npm registry? Then run the same command again.';
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  const options = { env: npmEnvironment(), shell: process.platform === 'win32' };
  const stale = findStalePackages();
  if (stale.length > 0) {
    const why = stale[0] === 'everything' ? 'nothing is installed yet' : `out of date: ${stale.slice(0, 3).join(', ')}`;
    await runStep(`Installing packages (${why})`, 'npm', ['ci', '--ignore-scripts', ...quiet], options, online);
  }
  if (!hasPinnedNode()) {
    await runStep('Fetching the Node runtime', 'npm', ['rebuild', 'node', ...quiet], options, online);
    if (!hasPinnedNode()) {
      say('The Node runtime is still missing. Delete the node_modules folder and run the same command again.');
      process.exit(1);
    }
  }
}

async function buildWeb() {
  const wanted = hashWebSources();
  if (isWebBuilt(wanted)) return;
  const vite = inRoot('node_modules', 'vite', 'bin', 'vite.js');
  const args = [vite, 'build', '-c', 'web/vite.config.ts', '--logLevel', 'warn'];
  const env = { ...process.env, NODE_ENV: 'production' };
  await runStep('Building the web part', pinnedNode, args, { env }, 'The lines above say where.');
  writeFileSync(webMark, wanted);
}

/** Fills the compile cache, so that the first start is as quick and as small as every later one. */
async function warmCache() {
  if (existsSync(inRoot('node_modules', '.cache', 'compile'))) return;
  const args = ['--import', './scripts/compile-cache.mjs', 'scripts/warm-cache.mjs'];
  await runStep('Preparing the first start', pinnedNode, args, {}, 'The lines above say why.');
}

const isReady = () =>
  hasPinnedNode() && findStalePackages().length === 0 && (!wantsWeb || isWebBuilt(hashWebSources()));

if (!isReady()) {
  process.on('exit', releaseLock);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));
  await takeLock();
  await installPackages();
  if (wantsWeb) await buildWeb();
  await warmCache();
  releaseLock();
}
