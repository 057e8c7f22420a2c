import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { Endpoint, QueryInput, ReplyOf } from '../../contracts/endpoint.ts';
import { upload } from './upload.ts';

/** The upload of one file at a time. `onDone` is given the reply. */
export function useUpload<E extends Endpoint>(
  endpoint: E,
  queryOf: (file: File) => QueryInput<E>,
  onDone: (reply: ReplyOf<E>) => void,
) {
  const [share, setShare] = useState(0);
  const abort = useRef<AbortController | null>(null);
  const sending = useMutation({
    mutationFn: (file: File) => {
      setShare(0);
      abort.current = new AbortController();
      return upload(endpoint, queryOf(file), file, { onProgress: setShare, signal: abort.current.signal });
    },
    onSuccess: onDone,
  });
  const wasCancelled = sending.error instanceof DOMException && sending.error.name === 'AbortError';
  return {
    /** From 0 to 1 while a file is being sent; null otherwise. */
    progress: sending.isPending ? share : null,
    error: wasCancelled ? null : sending.error,
    send: (file: File) => sending.mutate(file),
    cancel: () => abort.current?.abort(),
  };
}
