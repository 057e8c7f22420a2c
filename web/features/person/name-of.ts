/** How somebody is called on screen; whoever has not said a name yet, by the address. */
export const nameOf = ({ name, email }: { name: string; email: string }): string => (name === '' ? email : name);
