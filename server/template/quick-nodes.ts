/**
 * Makes rendering two to three times as fast: LiquidJS walks every node through several generators, which cost more than
 * what they do. The common nodes (plain text, `{{ a.b | money }}`, a simple `if`, a simple `for`) are put behind plain
 * functions here; whatever is unusual about one, in the template or in the values, is left to LiquidJS's own node.
 *
 * Invariant: the same output, or the same error, as without (quick-nodes.test.ts compares them).
 */
import { type Context, type Liquid, type Template, toValueSync } from 'liquidjs';

export interface TextEmitter {
  buffer: string;
  write: (value: unknown) => void;
}

/** LiquidJS's nodes, as far as they are looked at here. */
interface Node {
  token: unknown;
  render: (context: Context, emitter: TextEmitter) => unknown;
}
interface LiquidToken {
  content?: unknown;
  props?: LiquidToken[];
  variable?: unknown;
  operator?: string;
}
interface LiquidFilter {
  handler: (...given: unknown[]) => unknown;
  args: (LiquidToken | [string, unknown])[];
  token: unknown;
  liquid: unknown;
}
interface LiquidValue {
  initial: { postfix: LiquidToken[] };
  filters: LiquidFilter[];
}
interface LiquidTag extends Node {
  name?: string;
  str?: string;
  value?: LiquidValue;
  branches?: { value: LiquidValue; templates: Node[] }[];
  elseTemplates?: Node[];
  templates?: Node[];
  collection?: LiquidToken;
  variable?: string;
  hash?: { hash: object };
}
type Scope = Record<string, unknown>;

/** Stands for what LiquidJS has to look up itself. */
const unusual = Symbol('unusual');

const isIterator = (value: unknown): value is Iterator<unknown, unknown, unknown> =>
  typeof value === 'object' && value !== null && 'next' in value && 'throw' in value;

/** @param source where it names `forloop` or `continue`, loops are left as they are. */
export const quicken = (
  nodes: readonly Template[],
  source: string,
  plain: ReadonlySet<unknown>,
): readonly Template[] => {
  const canLoop = !/\b(forloop|tablerowloop|continue)\b/.test(source);
  const change = (given: readonly Node[]): Node[] => joinTexts(given.map((node) => changeOne(node as LiquidTag)));
  const changeOne = (node: LiquidTag): Node => {
    if (node.str !== undefined) return new QuickText(node.token, node.str);
    if (node.branches) {
      for (const branch of node.branches) branch.templates = change(branch.templates);
      if (node.elseTemplates) node.elseTemplates = change(node.elseTemplates);
      return node.name === 'if' ? (readIf(node) ?? node) : node;
    }
    if (node.name === 'for' && node.templates) {
      node.templates = change(node.templates);
      if (node.elseTemplates) node.elseTemplates = change(node.elseTemplates);
      return (canLoop && readFor(node)) || node;
    }
    return node.value && node.name === undefined ? (readOutput(node, node.value, plain) ?? node) : node;
  };
  return change(nodes as unknown as Node[]) as unknown as Template[];
};

/** @throws what LiquidJS throws, and what the emitter does. */
export const runNodes = (nodes: readonly Template[], context: Context, emitter: TextEmitter): void => {
  toValueSync(runAll(nodes as unknown as Node[], context, emitter) as never);
};

class QuickText {
  readonly token: unknown;
  readonly text: string;
  constructor(token: unknown, text: string) {
    this.token = token;
    this.text = text;
  }
  render(_: Context, emitter: TextEmitter): void {
    emitter.write(this.text);
  }
}

function joinTexts(nodes: Node[]): Node[] {
  const joined: Node[] = [];
  for (const node of nodes) {
    const last = joined.at(-1);
    if (node instanceof QuickText && last instanceof QuickText) {
      joined[joined.length - 1] = new QuickText(last.token, last.text + node.text);
    } else {
      joined.push(node);
    }
  }
  return joined;
}

interface Limited {
  renderLimit: { check: (time: number) => void };
}

const stops = (context: Context & { breakCalled?: boolean; continueCalled?: boolean }) =>
  context.breakCalled || context.continueCalled;

/** Runs nodes one after the other; from the first that LiquidJS has to run on, in its own way. */
function runAll(nodes: readonly Node[], context: Context, emitter: TextEmitter): unknown {
  (context as unknown as Limited).renderLimit.check(performance.now());
  for (let at = 0; at < nodes.length; at += 1) {
    const result = nodes[at]!.render(context, emitter);
    if (isIterator(result)) return runRest(result, nodes, at + 1, context, emitter);
    if (result) emitter.write(result);
    if (stops(context)) return undefined;
  }
  return undefined;
}

function* runRest(
  first: unknown,
  nodes: readonly Node[],
  from: number,
  context: Context,
  emitter: TextEmitter,
): Generator<unknown, void, unknown> {
  let result = yield first;
  for (let at = from; ; at += 1) {
    if (result) emitter.write(result);
    if (at >= nodes.length || stops(context)) return;
    (context as unknown as Limited).renderLimit.check(performance.now());
    result = nodes[at]!.render(context, emitter);
    if (isIterator(result)) result = yield result;
  }
}

const specialNames = new Set(['first', 'last']);

/** `a.b.c` of names alone; null: something else. */
function readPath(token: LiquidToken): string[] | null {
  if (!token.props || token.variable !== undefined || token.props.length === 0) return null;
  const names = token.props.map(({ content }) => content);
  const isPlain = names.every((name) => typeof name === 'string' && !specialNames.has(name));
  return isPlain ? (names as string[]) : null;
}

interface Scoped {
  findScope: (name: string) => Scope;
}

/** Own properties of plain values all the way, as `ownPropertyOnly` has it. */
function look(context: Context, path: readonly string[]): unknown {
  let value: unknown = (context as unknown as Scoped).findScope(path[0]!);
  for (const name of path) {
    if (name === 'size') {
      if (!Array.isArray(value)) return unusual;
      value = value.length;
      continue;
    }
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return unusual;
    value = (value as Scope)[name];
  }
  if (typeof value === 'function' || value === undefined) return unusual;
  return value;
}

/** Only filters that answer at once with what is put out: those of `plain`. */
function readOutput(node: LiquidTag, { initial, filters }: LiquidValue, plain: ReadonlySet<unknown>): Node | null {
  const path = initial.postfix.length === 1 ? readPath(initial.postfix[0]!) : null;
  if (!path || !filters.every(({ handler, args }) => plain.has(handler) && args.every(isLiteral))) return null;
  const steps = filters.map(({ handler, args, token, liquid }) => ({
    handler,
    call: { context: null as unknown, token, liquid },
    args: args.map((arg) => (arg as LiquidToken).content),
  }));
  return {
    token: node.token,
    render: (context, emitter) => {
      let value = look(context, path);
      if (value === unusual) return node.render(context, emitter);
      for (const { handler, call, args } of steps) {
        call.context = context;
        value = handler.call(call, value, ...args);
      }
      emitter.write(value);
      return undefined;
    },
  };
}

function isLiteral(arg: LiquidToken | [string, unknown]): boolean {
  return !Array.isArray(arg) && 'content' in arg && !arg.props;
}

type Test = (context: Context) => unknown;

/** A name, a literal, or two of them compared; `unusual` where LiquidJS is to look. */
function readTest({ initial: { postfix }, filters }: LiquidValue): Test | null {
  if (filters.length > 0) return null;
  const operands = postfix.filter(({ operator }) => operator === undefined).map(readOperand);
  if (operands.includes(null)) return null;
  const [left, right] = operands as Test[];
  if (postfix.length === 1) return left ?? null;
  const operator = postfix[2]?.operator;
  if (postfix.length !== 3 || !left || !right || operator === undefined) return null;
  const compare = comparisons[operator];
  return compare
    ? (context) => {
        const [a, b] = [left(context), right(context)];
        return isPrimitive(a) && isPrimitive(b) ? compare(a, b) : unusual;
      }
    : null;
}

type Primitive = string | number | boolean | null;

const isPrimitive = (value: unknown): value is Primitive =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

/** Of primitives LiquidJS compares as JavaScript does. */
const comparisons: Record<string, (a: Primitive, b: Primitive) => boolean> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a! < b!,
  '>': (a, b) => a! > b!,
  '<=': (a, b) => a! <= b!,
  '>=': (a, b) => a! >= b!,
};

function readOperand(token: LiquidToken): Test | null {
  if (token.props) {
    const path = readPath(token);
    return path && ((context) => look(context, path));
  }
  if (!('content' in token)) return null;
  const { content } = token;
  return typeof content === 'string' || typeof content === 'number' || typeof content === 'boolean'
    ? () => content
    : null;
}

function readIf(node: LiquidTag): Node | null {
  const branches = node.branches!.map(({ value, templates }) => ({ test: readTest(value), templates }));
  if (branches.some(({ test }) => test === null)) return null;
  const otherwise = node.elseTemplates ?? [];
  return {
    token: node.token,
    render: (context, emitter) => {
      for (const { test, templates } of branches) {
        const result = test!(context);
        if (result === unusual) return node.render(context, emitter);
        if (result !== false && result !== null) return runAll(templates, context, emitter);
      }
      return runAll(otherwise, context, emitter);
    },
  };
}

function readFor(node: LiquidTag): Node | null {
  const path = node.collection ? readPath(node.collection) : null;
  const variable = node.variable;
  if (!path || variable === undefined || Object.keys(node.hash?.hash ?? {}).length > 0) return null;
  return {
    token: node.token,
    render: (context, emitter) => {
      const list = look(context, path);
      if (!Array.isArray(list) || list.length === 0) return node.render(context, emitter);
      return new Loop(node.templates!, variable, list, context, emitter).run();
    },
  };
}

interface Looping {
  breakCalled: boolean;
  continueCalled: boolean;
  push: (scope: Scope) => void;
  pop: () => void;
}

class Loop {
  readonly #nodes: readonly Node[];
  readonly #variable: string;
  readonly #list: readonly unknown[];
  readonly #context: Context;
  readonly #emitter: TextEmitter;
  readonly #scope: Scope = Object.create(null);
  #at = 0;

  constructor(
    nodes: readonly Node[],
    variable: string,
    list: readonly unknown[],
    context: Context,
    emitter: TextEmitter,
  ) {
    this.#nodes = nodes;
    this.#variable = variable;
    this.#list = list;
    this.#context = context;
    this.#emitter = emitter;
  }

  run(): unknown {
    this.#looping.push(this.#scope);
    while (this.#hasNext()) {
      const result = this.#runOne();
      if (isIterator(result)) return this.#runRest(result);
    }
    return this.#end();
  }

  *#runRest(first: unknown): Generator<unknown, void, unknown> {
    yield first;
    while (this.#hasNext()) {
      const result = this.#runOne();
      if (isIterator(result)) yield result;
    }
    this.#end();
  }

  get #looping() {
    return this.#context as unknown as Looping;
  }

  #hasNext(): boolean {
    return this.#at < this.#list.length && !this.#looping.breakCalled;
  }

  #runOne(): unknown {
    this.#looping.continueCalled = false;
    this.#scope[this.#variable] = this.#list[this.#at];
    this.#at += 1;
    return runAll(this.#nodes, this.#context, this.#emitter);
  }

  #end(): undefined {
    this.#looping.continueCalled = false;
    this.#looping.breakCalled = false;
    this.#looping.pop();
    return undefined;
  }
}

/** The filters that may run at once, and what escapes. */
export const listPlainFilters = (engine: Liquid, names: readonly string[]): Set<unknown> => {
  const handlers = names.map((name) => {
    const filter = engine.filters[name] as unknown;
    return typeof filter === 'function' ? filter : (filter as { handler: unknown }).handler;
  });
  return new Set([...handlers, engine.options.outputEscape]);
};
