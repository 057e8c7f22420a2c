// Sets light or dark before the first paint. A file of its own, because the security policy allows no inline script.
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
