/** The nonce that the server wrote into the page: `<style>` elements made at run time carry it. */
export const styleNonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';

// The scroll lock of dialogs makes its style element through get-nonce, which reads this name.
Object.assign(globalThis, { __webpack_nonce__: styleNonce });
