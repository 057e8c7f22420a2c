/** Made-up people, accounts, invoices and a billing run, put into a running Postern by its API: for pictures of the pages. */
import type { ApiClient } from '../test/support/api-client.ts';

export interface ExampleOffice {
  /** Ids, for the addresses of the pages. */
  account: string;
  invoice: string;
  billingRun: string;
  template: string;
}

const accounts = [
  ['K-1042', 'Müller & Söhne GmbH', 'de', ['anna@mueller.example', 'buchhaltung@mueller.example']],
  ['K-1043', 'Boulangerie Lefèvre', 'fr', ['compta@lefevre.example']],
  ['K-1044', 'Hillside Dental Practice', 'en', ['accounts@hillside.example', 'gone@example.org']],
  ['K-1045', 'Nordlys Marine AS', 'en', ['faktura@nordlys.example']],
  ['K-1046', 'Tanaka Design', 'en', ['billing@tanaka.example']],
  ['K-1047', 'Weaver & Finch LLP', 'en', []],
] as const;

const branding = {
  company_name: 'Example Hosting Ltd',
  website: 'https://example.com',
  address: '12 Harbour Street\nBristol BS1 4RN',
  vat_number: 'GB 123 4567 89',
  bank_details: 'IBAN GB33 BUKB 2020 1555 5555 55\nBIC BUKBGB22',
  email: 'billing@example.com',
  phone: '+44 117 496 0000',
  footer: 'You get this because your company is a customer of Example Hosting.',
  legal_text: 'Registered in England and Wales, No. 01234567',
};

export const addExampleOffice = async (client: ApiClient, base: string, cookie: string): Promise<ExampleOffice> => {
  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await client.call<T>(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  await ask('PATCH', '/api/v1/branding', branding);
  const people = [
    ['grace@example.com', 'Grace Hopper', 'operator'],
    ['alan@example.com', 'Alan Turing', 'viewer'],
    ['katherine@example.com', 'Katherine Johnson', 'administrator'],
  ];
  for (const [email, name, role] of people) await ask('POST', '/api/v1/people', { email, name, role });

  const ids: string[] = [];
  for (const [number, name, language, addresses] of accounts) {
    const contacts = addresses.map((address) => ({ address, kinds: ['billing'] }));
    const { id } = await ask<{ id: string }>('POST', '/api/v1/accounts', {
      ...{ number, name, language, contacts },
      currency: 'EUR',
    });
    ids.push(id);
  }
  const account = ids[0] as string;
  const lines = [
    { description: 'Web hosting, November', quantity: '1', unit_price: '89.00', tax_rate: '19' },
    { description: 'Support, hours', quantity: '2.5', unit_price: '96.00', tax_rate: '19' },
    { description: 'Printed manual', quantity: '3', unit_price: '12.50', tax_rate: '7' },
  ];
  const invoices: string[] = [];
  for (const [at, id] of ids.slice(0, 4).entries()) {
    const { id: invoice } = await ask<{ id: string }>('POST', `/api/v1/accounts/${id}/invoices`, {
      ...{ number: `INV-2026-${311 + at}`, issued_on: '2026-11-22', due_on: '2026-12-22', currency: 'EUR' },
      lines: lines.slice(0, 3 - (at % 2)),
    });
    invoices.push(invoice);
  }
  const template = await ask<{ id: string }>('POST', '/api/v1/templates', {
    ...{ key: 'order-sent', name: 'Order on its way', format: 'html', from_name: 'Example Shop' },
    subject: 'Your order {{ order }} is on its way, {{ name }}',
    source: [
      '<h1>It is on its way</h1>',
      '<p>Dear {{ name }},</p>',
      '<p>your order <strong>{{ order }}</strong> left our warehouse today. It should be with you by {{ arrives_on | date: "long" }}.</p>',
      '<p><a href="{{ track_url }}">Follow the parcel</a></p>',
    ].join('\n'),
    variables: [
      { name: 'name', type: 'text', sample: 'Ada Lovelace' },
      { name: 'order', type: 'text', sample: '2026-4711' },
      { name: 'arrives_on', type: 'date', sample: '2026-12-24' },
      { name: 'track_url', type: 'url', sample: 'https://example.com/parcels/4711' },
    ],
  });
  return {
    account,
    invoice: invoices[0] as string,
    billingRun: await addBillingRun(client, base, cookie),
    template: template.id,
  };
};

/** Checked, with two invoices that cannot be mailed. */
async function addBillingRun(client: ApiClient, base: string, cookie: string): Promise<string> {
  const columns = ['account', 'number', 'issued_on', 'due_on', 'description', 'quantity', 'unit_price', 'tax_rate'];
  const rows = accounts.flatMap(([number], at) => [
    [number, `R-${500 + at}`, '2026-11-30', '2026-12-30', 'Web hosting, December', '1', `${89 + at * 10}.00`, '19'],
    [number, `R-${500 + at}`, '2026-11-30', '2026-12-30', 'Domain names', `${at + 1}`, '14.90', '19'],
  ]);
  rows.push(['K-9999', 'R-599', '2026-11-30', '2026-12-30', 'Web hosting, December', '1', '89.00', '19']);
  const text = [columns, ...rows].map((row) => row.map((cell) => `"${cell}"`).join(',')).join('\n');
  const answer = await fetch(`${base}/api/v1/billing-runs?file_name=december.csv`, {
    method: 'POST',
    headers: { cookie, 'x-postern': '1', 'content-type': 'application/octet-stream' },
    body: text,
  });
  const { id } = (await answer.json()) as { id: string };
  const mapping = Object.fromEntries(columns.map((name) => [name, name]));
  await client.call('POST', `/api/v1/billing-runs/${id}/check`, { mapping, defaults: { currency: 'EUR' } });
  return id;
}
