// Passkeys by the browser's own API, from and to the JSON text that the schema has.

const isAddress = /^(\d+\.){3}\d+$|^\[/.test(window.location.hostname);

/** Whether this page can make and use passkeys: a relying party is a name, never an address. */
export const passkeysWork =
  window.isSecureContext && !isAddress && typeof window.PublicKeyCredential?.parseRequestOptionsFromJSON === 'function';

/** Where they would work, for a page of this machine that was opened by its address. */
export const passkeysHome =
  window.location.hostname === '127.0.0.1' ? `http://localhost:${window.location.port}${window.location.pathname}` : undefined;

/** Lets the user choose a passkey; gives AuthenticationResponseJSON as text. */
export async function getPasskey(options) {
  const publicKey = window.PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(options));
  return JSON.stringify(await navigator.credentials.get({ publicKey }));
}

/** Lets the user make a passkey; gives RegistrationResponseJSON as text. */
export async function createPasskey(options) {
  const publicKey = window.PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(options));
  return JSON.stringify(await navigator.credentials.create({ publicKey }));
}
