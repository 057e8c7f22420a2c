import { expect, it } from 'vitest';
import { findPasskeyPlace } from './passkey-place.ts';

it.each([
  ['https://postern.example', 'https://evil.example', { rpId: 'postern.example', origin: 'https://postern.example' }],
  ['https://postern.example:8443', undefined, { rpId: 'postern.example', origin: 'https://postern.example:8443' }],
  ['http://127.0.0.1:2580', 'http://localhost:2580', { rpId: 'localhost', origin: 'http://localhost:2580' }],
  ['http://localhost:2580', 'http://localhost:5173', { rpId: 'localhost', origin: 'http://localhost:5173' }],
])('passkeys of %s asked from %s belong there', (publicUrl, origin, place) => {
  expect(findPasskeyPlace(publicUrl, origin)).toEqual({ ok: true, place });
});

it.each([
  ['http://127.0.0.1:2580', 'http://127.0.0.1:2580', 'http://localhost:2580'],
  ['http://127.0.0.1:2580', 'https://evil.example', 'localhost'],
  ['http://127.0.0.1:2580', undefined, 'http://localhost:2580'],
  ['http://192.0.2.7', 'http://192.0.2.7', 'host name'],
  ['http://postern.example', 'http://postern.example', 'https'],
])('passkeys of %s asked from %s are refused with what to do', (publicUrl, origin, word) => {
  expect(findPasskeyPlace(publicUrl, origin)).toEqual({ ok: false, why: expect.stringContaining(word) });
});
