/** Where the screens start: styles in order, then the providers, then the router. */
// In a layer: our own style sheets win whatever order the chunks arrive in.
import '@mantine/core/styles.layer.css';
import '@fontsource-variable/inter/wght.css';
import '@fontsource-variable/jetbrains-mono/wght.css';
import './tokens.css';
import './base.css';
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { onSignedOut } from '../lib/call.ts';
import { makeQueryClient } from '../lib/query-client.ts';
import { styleNonce } from '../lib/style-nonce.ts';
import { Questions } from '../ui/ask-yes-no.tsx';
import { Notices } from '../ui/notices.tsx';
import { makeRouter } from './router.tsx';
import { cssVariablesResolver, theme } from './theme.ts';

const queryClient = makeQueryClient();
const router = makeRouter(queryClient);
const colorSchemeManager = localStorageColorSchemeManager({ key: 'postern-color-scheme' });

onSignedOut(() => {
  queryClient.clear();
  const { pathname, href } = router.state.location;
  if (pathname !== '/sign-in') void router.navigate({ to: '/sign-in', search: { next: href } });
});

createRoot(document.getElementById('root') ?? document.body).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariablesResolver}
      colorSchemeManager={colorSchemeManager}
      defaultColorScheme="auto"
      getStyleNonce={() => styleNonce}
    >
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
        <Questions />
        <Notices />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
