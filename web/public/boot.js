// What must happen before the modules load. A file of its own, because the security policy allows no inline script.

// Light or dark before the first paint.
(() => {
  let wish = 'auto';
  try {
    wish = localStorage.getItem('postern-color-scheme') || 'auto';
  } catch {
    // storage switched off: follow the system
  }
  const isDark = wish === 'dark' || (wish !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', isDark ? 'dark' : 'light');
})();

// The policy lets no text become markup (Trusted Types). This is the one exception: text without markup, as Mantine's rules
// for a change of colours, which it sets as innerHTML of a style element.
globalThis.trustedTypes?.createPolicy('default', {
  createHTML: (text) => (/[<&]/.test(text) ? null : text),
});

// Zod asks once whether it may compile schemas with eval; the policy forbids it, and the question alone is a violation.
globalThis.__zod_globalConfig = { jitless: true };
