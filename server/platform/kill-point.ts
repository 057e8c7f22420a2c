/**
 * For the crash proof alone: the process kills itself, as a power cut would, when a named point has been passed a given
 * number of times. Without a plan the object is handed back as it is, so nothing of this stands in the running program's
 * way; the plan comes from the configuration, and nothing here reads the environment.
 */

export interface KillPlan {
  point: string;
  /** The kill comes when the point is passed for this time, 1 for the first. */
  pass: number;
  /** Between passing the point and the kill; 0 kills before anything else happens. */
  delayMs: number;
}

export interface KillPoint<T> {
  point: string;
  method: keyof T & string;
  /** As the method is called, or as its answer is about to be handed on. */
  when: 'before' | 'after';
}

/** @param text `point`, `point:pass` or `point:pass:delayMs`. @returns null where it is empty or not of this form. */
export function parseKillPlan(text: string): KillPlan | null {
  const match = /^([a-z_]+)(?::([1-9]\d{0,6})(?::(\d{1,5}))?)?$/.exec(text);
  return match ? { point: match[1] as string, pass: Number(match[2] ?? 1), delayMs: Number(match[3] ?? 0) } : null;
}

/** @returns `target` itself without a plan for one of its points; else one that behaves the same until the kill. */
export function withKillPoints<T extends object>(
  target: T,
  points: readonly KillPoint<T>[],
  plan: KillPlan | null,
  kill: () => void = () => process.kill(process.pid, 'SIGKILL'),
): T {
  const planned = plan && points.find(({ point }) => point === plan.point);
  if (!planned) return target;
  let passes = 0;
  const pass = () => {
    passes += 1;
    if (passes !== plan.pass) return;
    if (plan.delayMs === 0) kill();
    else setTimeout(kill, plan.delayMs);
  };
  const method = target[planned.method] as (...args: unknown[]) => Promise<unknown>;
  const watched = async (...args: unknown[]) => {
    if (planned.when === 'before') pass();
    const answer = await method.apply(target, args);
    if (planned.when === 'after') pass();
    return answer;
  };
  return { ...target, [planned.method]: watched };
}
