import encodeQR from 'qr';

/** A QR code, drawn locally so that its secret does not leave the browser. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const rows = encodeQR(text, 'raw', { border: 4, ecc: 'low' });
  const path = rows.map((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')).join('')).join('');
  return (
    <svg
      className="qr"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${rows.length} ${rows.length}`}
      shapeRendering="crispEdges"
    >
      <path d={path} />
    </svg>
  );
}

/** The secret for an authenticator app: as a QR code, as a link for the same device, and as text. */
export function TotpSecret({ secret, otpauthUri }: { secret: string; otpauthUri: string }) {
  return (
    <div className="totp">
      <QrCode text={otpauthUri} label="QR code for your authenticator app" />
      <p className="hint">
        Scan it with your authenticator app, <a href={otpauthUri}>open the app on this device</a>, or type this key in:
      </p>
      <code className="secret">{secret.match(/.{1,4}/g)?.join(' ')}</code>
    </div>
  );
}
