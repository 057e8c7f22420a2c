/** Who is the first choice for a kind, where nobody has said so. */
import type { ContactKind } from '../../contracts/account.ts';
import type { ContactFields } from './account.ts';

type Given = Omit<ContactFields, 'primary_for'> & { primary_for?: ContactKind[] | undefined };

/** Of an account's first contacts: the last that asked for a kind has it, else the first that has the kind and did not decline. */
export const choosePrimaries = (contacts: readonly Given[]): ContactFields[] => {
  const chosen = new Map<ContactKind, number>();
  for (const [place, { kinds, primary_for }] of contacts.entries()) {
    for (const kind of primary_for ?? kinds) {
      if (primary_for !== undefined || !chosen.has(kind)) chosen.set(kind, place);
    }
  }
  return contacts.map((contact, place) => ({
    ...contact,
    primary_for: contact.kinds.filter((kind) => chosen.get(kind) === place),
  }));
};

/** A kind that a contact loses, it is no longer first for. */
export const keepPrimaries = (contact: ContactFields): ContactFields => ({
  ...contact,
  primary_for: contact.primary_for.filter((kind) => contact.kinds.includes(kind)),
});
