/**
 * An endpoint is one object: the server validates with it, the web client and the forms are typed by it,
 * and the OpenAPI document is generated from it. Access is part of the contract and is deny-by-default:
 * an endpoint that names neither a role nor a scope cannot be reached by anybody.
 */
import type { z } from 'zod';

export type Role = 'viewer' | 'operator' | 'administrator';
export type Scope = 'smtp-settings' | 'send' | 'read' | 'contacts' | 'admin';

/** Who may call: `public`, anybody who is signed in, or a least role (for people) and a scope (for API keys). */
export type Access =
  | 'public'
  /** Any signed-in person; never an API key. */
  | 'signed-in'
  /** People of at least this role; API keys holding this scope, or one of these (`admin` always passes). No scope: people only. */
  | { role: Role; scope?: Scope | readonly Scope[] };

export interface Endpoint {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With Fastify-style parameters: `/api/v1/smtp-settings/:id`. */
  path: string;
  tag: string;
  summary: string;
  access: Access;
  params?: z.ZodType;
  query?: z.ZodType;
  body?: z.ZodType;
  /** Where more than 1 MB may come in. */
  bodyLimitBytes?: number;
  /** A content type whose body, of any length, is handed over as it comes in; `body` is undefined then. The handler checks it. */
  streamedBody?: string;
  /** Takes `If-Match` with a version, and answers 412 where somebody saved in between. */
  isConditional?: boolean;
  /** Status of success. */
  status: 200 | 201 | 204;
  /** Absent for 204, for event streams and for raw bodies (which set `produces`). */
  reply?: z.ZodType;
  /** The content type of a reply that is not JSON. */
  produces?: string;
  /** The reply may also be had as server-sent events (`Accept: text/event-stream`). */
  streams?: boolean;
}

export const defineEndpoint = <const E extends Endpoint>(endpoint: E): E => endpoint;

type Out<T> = T extends z.ZodType ? z.output<T> : undefined;
type In<T> = T extends z.ZodType ? z.input<T> : undefined;

/** What a handler is given, after validation. */
export type ParamsOf<E extends Endpoint> = Out<E['params']>;
export type QueryOf<E extends Endpoint> = Out<E['query']>;
export type BodyOf<E extends Endpoint> = E extends { streamedBody: string }
  ? Out<E['body']> | undefined
  : Out<E['body']>;
/** What a caller sends, before defaults. */
export type QueryInput<E extends Endpoint> = In<E['query']>;
export type BodyInput<E extends Endpoint> = In<E['body']>;
export type ReplyOf<E extends Endpoint> = Out<E['reply']>;
