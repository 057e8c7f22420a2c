import { useEffect } from 'react';

/** Sets the tab's title: `SMTP Settings · Postern`; the most particular words first. */
export function usePageTitle(...words: string[]): void {
  const title = [...words, 'Postern'].join(' · ');
  useEffect(() => {
    document.title = title;
  }, [title]);
}
