import { useElementSize } from '@mantine/hooks';
import { useState } from 'react';
import classes from './preview-frame.module.css';

export type PreviewWidth = 'desktop' | 'phone';

interface PreviewFrameProps {
  /** Where the HTML is a document of its own that may run and load nothing. */
  src: string;
  width: PreviewWidth;
  isDark: boolean;
  /** What it shows, for screen readers. */
  title: string;
}

const pixels: Record<PreviewWidth, number> = { desktop: 800, phone: 375 };
const heightPixels = 600;

/**
 * HTML of a mail as a window or telephone of that width would show it, made smaller where there is less room. The page
 * before stays until the next one is there, so that nothing flickers while somebody types.
 */
export function PreviewFrame({ src, width, isDark, title }: PreviewFrameProps) {
  const { ref, width: room } = useElementSize<HTMLDivElement>();
  const [shown, setShown] = useState(src);
  const scale = room === 0 ? 1 : Math.min(1, room / pixels[width]);
  const pages = shown === src ? [src] : [shown, src];
  return (
    <div ref={ref} className={classes.room}>
      <div
        className={classes.window}
        data-dark={isDark || undefined}
        style={{ width: Math.floor(pixels[width] * scale), height: heightPixels }}
      >
        {pages.map((page) => (
          <iframe
            key={page}
            className={classes.page}
            sandbox=""
            referrerPolicy="no-referrer"
            src={page}
            title={title}
            aria-hidden={page !== src || undefined}
            onLoad={() => page === src && setShown(page)}
            data-waiting={(page === src && shown !== src) || undefined}
            style={{
              width: pixels[width],
              height: heightPixels / scale,
              transform: `scale(${scale})`,
              // What the frame's `prefers-color-scheme` goes by.
              colorScheme: isDark ? 'dark' : 'light',
            }}
          />
        ))}
      </div>
    </div>
  );
}
