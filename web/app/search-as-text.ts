import { parseSearchWith, stringifySearchWith } from '@tanstack/react-router';

/** For the router: whatever stands in an address is text; `?q=4711` is not a number, nor `?q=true` a yes. */
export const searchAsText = {
  parseSearch: parseSearchWith((text) => text),
  stringifySearch: stringifySearchWith(String),
};
