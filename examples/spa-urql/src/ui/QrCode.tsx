import encodeQR from 'qr';

/** A QR code, drawn here: the secret in it goes to no other machine. */
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

/** How an authenticator app is told its secret: by a QR code, by a link on the same device, or by typing. */
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
