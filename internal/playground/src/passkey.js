// Passkeys, using the browser's own conversion from and to JSON.

const isAddress = /^(\d+\.){3}\d+$|^\[/.test(window.location.hostname);

/** Whether this page can use passkeys. A relying party is a host name, never an IP address. */
export const passkeysWork =
  window.isSecureContext && !isAddress && typeof window.PublicKeyCredential?.parseRequestOptionsFromJSON === 'function';

/** The address under which they work, if the page was opened as 127.0.0.1. */
export const passkeysHome =
  window.location.hostname === '127.0.0.1' ? `http://localhost:${window.location.port}${window.location.pathname}` : undefined;

/** Asks for a passkey. Returns AuthenticationResponseJSON as text. */
export async function getPasskey(options) {
  const publicKey = window.PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(options));
  return JSON.stringify(await navigator.credentials.get({ publicKey }));
}

/** Creates a passkey. Returns RegistrationResponseJSON as text. */
export async function createPasskey(options) {
  const publicKey = window.PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(options));
  return JSON.stringify(await navigator.credentials.create({ publicKey }));
}
