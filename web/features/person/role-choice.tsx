import { Radio } from '@mantine/core';
import { roles } from '../../../contracts/access.ts';
import type { Role } from '../../../contracts/endpoint.ts';
import classes from '../../ui/sections.module.css';
import { roleWords } from './role-words.ts';

interface RoleChoiceProps {
  value: Role;
  onChange: (role: Role) => void;
  error?: string | null;
  /** Why it cannot be changed; null: it can. */
  closedReason?: string | null;
}

/** The three roles, each with what it may do. */
export function RoleChoice({ value, onChange, error = null, closedReason = null }: RoleChoiceProps) {
  return (
    <Radio.Group
      label="Role"
      value={value}
      error={error}
      {...(closedReason === null ? {} : { description: closedReason })}
      onChange={(role) => onChange(role as Role)}
    >
      <div className={classes.choices}>
        {roles.map((role) => (
          <Radio
            key={role}
            value={role}
            label={role[0]?.toUpperCase() + role.slice(1)}
            description={roleWords[role]}
            disabled={closedReason !== null && role !== value}
          />
        ))}
      </div>
    </Radio.Group>
  );
}
