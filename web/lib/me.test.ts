import { describe, expect, it } from 'vitest';
import { roles } from '../../contracts/access.ts';
import { endpoints } from '../../contracts/api.ts';
import { createSandboxSettings, deleteSandboxMessage } from '../../contracts/sandbox.ts';
import { reasonWhyNot } from './me.ts';

describe('what a role may not do', () => {
  it('is said with who may and who one is', () => {
    expect(reasonWhyNot({ role: 'viewer' }, deleteSandboxMessage)).toBe(
      'Only operators and administrators can do this. You are a viewer.',
    );
    expect(reasonWhyNot({ role: 'operator' }, createSandboxSettings)).toBe(
      'Only administrators can do this. You are an operator.',
    );
    expect(reasonWhyNot({ role: 'operator' }, deleteSandboxMessage)).toBeNull();
  });

  it('is nothing for an administrator, and never less for a higher role', () => {
    for (const endpoint of endpoints) {
      const allowed = roles.map((role) => reasonWhyNot({ role }, endpoint) === null);
      expect(allowed[2], endpoint.path).toBe(true);
      expect(allowed[0] === true && allowed[1] === false, endpoint.path).toBe(false);
    }
  });
});
