import { Button } from '@mantine/core';
import type { ApiKey } from '../../../contracts/access.ts';
import { StatusWord } from '../../ui/status-word.tsx';
import classes from '../../ui/table.module.css';
import { TimeAgo } from '../../ui/time-ago.tsx';

interface ApiKeyTableProps {
  keys: readonly ApiKey[];
  /** The key that is being revoked, or null. */
  revokingId: string | null;
  onRevoke: (key: ApiKey) => void;
}

export function ApiKeyTable({ keys, revokingId, onRevoke }: ApiKeyTableProps) {
  return (
    <table className={classes.table} data-blocks>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Key</th>
          <th scope="col">Scopes</th>
          <th scope="col">Created</th>
          <th scope="col">Last used</th>
          <th scope="col">Ends</th>
          <th scope="col">
            <span className="postern-hidden">Action</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <tr key={key.id}>
            <td className={classes.name}>{key.name}</td>
            <td data-head="Key" className="postern-words">
              {key.hint}
            </td>
            <td data-head="Scopes">{key.scopes.join(', ')}</td>
            <td data-head="Created">
              <TimeAgo at={key.createdAt} />
              <span className={classes.dim}> by {key.createdBy}</span>
            </td>
            <td data-head="Last used">
              <TimeAgo at={key.lastUsedAt} />
            </td>
            <td data-head="Ends">
              {key.expiresAt !== null && new Date(key.expiresAt) < new Date() ? (
                <StatusWord kind="failed">ended</StatusWord>
              ) : (
                <TimeAgo at={key.expiresAt} />
              )}
            </td>
            <td>
              <Button
                size="compact-sm"
                variant="default"
                loading={revokingId === key.id}
                onClick={() => onRevoke(key)}
                aria-label={`Revoke ${key.name}`}
              >
                Revoke
              </Button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
