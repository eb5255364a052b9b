// WebAuthn by the browser's own conversion from and to JSON, which the API gives and takes as text.

/** Whether this browser has passkeys. */
export const passkeysWork =
  typeof PublicKeyCredential === 'function' && 'parseRequestOptionsFromJSON' in PublicKeyCredential;

/** Lets the user sign by a passkey. Gives an AuthenticationResponseJSON. */
export async function getPasskey(options: string): Promise<string> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(options));
  return JSON.stringify(await navigator.credentials.get({ publicKey }));
}

/** Lets the user make a passkey. Gives a RegistrationResponseJSON. */
export async function createPasskey(options: string): Promise<string> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(options));
  return JSON.stringify(await navigator.credentials.create({ publicKey }));
}
