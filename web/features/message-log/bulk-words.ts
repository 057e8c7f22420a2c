/** What each action on many messages is called, does, and has done. */
import type { BulkAction } from './bulk-run.ts';

interface ActionWords {
  label: string;
  /** `Cancel 12 messages?` */
  verb: string;
  /** What becomes of them; what it does not fit stays as it is. */
  meaning: string;
  isDestructive: boolean;
  done: string;
}

export const actionWords: Record<BulkAction, ActionWords> = {
  retry: {
    label: 'Try now',
    verb: 'Try now',
    meaning: 'Those that wait are tried at once. Of those that are uncertain, some may arrive twice.',
    isDestructive: false,
    done: 'tried now',
  },
  release: {
    label: 'Release',
    verb: 'Release',
    meaning: 'Those that are held are sent.',
    isDestructive: false,
    done: 'released',
  },
  cancel: {
    label: 'Cancel',
    verb: 'Cancel',
    meaning: 'Whoever does not have them yet never gets them. This cannot be undone.',
    isDestructive: true,
    done: 'cancelled',
  },
  'mark-sent': {
    label: 'Mark as sent',
    verb: 'Mark as sent:',
    meaning:
      'Those that wait, are held or uncertain are taken to have arrived; nothing more is sent. This cannot be undone.',
    isDestructive: true,
    done: 'marked as sent',
  },
};

/** `1 message`, `1,200 messages`, `more than 10,000 messages`. */
export const countWords = (count: number, isMore = false): string =>
  `${isMore ? 'more than ' : ''}${count.toLocaleString()} ${count === 1 ? 'message' : 'messages'}`;
