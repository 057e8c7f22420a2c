/**
 * All pages. Each feature is a chunk of its own, loaded when first visited. Pages under `shell` are behind the sign-in
 * gate: it loads who is signed in before anything is drawn, or leads to sign-in and back.
 */
import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { accountSearch } from '../features/contact/account-search.ts';
import { peopleSearch } from '../features/person/people-search.ts';
import { onSecondFactorRequired, ProblemError } from '../lib/call.ts';
import { meQuery } from '../lib/me.ts';
import { BareErrorPage, ErrorPage } from './error-page.tsx';
import { NotFoundPage } from './not-found-page.tsx';
import { searchAsText } from './search-as-text.ts';
import { Shell } from './shell.tsx';

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
  interface HistoryState {
    /** For the sign-in page and the like: whose address to begin with, and what was just done. */
    email?: string;
    notice?: string;
  }
  interface StaticDataRouteOption {
    /** The breadcrumbs of the page, outermost first. */
    crumbs?: readonly string[];
  }
}

const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({});

const nextSearch = (search: Record<string, unknown>): { next?: string } =>
  typeof search.next === 'string' ? { next: search.next } : {};

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: nextSearch,
  component: lazyRouteComponent(() => import('../features/access/sign-in-page.tsx'), 'SignInPage'),
});

const firstRun = createRoute({
  getParentRoute: () => root,
  path: '/first-run',
  component: lazyRouteComponent(() => import('../features/access/first-run-page.tsx'), 'FirstRunPage'),
});

const passwordReset = createRoute({
  getParentRoute: () => root,
  path: '/password-reset',
  component: lazyRouteComponent(() => import('../features/person/password-reset-page.tsx'), 'PasswordResetPage'),
});

const invitation = createRoute({
  getParentRoute: () => root,
  path: '/invitation',
  component: lazyRouteComponent(() => import('../features/person/invitation-page.tsx'), 'InvitationPage'),
});

const emailChange = createRoute({
  getParentRoute: () => root,
  path: '/email-change',
  component: lazyRouteComponent(() => import('../features/person/email-change-page.tsx'), 'EmailChangePage'),
});

const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  component: Shell,
  errorComponent: BareErrorPage,
  beforeLoad: async ({ context, location }) => {
    try {
      const me = await context.queryClient.ensureQueryData(meQuery);
      if (me.mustSetUpSecondFactor && !location.pathname.startsWith('/me/'))
        throw redirect({ to: '/me/second-factors' });
    } catch (error) {
      if (error instanceof ProblemError && error.problem.statusCode === 401) {
        throw redirect({ to: '/sign-in', search: location.pathname === '/' ? {} : { next: location.href } });
      }
      throw error;
    }
  },
});

const home = createRoute({
  getParentRoute: () => shell,
  path: '/',
  staticData: { crumbs: ['Dashboard'] },
  component: lazyRouteComponent(() => import('../features/overview/overview-page.tsx'), 'OverviewPage'),
});

const messages = createRoute({
  getParentRoute: () => shell,
  path: '/messages',
  staticData: { crumbs: ['Messages'] },
  validateSearch: (search: Record<string, unknown>): { q?: string } =>
    search.q === undefined || search.q === '' ? {} : { q: String(search.q) },
  component: lazyRouteComponent(() => import('../features/message-log/message-log-page.tsx'), 'MessageLogPage'),
});
const messagesNone = createRoute({ getParentRoute: () => messages, path: '/' });
const messagesOne = createRoute({ getParentRoute: () => messages, path: '$id' });

const accounts = createRoute({
  getParentRoute: () => shell,
  path: '/accounts',
  staticData: { crumbs: ['Accounts'] },
  validateSearch: accountSearch,
  component: lazyRouteComponent(() => import('../features/contact/accounts-page.tsx'), 'AccountsPage'),
});
const accountsNone = createRoute({ getParentRoute: () => accounts, path: '/' });
const accountsOne = createRoute({ getParentRoute: () => accounts, path: '$id' });

const contactImport = createRoute({
  getParentRoute: () => shell,
  path: '/accounts/import',
  staticData: { crumbs: ['Accounts', 'Import'] },
  component: lazyRouteComponent(() => import('../features/contact/import-page.tsx'), 'ImportPage'),
});
const contactImportNone = createRoute({ getParentRoute: () => contactImport, path: '/' });
const contactImportOne = createRoute({ getParentRoute: () => contactImport, path: '$id' });

const newInvoice = createRoute({
  getParentRoute: () => shell,
  path: '/accounts/$id/new-invoice',
  staticData: { crumbs: ['Accounts', 'New invoice'] },
  component: lazyRouteComponent(() => import('../features/invoice/new-invoice-page.tsx'), 'NewInvoicePage'),
});

const invoices = createRoute({
  getParentRoute: () => shell,
  path: '/invoices',
  staticData: { crumbs: ['Invoices'] },
  validateSearch: (search: Record<string, unknown>): { number?: string; run?: string } => ({
    ...(search.number === undefined || search.number === '' ? {} : { number: String(search.number) }),
    ...(typeof search.run === 'string' ? { run: search.run } : {}),
  }),
  component: lazyRouteComponent(() => import('../features/invoice/invoices-page.tsx'), 'InvoicesPage'),
});
const invoicesNone = createRoute({ getParentRoute: () => invoices, path: '/' });
const invoicesOne = createRoute({ getParentRoute: () => invoices, path: '$id' });

const billingRuns = createRoute({
  getParentRoute: () => shell,
  path: '/billing-runs',
  staticData: { crumbs: ['Billing runs'] },
  component: lazyRouteComponent(() => import('../features/billing-run/billing-runs-page.tsx'), 'BillingRunsPage'),
});
const billingRun = createRoute({
  getParentRoute: () => shell,
  path: '/billing-runs/$id',
  staticData: { crumbs: ['Billing runs', 'Billing run'] },
  validateSearch: (search: Record<string, unknown>): { state?: string } =>
    typeof search.state === 'string' && search.state !== '' ? { state: search.state } : {},
  component: lazyRouteComponent(() => import('../features/billing-run/billing-run-page.tsx'), 'BillingRunPage'),
});

// The page stays mounted while the selection in the address changes: the children draw nothing themselves.
const smtpSettings = createRoute({
  getParentRoute: () => shell,
  path: '/setup/extensibility/smtp-settings',
  staticData: { crumbs: ['Setup', 'Extensibility', 'SMTP Settings', 'SMTP Settings'] },
  component: lazyRouteComponent(() => import('../features/smtp-settings/smtp-settings-page.tsx'), 'SmtpSettingsPage'),
});
const smtpSettingsNone = createRoute({ getParentRoute: () => smtpSettings, path: '/' });
const smtpSettingsOne = createRoute({ getParentRoute: () => smtpSettings, path: '$id' });

const templates = createRoute({
  getParentRoute: () => shell,
  path: '/setup/extensibility/email-templates',
  staticData: { crumbs: ['Setup', 'Extensibility', 'Email Templates'] },
  validateSearch: (search: Record<string, unknown>): { tab?: string; language?: string } => ({
    ...(typeof search.tab === 'string' ? { tab: search.tab } : {}),
    ...(typeof search.language === 'string' ? { language: search.language } : {}),
  }),
  component: lazyRouteComponent(() => import('../features/template/templates-page.tsx'), 'TemplatesPage'),
});
const templatesNone = createRoute({ getParentRoute: () => templates, path: '/' });
const templatesOne = createRoute({ getParentRoute: () => templates, path: '$id' });

const branding = createRoute({
  getParentRoute: () => shell,
  path: '/setup/extensibility/branding',
  staticData: { crumbs: ['Setup', 'Extensibility', 'Branding'] },
  component: lazyRouteComponent(() => import('../features/branding/branding-page.tsx'), 'BrandingPage'),
});

const apiKeys = createRoute({
  getParentRoute: () => shell,
  path: '/setup/api-keys',
  staticData: { crumbs: ['Setup', 'API Keys'] },
  component: lazyRouteComponent(() => import('../features/access/api-keys-page.tsx'), 'ApiKeysPage'),
});

const retention = createRoute({
  getParentRoute: () => shell,
  path: '/setup/retention',
  staticData: { crumbs: ['Setup', 'Retention'] },
  component: lazyRouteComponent(() => import('../features/retention/retention-page.tsx'), 'RetentionPage'),
});

const sandbox = createRoute({
  getParentRoute: () => shell,
  path: '/sandbox',
  staticData: { crumbs: ['Sandbox'] },
  component: lazyRouteComponent(() => import('../features/sandbox/sandbox-page.tsx'), 'SandboxPage'),
});
const sandboxNone = createRoute({ getParentRoute: () => sandbox, path: '/' });
const sandboxOne = createRoute({ getParentRoute: () => sandbox, path: '$id' });

const users = createRoute({
  getParentRoute: () => shell,
  path: '/setup/users',
  staticData: { crumbs: ['Setup', 'Users'] },
  validateSearch: peopleSearch,
  component: lazyRouteComponent(() => import('../features/person/users-page.tsx'), 'UsersPage'),
});

const myProfile = createRoute({
  getParentRoute: () => shell,
  path: '/me/profile',
  staticData: { crumbs: ['My profile'] },
  component: lazyRouteComponent(() => import('../features/person/my-profile-page.tsx'), 'MyProfilePage'),
});

const mySecondFactors = createRoute({
  getParentRoute: () => shell,
  path: '/me/second-factors',
  staticData: { crumbs: ['My second factors'] },
  component: lazyRouteComponent(
    () => import('../features/second-factor/my-second-factors-page.tsx'),
    'MySecondFactorsPage',
  ),
});

const mySessions = createRoute({
  getParentRoute: () => shell,
  path: '/me/sessions',
  staticData: { crumbs: ['My sessions'] },
  component: lazyRouteComponent(() => import('../features/access/my-sessions-page.tsx'), 'MySessionsPage'),
});

const notFound = createRoute({
  getParentRoute: () => shell,
  path: '$',
  staticData: { crumbs: ['Not found'] },
  component: NotFoundPage,
});

const routeTree = root.addChildren([
  signIn,
  firstRun,
  passwordReset,
  invitation,
  emailChange,
  shell.addChildren([
    home,
    messages.addChildren([messagesNone, messagesOne]),
    accounts.addChildren([accountsNone, accountsOne]),
    contactImport.addChildren([contactImportNone, contactImportOne]),
    newInvoice,
    invoices.addChildren([invoicesNone, invoicesOne]),
    billingRuns,
    billingRun,
    smtpSettings.addChildren([smtpSettingsNone, smtpSettingsOne]),
    templates.addChildren([templatesNone, templatesOne]),
    branding,
    apiKeys,
    retention,
    sandbox.addChildren([sandboxNone, sandboxOne]),
    users,
    myProfile,
    mySecondFactors,
    mySessions,
    notFound,
  ]),
]);

export function makeRouter(queryClient: QueryClient) {
  const router = createRouter({
    routeTree,
    context: { queryClient },
    ...searchAsText,
    defaultPreload: 'intent',
    defaultPendingMs: 300,
    defaultErrorComponent: ErrorPage,
    defaultNotFoundComponent: NotFoundPage,
  });
  // The policy was turned on while somebody was at work: the gate leads to where a factor is set up.
  onSecondFactorRequired(() => {
    void queryClient.fetchQuery({ ...meQuery, staleTime: 0 }).then(() => router.invalidate());
  });
  return router;
}
