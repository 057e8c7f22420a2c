import { ActionIcon, type CSSVariablesResolver, createTheme, Menu, Tooltip } from '@mantine/core';

/** From paper to ink; shades 6 and 7 carry white text. */
const teal = [
  '#e6f5f5', '#d0e9ea', '#a3d4d6', '#72bec2', '#4aa9af', '#2a939a', '#0e7880', '#0b6870', '#09575e', '#06444a',
] as const; // biome-ignore format: one palette, one line
const red = [
  '#fdf1f0',
  '#fadcda',
  '#f3b4b0',
  '#ff8f85',
  '#f2665a',
  '#dd4a40',
  '#c8322a',
  '#b3261e',
  '#952019',
  '#751812',
] as const;
/** Dark: text first, the page at 7. */
const dark = [
  '#e3eae9',
  '#c3cecd',
  '#9dabaa',
  '#7f8d8c',
  '#4a5756',
  '#2a3332',
  '#1d2424',
  '#151a1a',
  '#101414',
  '#0b0e0e',
] as const;
const gray = [
  '#f7f9f9',
  '#eef2f2',
  '#dbe3e2',
  '#c6d0cf',
  '#a9b6b4',
  '#839290',
  '#566462',
  '#43504e',
  '#2c3735',
  '#16201f',
] as const;

export const theme = createTheme({
  colors: { teal, red, dark, gray },
  primaryColor: 'teal',
  primaryShade: { light: 7, dark: 6 },
  black: '#16201f',
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "'JetBrains Mono Variable', ui-monospace, monospace",
  headings: {
    fontWeight: '600',
    sizes: { h1: { fontSize: '18px', lineHeight: '26px' }, h2: { fontSize: '16px' }, h3: { fontSize: '14px' } },
  },
  fontSizes: { xs: '12px', sm: '14px', md: '14px', lg: '16px', xl: '18px' },
  lineHeights: { xs: '1.45', sm: '1.5', md: '1.5', lg: '1.5', xl: '1.5' },
  spacing: { xs: '8px', sm: '12px', md: '16px', lg: '24px', xl: '32px' },
  radius: { xs: '2px', sm: '4px', md: '6px', lg: '8px', xl: '12px' },
  defaultRadius: 'sm',
  shadows: {
    // Only for what floats: menus, dialogs, notes.
    xs: 'none',
    sm: 'none',
    md: '0 4px 16px rgb(0 0 0 / 14%)',
    lg: '0 8px 28px rgb(0 0 0 / 18%)',
    xl: '0 8px 28px rgb(0 0 0 / 18%)',
  },
  focusRing: 'auto',
  respectReducedMotion: true,
  cursorType: 'pointer',
  components: {
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: 'subtle', color: 'gray', size: 32 } }),
    // Its placeholder would be a child that no menu may have (ARIA).
    Menu: Menu.extend({ defaultProps: { withInitialFocusPlaceholder: false } }),
    Tooltip: Tooltip.extend({
      defaultProps: {
        openDelay: 300,
        withArrow: false,
        multiline: true,
        maw: 320,
        events: { hover: true, focus: true, touch: true },
      },
    }),
  },
});

/** Mantine's own variables follow tokens.css, so that its parts and ours are one look. */
export const cssVariablesResolver: CSSVariablesResolver = () => {
  const both = {
    '--mantine-color-body': 'var(--postern-page)',
    '--mantine-color-text': 'var(--postern-text)',
    '--mantine-color-dimmed': 'var(--postern-dim)',
    '--mantine-color-placeholder': 'var(--postern-dim)',
    '--mantine-color-error': 'var(--postern-failed)',
    '--mantine-color-anchor': 'var(--postern-action)',
    '--mantine-color-default-border': 'var(--postern-input-border)',
    '--mantine-color-default-hover': 'var(--postern-hover)',
    '--mantine-color-disabled-color': 'var(--postern-dim)',
    '--mantine-color-teal-filled': 'var(--postern-action-fill)',
    '--mantine-color-teal-filled-hover': 'var(--postern-action-fill-hover)',
    '--mantine-color-teal-text': 'var(--postern-action)',
    '--mantine-color-teal-light-color': 'var(--postern-action)',
    '--mantine-color-teal-outline': 'var(--postern-action)',
    '--mantine-color-red-filled': 'var(--postern-failed-fill)',
    '--mantine-color-red-filled-hover': 'var(--postern-failed-fill-hover)',
    '--mantine-color-red-text': 'var(--postern-failed)',
    '--mantine-color-red-light-color': 'var(--postern-failed)',
    '--mantine-color-red-outline': 'var(--postern-failed)',
    '--mantine-color-gray-text': 'var(--postern-dim)',
    '--mantine-color-gray-light-color': 'var(--postern-text)',
  };
  return { variables: {}, light: both, dark: { ...both, '--mantine-color-default': 'var(--postern-pane)' } };
};
