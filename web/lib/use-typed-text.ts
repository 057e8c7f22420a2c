/** A field whose text stands in the address, so that what it finds can be linked to. */
import { useDebouncedValue } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';

/**
 * What is typed shows at once and goes into the address, trimmed, when it rests; an address that changes otherwise (a link,
 * the way back) is typed.
 * @param inAddress the text that stands there now, empty for none
 * @param put leads to the address with this text; it may take its time
 */
export function useTypedText(inAddress: string, put: (text: string) => void, restMs = 250) {
  const [typed, setTyped] = useState(inAddress);
  const [settled] = useDebouncedValue(typed.trim(), restMs);
  const onItsWay = useRef<string[]>([]);
  const putNow = (text: string) => {
    if (text !== inAddress) onItsWay.current.push(text);
    put(text);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: each direction reacts to its own side alone
  useEffect(() => {
    if (settled !== inAddress && settled === typed.trim()) putNow(settled);
  }, [settled]);
  useEffect(() => {
    // What comes back from here is older than what was typed since.
    const at = onItsWay.current.lastIndexOf(inAddress);
    if (at < 0) setTyped(inAddress);
    onItsWay.current = at < 0 ? [] : onItsWay.current.slice(at + 1);
  }, [inAddress]);
  return {
    typed,
    setTyped,
    /** Without waiting for the typing to rest. */
    putTyped: () => putNow(typed.trim()),
  };
}
