/** The OpenAPI 3.1 document, generated from the contracts: what is documented is what is enforced. */
import { z } from 'zod';
import type { Access, Endpoint } from '../../contracts/endpoint.ts';
import { Problem } from '../../contracts/problem.ts';

type Json = Record<string, unknown>;

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    target: 'draft-2020-12',
  }) as Json;
  return json;
};

const parametersOf = (place: 'path' | 'query', schema: z.ZodType | undefined): Json[] => {
  if (!schema) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as { properties?: Json; required?: string[] };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
  }));
};

const problem = { 'application/json': { schema: { $ref: '#/components/schemas/Problem' } } };
const ifMatch = {
  name: 'If-Match',
  in: 'header',
  required: false,
  description: 'The version that was read, in quotes: `"3"`.',
  schema: { type: 'string' },
};

/** Who may call, in words. */
export const describeAccess = (access: Access): string => {
  if (access === 'public') return 'Anybody.';
  if (access === 'signed-in') return 'Anybody who is signed in; no API key.';
  const scopes = access.scope === undefined ? [] : [access.scope].flat();
  const keys = scopes.length
    ? `, or an API key with the scope ${[...scopes, 'admin'].map((s) => `\`${s}\``).join(' or ')}`
    : '';
  return `People with the role ${access.role} or higher${keys}.`;
};

export const toOpenApi = (endpoints: readonly Endpoint[], version: string): Json => {
  const paths: Record<string, Json> = {};
  for (const endpoint of endpoints) {
    const path = endpoint.path.replace(/:(\w+)/g, '{$1}');
    const reply = endpoint.reply
      ? { 'application/json': { schema: schemaOf(endpoint.reply, 'output') } }
      : endpoint.produces && { [endpoint.produces.split(';')[0]!]: { schema: { type: 'string' } } };
    paths[path] ??= {};
    paths[path][endpoint.method.toLowerCase()] = {
      tags: [endpoint.tag],
      summary: endpoint.summary,
      description: describeAccess(endpoint.access),
      operationId: operationId(endpoint),
      ...(endpoint.access === 'public' && { security: [] }),
      parameters: [
        ...parametersOf('path', endpoint.params),
        ...parametersOf('query', endpoint.query),
        ...(endpoint.isConditional ? [ifMatch] : []),
      ],
      ...(endpoint.body && {
        requestBody: {
          required: !endpoint.body.safeParse(undefined).success,
          content: {
            'application/json': { schema: schemaOf(endpoint.body, 'input') },
            ...(endpoint.streamedBody && { [endpoint.streamedBody]: { schema: { type: 'string' } } }),
          },
        },
      }),
      responses: {
        [endpoint.status]: {
          description: endpoint.status === 204 ? 'Done.' : 'OK.',
          ...(reply && {
            content: { ...reply, ...(endpoint.streams && { 'text/event-stream': { schema: { type: 'string' } } }) },
          }),
        },
        ...(endpoint.isConditional && {
          412: { description: 'Somebody saved in between; `current` has their version.', content: problem },
        }),
        default: {
          description: 'A refusal.',
          content: problem,
        },
      },
    };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Postern', version, description: 'A self-hosted outgoing-mail hub.' },
    servers: [{ url: '/' }],
    security: [{ apiKey: [] }, { session: [] }],
    paths,
    components: {
      schemas: { Problem: schemaOf(Problem, 'output') },
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key: pst_…' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'postern',
          description: 'Set by sign-in; changes also need `X-Postern: 1`.',
        },
      },
    },
  };
};

const operationId = ({ method, path }: Endpoint) =>
  `${method.toLowerCase()}${path.replace('/api/v1', '').replace(/[/:-]+(\w)/g, (_, letter: string) => letter.toUpperCase())}`;
