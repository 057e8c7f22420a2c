/** Lists are cut by a cursor, never by an offset: a list that changes while it is read loses and repeats nothing. */
import { z } from 'zod';

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({
    data: z.array(item),
    /** Pass as `cursor` to get what follows; null at the end. */
    next: z.string().nullable(),
  });

/** Times cross HTTP as ISO 8601 in UTC. */
export const Time = z.iso.datetime();
