/** Files to endpoints that take a stream (`streamedBody`), with how far it is: fetch cannot say that. */
import type { Endpoint, QueryInput, ReplyOf } from '../../contracts/endpoint.ts';
import { urlOf } from './call.ts';
import { problemFrom, UnreachableError } from './problem-error.ts';

interface UploadOptions {
  /** From 0 to 1. */
  onProgress: (share: number) => void;
  signal: AbortSignal;
}

/** Sends the file as the body. Throws ProblemError, UnreachableError or AbortError as `call` does. */
export function upload<E extends Endpoint>(
  endpoint: E,
  query: QueryInput<E>,
  file: Blob,
  { onProgress, signal }: UploadOptions,
): Promise<ReplyOf<E>> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(endpoint.method, urlOf(endpoint, { query }));
    request.setRequestHeader('accept', 'application/json');
    request.setRequestHeader('x-postern', '1');
    request.setRequestHeader('content-type', endpoint.streamedBody ?? 'application/octet-stream');
    request.upload.addEventListener('progress', ({ loaded, total }) => onProgress(total === 0 ? 0 : loaded / total));
    request.addEventListener('error', () => reject(new UnreachableError()));
    request.addEventListener('abort', () => reject(new DOMException('The upload was cancelled.', 'AbortError')));
    request.addEventListener('load', () => {
      const { status, statusText, responseText } = request;
      if (status >= 200 && status < 300) resolve(JSON.parse(responseText) as ReplyOf<E>);
      else void problemFrom(new Response(responseText, { status, statusText })).then(reject);
    });
    signal.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}
