/** What was claimed or handed over for one server and waits for its turn there, in memory that has bounds. */
import type { ClaimedMessage } from '../queue/queue.ts';
import type { AcceptedMessage } from '../submission/accepted-message.ts';

/** Accepted messages that need not be claimed are kept here, at most so many, of so many octets together. */
const handedOver = { others: 500, urgent: 50, bytes: 8 * 1024 * 1024 } as const;
/** A batch comes when so few are left: enough to send until it is stored, and few enough that none grows old in memory. */
const nearlyEmpty = 120;

export class MessageBuffer {
  readonly #urgent: ClaimedMessage[] = [];
  readonly #others: ClaimedMessage[] = [];
  #bytes = 0;
  readonly #reserved = { urgent: 0, others: 0, bytes: 0 };

  get size(): number {
    return this.#urgent.length + this.#others.length;
  }

  get urgentSize(): number {
    return this.#urgent.length;
  }

  add(message: ClaimedMessage): void {
    (message.lane === 'urgent' ? this.#urgent : this.#others).push(message);
    this.#bytes += countBytes(message);
  }

  /** The next for a server that has room for so many. */
  next(room: { any: number; urgent: number }): ClaimedMessage | undefined {
    const isUrgent = room.urgent > 0 && this.#urgent.length > 0;
    const message = isUrgent ? this.#urgent.shift() : room.any > 0 ? this.#others.shift() : undefined;
    if (message !== undefined) this.#bytes -= countBytes(message);
    return message;
  }

  takeAll(): ClaimedMessage[] {
    this.#bytes = 0;
    return [...this.#urgent.splice(0), ...this.#others.splice(0)];
  }

  /** Messages that are not urgent, octets together. `later`: not now, but when others have gone. */
  roomFor(count: number, bytes: number): 'now' | 'later' | 'never' {
    const { others, bytes: reservedBytes } = this.#reserved;
    if (count > handedOver.others || bytes > handedOver.bytes) return 'never';
    const waiting = this.#others.length + others;
    const isFull =
      waiting > nearlyEmpty ||
      waiting + count > handedOver.others ||
      this.#bytes + reservedBytes + bytes > handedOver.bytes;
    return isFull ? 'later' : 'now';
  }

  /** Null: there is no room. @returns ends the reservation */
  reserve({ lane, sizeBytes }: Pick<AcceptedMessage, 'lane' | 'sizeBytes'>): (() => void) | null {
    const reserved = this.#reserved;
    const kind = lane === 'urgent' ? 'urgent' : 'others';
    const waiting = lane === 'urgent' ? this.#urgent.length : this.#others.length;
    if (waiting + reserved[kind] >= handedOver[kind]) return null;
    if (kind === 'others' && this.#bytes + reserved.bytes + sizeBytes > handedOver.bytes) return null;
    reserved[kind] += 1;
    reserved.bytes += sizeBytes;
    return () => {
      reserved[kind] -= 1;
      reserved.bytes -= sizeBytes;
    };
  }
}

const countBytes = ({ content }: ClaimedMessage): number => content?.bytes.length ?? 0;
