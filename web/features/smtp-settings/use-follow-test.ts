import { type RefObject, useEffect, useRef } from 'react';

/** Under the breadcrumbs and above the buttons that stay in view. */
const isInSight = (top: number) => top >= 56 && top <= window.innerHeight * 0.3;

/**
 * Brings the test into view when a new one starts, wherever it was started from: the ladder is to be seen as it climbs.
 * Two frames later, because a repair unfolds part of the form above it. A repair's button goes when it is pressed; the
 * focus it had goes to the heading then, so that the keyboard goes on from here.
 */
export function useFollowTest(
  number: number | undefined,
  section: RefObject<HTMLElement | null>,
  heading: RefObject<HTMLElement | null>,
): void {
  const followed = useRef(number);
  useEffect(() => {
    if (number === undefined || number === followed.current) return;
    let frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(() => {
        followed.current = number;
        if (document.activeElement === null || document.activeElement === document.body)
          heading.current?.focus({ preventScroll: true });
        const top = section.current?.getBoundingClientRect().top;
        if (top !== undefined && !isInSight(top)) section.current?.scrollIntoView({ block: 'start' });
      });
    });
    return () => cancelAnimationFrame(frame);
  }, [number, section, heading]);
}
